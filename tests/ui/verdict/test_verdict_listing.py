"""Which of many candidates are listed."""

from __future__ import annotations

from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from verdict_kit import many_cache, many_probe

from cacheview.engine import StageKind, explain
from cacheview.ui.verdict.listing import MAX_SUBJECTS, ListedSubjects
from cacheview.ui.verdict.model import TraceModel
from cacheview.ui.verdict.pane import VerdictPane
from cacheview.ui.verdict.rows import MoreRow, TraceNote

LOCAL = StageKind.LOCAL


def test_a_requested_candidate_is_listed_with_its_neighbors() -> None:
    listing = ListedSubjects()
    assert listing.ranges(10_000) == (range(200),)
    assert listing.ranges(50) == (range(50),)
    assert listing.with_neighbors(199) == listing
    far = listing.with_neighbors(9_999)
    assert far.ranges(10_000) == (range(200), range(9_899, 10_000))
    assert far.in_words(10_000, "candidate") == "The first 200 and 9,900 to 10,000 of 10,000 candidates"
    assert far.with_neighbors(9_950) == far
    assert listing.with_neighbors(250).ranges(10_000) == (range(350),)
    assert far.ranges(9_000) == (range(200),)  # with fewer candidates, after an edit


def test_only_remaining_candidates_are_listed_after_an_answer_with_fewer() -> None:
    assert ListedSubjects(200, (4_000, 900)).nearest(range(1_000)) == (*range(200), 900)


def test_the_oldest_requested_range_is_dropped() -> None:
    listing = ListedSubjects()
    for place in (1_000, 2_000, 3_000, 4_000, 1_010, 5_000):
        listing = listing.with_neighbors(place)
    assert sorted(listing.requested) == [1_000, 3_000, 4_000, 5_000]
    assert len(listing.places(10_000)) == 200 + 4 * 200


def test_listing_a_distant_candidate_keeps_the_existing_rows(qapp: object) -> None:
    model = TraceModel()
    model.show(explain(many_cache(1_000), many_probe(3, "x")))
    reported: list[tuple[str, int, int]] = []
    model.rowsInserted.connect(lambda _, first, last: reported.append(("in", first, last)))
    model.rowsRemoved.connect(lambda _, first, last: reported.append(("out", first, last)))
    stage = model.stage_index(LOCAL)
    last = QPersistentModelIndex(model.subject_index(LOCAL, 999))
    assert reported == [("in", 201, 301)]
    subject = model.subject_of(model.subject_index(LOCAL, 500))
    assert subject is model.explanation.trace.stages[0].subjects[500]  # type: ignore[union-attr]
    assert reported[1:] == [("in", 201, 400)]
    assert last.row() == model.rowCount(stage) - 1 == 501
    assert model.subject_index(LOCAL, 550).row() == 351
    assert model.item(model.index(0, 0, stage)) == MoreRow(
        "The first 200 and 401 to 600 and 900 to 1,000 of 1,000 candidates. Double-click here, or press Enter, "
        "to list all.",
        is_faint=True,
        kind=LOCAL,
    )
    model.list_subjects(LOCAL, ListedSubjects(1_000))
    assert model.rowCount(stage) == 1_000
    assert last.row() == 999


def test_the_trace_model_is_valid_with_a_gap(qtmodeltester: ModelTester) -> None:
    model = TraceModel()
    model.show(explain(many_cache(450), many_probe(3, "x")))
    assert model.subject_index(LOCAL, 449).isValid()
    assert model.rowCount(model.stage_index(LOCAL)) == 1 + 200 + 101
    qtmodeltester.check(model)


def test_a_deciding_candidate_far_down_the_list_is_shown(qtbot: QtBot) -> None:
    """The rows between it and the first ones are not created."""
    cache = many_cache(1_500)
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.resize(600, 700)
    pane.show()
    pane.show_explanation(explain(cache, many_probe(0)))  # the daemon begins with the newest; this one is the oldest
    index = pane.navigation.deciding_index()
    subject = pane.trace.subject_of(index)
    assert subject is not None
    assert subject.image.id == cache.store.images[1].id
    assert pane.view.viewport().rect().intersects(pane.view.visualRect(index))
    assert pane.trace.rowCount(pane.trace.stage_index(LOCAL)) < 400
    # The first candidate is selected, and an edit that does not change the decision keeps the selection.
    stage = explain(cache, many_probe(0)).trace.stage(LOCAL)
    assert stage is not None
    assert pane.reveal_image(stage.images[0].id)
    current, rows = pane.view.currentIndex(), pane.trace.rowCount(pane.trace.stage_index(LOCAL))
    pane.show_explanation(explain(cache, many_probe(0).model_copy(update={"cache_from": ()})))
    assert pane.view.currentIndex() == current
    assert pane.trace.rowCount(pane.trace.stage_index(LOCAL)) == rows


def test_the_number_of_listed_candidates_is_limited(qapp: object) -> None:
    model = TraceModel()
    model.show(explain(many_cache(5_100), many_probe(3, "x")))
    stage = model.stage_index(LOCAL)
    for nearest, words in ((False, "The first"), (True, "The")):
        model.list_subjects(LOCAL, ListedSubjects())
        model.set_nearest_first(nearest)
        more = model.item(model.index(0, 0, stage))
        assert isinstance(more, MoreRow)
        assert more.text.startswith(f"{words} 200 ")
        assert more.text.endswith(" of 5,100 candidates. Double-click here, or press Enter, to list 5,000.")
        model.list_subjects(LOCAL, ListedSubjects(MAX_SUBJECTS))
        note = model.item(model.index(0, 0, stage))
        assert isinstance(note, TraceNote)
        assert not isinstance(note, MoreRow)
        assert note.text.endswith(
            " of 5,100 candidates. To list another candidate, select its image in the images pane."
        )
        assert model.rowCount(stage) == 1 + 5_000
        last = model.subject_index(LOCAL, 5_099)
        subject = model.subject_of(last)
        assert subject is not None
        assert subject.image.id == model.explanation.trace.stages[0].images[5_099].id  # type: ignore[union-attr]
