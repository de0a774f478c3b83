"""How the verdict pane shows what is unknown."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from verdict_kit import COMMAND, PATH, base, cache_of, digest, probe, small_cache, small_probe, step, vectors

from cacheview.engine import Check, Explanation, StageKind, explain
from cacheview.model import Doubt, HistoryEntry, Image, Timestamp
from cacheview.ui.theme import current_tokens
from cacheview.ui.verdict.delegate import TextRun
from cacheview.ui.verdict.model import TraceColumn
from cacheview.ui.verdict.pane import VerdictPane
from cacheview.ui.verdict.rows import FoldedChecks

DOUBT = Doubt(aspect="container_config", reason="The engine does <b>not</b> tell it.", remedy="Open containerd:.")
SECONDS = Doubt(aspect="history.created", reason="whole seconds only", remedy="open the data root")


def unknown(number: int, second: int | None = None) -> Image:
    entry = HistoryEntry(created_by=" ".join(COMMAND), empty_layer=True)
    one = step(number, second=second, history=(entry,))
    config = one.config.model_copy(update={"container_config": None})
    return one.model_copy(update={"config": config, "doubts": (DOUBT,)})


def either() -> Explanation:
    """An explanation that is a hit or a miss, depending on unknown values."""
    return explain(cache_of(base(), unknown(1), unknown(2)), probe(Cmd=COMMAND))


def unsure_hit() -> Explanation:
    """An explanation that is certainly a hit, but a newer image may match too."""
    return explain(cache_of(base(), step(1, Cmd=COMMAND), unknown(2)), probe(Cmd=COMMAND))


def unsure_history(second: int = 0) -> Explanation:
    """A source with times in whole seconds. Its first entry is ``second`` seconds later than the parent's."""
    first = HistoryEntry(created_by="FROM", created=Timestamp(1_700_000_000, 0, None), empty_layer=True)
    reported = first.model_copy(update={"created": Timestamp(1_700_000_000 + second, 0, None)})
    after = HistoryEntry(created_by="make", created=Timestamp(1_700_000_009, 0, None), empty_layer=True)
    source = step(9, parent=None, history=(reported, after)).model_copy(update={"doubts": (SECONDS,)})
    return explain(cache_of(base((first,)), source), probe(cache_from=[digest(9)], Cmd=("make",)))


@pytest.fixture
def pane(qtbot: QtBot) -> VerdictPane:
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.resize(640, 720)
    with qtbot.waitExposed(pane):
        pane.show()
    return pane


def row_runs(pane: VerdictPane, index: QModelIndex, width: float) -> list[TextRun]:
    item, explanation = pane.trace.item(index), pane.trace.explanation
    assert item is not None
    assert explanation is not None
    if isinstance(item, Check):
        return pane.view.rows.lay_out(item, TraceColumn.CHECK, width, explanation)
    return pane.view.rows.lay_out_across(item, width, explanation)


def test_the_banner_shows_a_doubt_and_its_remedy(pane: VerdictPane) -> None:
    pane.show_explanation(either())
    (line,) = pane.hazards.doubts
    assert line.isVisible()
    assert line.text == "Unknown: The engine does <b>not</b> tell it. 2 images are affected."
    assert line.advice == "Open containerd:."
    assert line.accessibleName() == f"{line.text} {line.advice}"
    assert "<b>" not in line.toolTip()  # plain text, escaped
    assert pane.hazards.lines == []
    assert pane.banner.text == "UNKNOWN: a hit on one of 2 images, or a miss"
    assert pane.banner.accessibleName() == f"Verdict: {pane.banner.text}"
    assert not pane.banner.edit_button.isVisible()


def test_doubts_are_shown_and_hidden_with_the_explanation(pane: VerdictPane) -> None:
    pane.show_explanation(explain(small_cache(), small_probe("dev", WorkingDir="/elsewhere")))
    assert (len(pane.hazards.doubts), len(pane.hazards.lines)) == (0, 1)
    pane.show_explanation(unsure_hit())
    assert (len(pane.hazards.doubts), len(pane.hazards.lines)) == (1, 0)
    assert pane.banner.text.startswith("UNKNOWN: ")
    pane.show_explanation(explain(small_cache(), small_probe()))
    assert (pane.hazards.doubts, pane.hazards.lines) == ([], [])
    assert not pane.hazards.isVisible()


def test_many_reasons_are_counted(pane: VerdictPane) -> None:
    images = []
    for i in range(1, 9):
        doubt = DOUBT.model_copy(update={"reason": f"The blob {i} is missing."})
        images.append(unknown(i).model_copy(update={"doubts": (doubt,)}))
    pane.show_explanation(explain(cache_of(base(), *images), probe(Cmd=COMMAND)))
    (line,) = pane.hazards.doubts  # they have the same remedy, so it is shown once
    assert line.text.startswith("Unknown: The blob 8 is missing. The blob 7 is missing. ")
    assert line.text.count("missing") == 5
    assert line.advice == "Open containerd:. And 3 more reasons."


def test_doubts_with_different_remedies_are_shown_separately(pane: VerdictPane) -> None:
    other = DOUBT.model_copy(update={"reason": "The blob is missing.", "remedy": "Pull it again."})
    images = unknown(1), unknown(2).model_copy(update={"doubts": (other,)})
    pane.show_explanation(explain(cache_of(base(), *images), probe(Cmd=COMMAND)))
    assert [line.advice for line in pane.hazards.doubts] == ["Pull it again.", "Open containerd:."]
    pane.show_explanation(either())
    assert [line.isVisible() for line in pane.hazards.findChildren(type(pane.hazards.doubts[0]))] == [True, False]


@pytest.mark.looks
@pytest.mark.parametrize("width", [620.0, 240.0, 150.0])
def test_an_uncertain_check_shows_its_icon_and_text(pane: VerdictPane, width: float) -> None:
    pane.show_explanation(either())
    index = pane.navigation.deciding_index()
    runs = row_runs(pane, index, width)
    assert "unknown" in [run.text for run in runs]
    assert [run.icon for run in runs if run.icon] == ["not-certain"]
    by_place = sorted(runs, key=lambda run: run.left)
    assert all(one.left + one.width <= other.left + 0.5 for one, other in pairwise(by_place))
    assert by_place[-1].left + by_place[-1].width <= width
    assert str(pane.trace.data(index, Qt.ItemDataRole.AccessibleTextRole)).startswith(
        'User: unknown, would be the deciding check; probe ""; image unknown; '
    )
    assert "User: unknown" in str(pane.trace.data(index, Qt.ItemDataRole.ToolTipRole))


def test_the_detail_of_an_uncertain_check_shows_the_remedy(pane: VerdictPane) -> None:
    pane.show_explanation(either())
    assert pane.detail.title.startswith("User: unknown")
    note = pane.detail._note.text()
    assert note.endswith("Uncertain: The engine does <b>not</b> tell it. Open containerd:.")
    assert [value.edit.toPlainText() for value in pane.detail.values] == ['""', "unknown"]
    assert [value.marked() for value in pane.detail.values] == ["", ""]
    assert not pane.detail.take_button.isVisible()


def test_a_candidate_is_not_reported_to_fail(pane: VerdictPane) -> None:
    pane.show_explanation(either())
    index = pane.trace.subject_index(StageKind.LOCAL, 0)
    badge = row_runs(pane, index, 600.0)[-1]
    assert (badge.text, badge.icon) == ("unknown", "not-certain")
    assert ", unknown, 7 of 20 checks passed" in str(pane.trace.data(index, Qt.ItemDataRole.AccessibleTextRole))
    assert "Open containerd:." in str(pane.trace.data(index, Qt.ItemDataRole.ToolTipRole))
    stage = row_runs(pane, pane.trace.stage_index(StageKind.LOCAL), 600.0)
    assert stage[-1].text == "may match"
    assert "2 candidates, no match, 2 unknown" in [run.text for run in stage]


@pytest.mark.looks
def test_the_uncertainty_mark_stands_beside_the_badge(pane: VerdictPane) -> None:
    pane.show_explanation(unsure_hit())
    assert pane.banner.text.startswith("UNKNOWN: a hit on one of 2 images")
    runs = row_runs(pane, pane.trace.subject_index(StageKind.LOCAL, 0), 600.0)
    assert [run.text for run in runs if run.text][-2:] == ["not certain", "matches"]
    by_place = sorted(runs, key=lambda run: run.left)
    assert all(one.left + one.width <= other.left + 0.5 for one, other in pairwise(by_place))


def test_a_group_with_uncertain_checks_is_marked_not_certain(pane: VerdictPane) -> None:
    pane.show_explanation(unsure_history())
    groups = []
    for stage in range(pane.trace.rowCount()):
        above = pane.trace.index(stage, 0)
        for row in range(pane.trace.rowCount(above)):
            subject = pane.trace.index(row, 0, above)
            for below in range(pane.trace.rowCount(subject)):
                index = pane.trace.index(below, 0, subject)
                if isinstance(pane.trace.item(index), FoldedChecks):
                    groups.append(index)
    reported = [[run.text for run in row_runs(pane, index, 600.0) if run.text] for index in groups]
    assert ["passed", "not certain"] in [words[:2] for words in reported]


def test_an_uncertain_difference_is_not_reported_as_a_difference(pane: VerdictPane) -> None:
    first = HistoryEntry(created_by="FROM", comment="x", empty_layer=True)
    after = HistoryEntry(created_by="make", empty_layer=True)
    doubt = SECONDS.model_copy(update={"aspect": "history.comment"})
    source = step(9, parent=None, history=(first.model_copy(update={"comment": ""}), after))
    source = source.model_copy(update={"doubts": (doubt,)})
    pane.show_explanation(explain(cache_of(base((first,)), source), probe(cache_from=[digest(9)], Cmd=("make",))))
    assert pane.banner.reason == "The store does not report the comments in its history."
    assert "differs" not in pane.banner.text
    assert not any(line.isVisible() for line in pane.banner.values)


def test_times_that_differ_in_the_second_are_certain(pane: VerdictPane) -> None:
    pane.show_explanation(unsure_history(second=5))
    assert pane.banner.text.startswith("MISS: ")
    assert pane.hazards.doubts == []
    runs = row_runs(pane, pane.navigation.deciding_index(), 600.0)
    assert "not certain" not in [run.text for run in runs]


def test_doubts_are_part_of_copied_text(pane: VerdictPane) -> None:
    pane.show_explanation(either())
    pane.detail.copy_button.click()
    reported = QApplication.clipboard().text()
    assert "User: unknown" in reported
    assert "Uncertain: The engine does <b>not</b> tell it. Open containerd:." in reported
    pane.banner.copy_requested.emit("JSON")
    assert json.loads(QApplication.clipboard().text())["doubts"][0]["images"] == 2
    pane.banner.copy_requested.emit("text")
    assert "Unknown: The engine does <b>not</b> tell it. 2 images are affected." in QApplication.clipboard().text()


def test_without_doubts_nothing_is_marked(pane: VerdictPane) -> None:
    cases = [explain(small_cache(), small_probe(mode)) for mode in ("prod", "dev")]
    for explanation in (*cases, *vectors(2)):
        pane.show_explanation(explanation)
        assert pane.hazards.doubts == []
        for row in range(pane.trace.rowCount()):
            stage = pane.trace.index(row, 0)
            for index in (stage, *(pane.trace.index(i, 0, stage) for i in range(pane.trace.rowCount(stage)))):
                assert not any(run.icon == "not-certain" for run in row_runs(pane, index, 600.0))


@pytest.mark.looks
def test_the_mark_is_drawn(pane: VerdictPane) -> None:
    """The text is painted in the theme's color."""
    pane.show_explanation(either())
    index = pane.trace.subject_index(StageKind.LOCAL, 0)
    pane.view.scrollTo(index)
    rect = pane.view.visualRect(index.siblingAtColumn(TraceColumn.IMAGE))
    picture = pane.view.viewport().grab(rect).toImage()
    wanted = current_tokens().text_muted
    colors = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert wanted in colors
    assert PATH not in colors
