"""The trace as a Qt model: valid after every change, with rows created only when they are looked at."""

from __future__ import annotations

from itertools import islice

import pytest
from model_kit import checked_by_qt
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from verdict_kit import (
    BASE,
    COMMAND,
    PATH,
    base,
    cache_of,
    many_cache,
    many_probe,
    node_count,
    outline,
    probe,
    small_cache,
    small_probe,
    step,
    vectors,
    with_history,
)

from cacheview.engine import Check, Explanation, ImageCache, StageKind, explain
from cacheview.model import ContainerConfig, Probe
from cacheview.ui.verdict.listing import INITIAL_SUBJECTS, ListedSubjects
from cacheview.ui.verdict.model import TraceColumn, TraceModel
from cacheview.ui.verdict.rows import FoldedChecks

Role = Qt.ItemDataRole


class Watched:
    """A model checked by a tester, with counts of its signals."""

    def __init__(self) -> None:
        self.model = TraceModel()
        self.tester = checked_by_qt(self.model)
        self.resets = self.inserted = self.removed = self.reordered = 0
        self.changed: set[tuple[str, int]] = set()
        self.model.modelReset.connect(self._reset)
        self.model.rowsInserted.connect(self._insert)
        self.model.rowsRemoved.connect(self._remove)
        self.model.layoutChanged.connect(self._reorder)

    def _reset(self) -> None:
        self.resets += 1

    def _insert(self) -> None:
        self.inserted += 1

    def _remove(self) -> None:
        self.removed += 1

    def _reorder(self) -> None:
        self.reordered += 1


@pytest.fixture
def watched(qapp: object) -> Watched:
    return Watched()


def see_everything(model: TraceModel) -> list[tuple[list[str], str, str]]:
    """Read every row, as a fully expanded view does."""
    found: list[tuple[list[str], str, str]] = []

    def look(parent: QModelIndex) -> None:
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            texts = [model.data(index.siblingAtColumn(column)) for column in TraceColumn]
            found.append((texts, model.data(index, Role.AccessibleTextRole), model.data(index, Role.ToolTipRole)))
            look(index)

    look(QModelIndex())
    return found


def fresh(explanation: Explanation, *, folded: bool, nearest_first: bool = False) -> list[tuple[list[str], str, str]]:
    """The rows that a new model shows."""
    model = TraceModel()
    model.set_folded(folded)
    model.set_nearest_first(nearest_first)
    model.show(explanation)
    return see_everything(model)


def test_the_tree_of_a_miss(qapp: object) -> None:
    model = TraceModel()
    model.show(explain(small_cache(), small_probe()))
    assert outline(model, depth=2) == ["local cache", ["1", "2"]]
    first = model.subject_index(StageKind.LOCAL, 0)
    assert outline(model, first, 1) == [
        "passed 13",
        "Env",
        "not reached 6",
        "not compared 7",
        "WorkingDir",
        "not compared 6",
    ]
    model.set_folded(False)
    names = outline(model, first, 1)
    assert names[:2] == ["OpenStdin not set", "AttachStdout"]
    assert names.index("Env") == 13


def test_the_trace_model_has_the_expected_cell_texts(watched: Watched) -> None:
    watched.model.show(explain(small_cache(), small_probe()))
    model = watched.model
    stage = model.stage_index(StageKind.LOCAL)
    assert [model.data(stage.siblingAtColumn(column)) for column in TraceColumn] == [
        "Local cache",
        "2 candidates, no match",
        "no match",
    ]
    env = model.check_index(model.subject_index(StageKind.LOCAL, 0), [13, 1])
    assert [model.data(env.siblingAtColumn(column)) for column in TraceColumn] == [
        "Env[1]",
        '"MODE=prod"',
        '"MODE=dev"',
    ]
    assert model.data(env, Role.AccessibleTextRole) == (
        'Env[1]: failed, the deciding check; probe "MODE=prod"; image "MODE=dev"'
    )
    words = model.data(model.subject_index(StageKind.LOCAL, 1), Role.AccessibleTextRole)
    assert words == "candidate 000000000002, app:2, failed at User, 3 of 20 checks passed"
    assert [model.headerData(c, Qt.Orientation.Horizontal) for c in TraceColumn] == ["Check", "Probe", "Image"]


def test_an_edit_of_the_same_shape_changes_cells_and_moves_nothing(watched: Watched) -> None:
    cache, model = small_cache(), watched.model
    model.show(explain(cache, small_probe("beta")))
    see_everything(model)
    env = QPersistentModelIndex(model.check_index(model.subject_index(StageKind.LOCAL, 0), [13, 1]))
    reported: list[tuple[QModelIndex, int, int]] = []
    model.dataChanged.connect(lambda first, last: reported.append((first.parent(), first.row(), last.row())))
    resets = watched.resets
    assert model.show(explain(cache, small_probe("test")))
    assert (watched.resets, watched.inserted, watched.removed) == (resets, 0, 0)
    assert model.data(model.index(env.row(), 1, env.parent())) == '"MODE=test"'
    assert any(parent == env.parent() and first <= env.row() <= last for parent, first, last in reported)


EDITS = {
    "the same": small_probe(),
    "it hits": small_probe("dev"),
    "an element more": probe(Cmd=COMMAND, Env=(PATH, "MODE=prod", "B=2"), Labels={"a": "1"}),
    "no elements": probe(Cmd=COMMAND),
    "other labels": probe(Cmd=COMMAND, Env=(PATH, "MODE=dev"), Labels={"b": "1"}),
    "what is not compared": small_probe("dev", WorkingDir="/srv", Hostname="h"),
    "with sources": small_probe(cache_from=["app:2"]),
    "with no source": small_probe(cache_from=["lost:1"]),
    "without candidates": small_probe(parent="sha256:" + "e" * 64),
    "from scratch": small_probe(parent=""),
    "an error": small_probe(parent="sha256:" + "e" * 64, cache_from=["app:2"]),
}


# Stages, groups, checks and elements come and go.
ORDER = (
    "the same",
    "with sources",
    "no elements",
    "with no source",
    "an element more",
    "without candidates",
    "other labels",
    "an error",
    "what is not compared",
    "with sources",
    "from scratch",
    "it hits",
    "the same",
)


@pytest.mark.parametrize("folded", [True, False])
def test_the_model_after_each_edit_equals_a_new_one(watched: Watched, folded: bool) -> None:
    cache, model = small_cache(), watched.model
    model.set_folded(folded)
    model.show(explain(cache, small_probe()))
    see_everything(model)
    for edit in ORDER:
        explanation = explain(cache, EDITS[edit])
        assert model.show(explanation), edit
        assert see_everything(model) == fresh(explanation, folded=folded), edit
    assert set(ORDER) == set(EDITS)


def test_a_new_store_resets_the_trace_model(watched: Watched) -> None:
    model = watched.model
    assert not model.show(explain(small_cache(), small_probe()))
    old = model.check_index(model.subject_index(StageKind.LOCAL, 0), [13])
    assert not model.show(explain(small_cache(), small_probe()))
    assert watched.resets == 2
    assert model.item(old) is None
    assert not model.parent(old).isValid()
    model.show(None)
    assert model.rowCount() == 0
    assert model.data(old) is None


def test_folding_goes_both_ways(watched: Watched) -> None:
    model = watched.model
    explanation = explain(small_cache(), small_probe(cache_from=["app:2"]))
    model.show(explanation)
    folded = see_everything(model)
    model.set_folded(False)
    everything = see_everything(model)
    assert everything == fresh(explanation, folded=False)
    titles = [texts[0] for texts, _, _ in folded]
    assert any(title.endswith("(13)") for title in titles)
    assert not any(texts[0].endswith(")") and " (" in texts[0] for texts, _, _ in everything)
    model.set_folded(True)
    assert see_everything(model) == folded
    assert watched.resets == 1


def test_folded_checks_are_an_expandable_group(watched: Watched) -> None:
    model = watched.model
    model.show(explain(small_cache(), small_probe()))
    subject = model.subject_index(StageKind.LOCAL, 0)
    group = model.index(0, 0, subject)
    item = model.item(group)
    assert isinstance(item, FoldedChecks)
    assert model.hasChildren(group)
    assert model.rowCount(group) == len(item.places)
    inner = model.check_index(subject, [3])
    assert inner.parent() == group
    assert model.data(inner) == "User"


def order_of(model: TraceModel) -> list[str]:
    stage = model.stage_index(StageKind.LOCAL)
    return [model.subject_of(model.index(row, 0, stage)).image.id for row in range(model.rowCount(stage))]  # type: ignore[union-attr]


def test_sorting_by_distance_keeps_persistent_indexes(watched: Watched) -> None:
    cache = many_cache(5)
    model = watched.model
    explanation = explain(cache, many_probe(4, "x"))
    model.show(explanation)
    daemons = order_of(model)
    held = QPersistentModelIndex(model.check_index(model.subject_index(StageKind.LOCAL, 4), [7]))
    image = model.subject_of(model.index(held.row(), 0, held.parent()))
    model.set_nearest_first(True)
    assert order_of(model) == [near.image.id for near in explanation.nearest()]
    assert order_of(model)[0] == daemons[4]
    assert model.subject_of(held) is not None
    assert model.subject_of(held).image is image.image  # type: ignore[union-attr]
    assert held.parent().parent().row() == 0
    other = explain(cache, many_probe(2, "x"))
    model.show(other)
    assert order_of(model)[0] == daemons[2]
    assert model.subject_of(held).image is image.image  # type: ignore[union-attr]
    assert see_everything(model) == fresh(other, folded=True, nearest_first=True)
    model.set_nearest_first(False)
    assert order_of(model) == daemons
    assert held.parent().parent().row() == 4


def test_an_edit_that_leaves_the_order_as_it_is_moves_no_row(watched: Watched) -> None:
    cache, model = many_cache(5), watched.model
    model.set_nearest_first(True)
    model.show(explain(cache, many_probe(3, "x")))
    order_of(model)
    model.show(explain(cache, many_probe(3, "y")))
    assert watched.reordered == 0


def test_rows_of_common_candidates_keep_their_place(watched: Watched) -> None:
    """After switching to another parent."""
    other = "sha256:" + "c" * 64
    cache = cache_of(base(), *(step(i, parent=BASE if i % 3 else other, Env=(f"N={i}",)) for i in range(1, 6)))
    model = watched.model
    model.show(explain(cache, Probe(parent=BASE, config=ContainerConfig(Env=("N=1",)))))
    see_everything(model)
    for parent in (other, "", BASE):
        explanation = explain(cache, Probe(parent=parent))
        assert model.show(explanation)
        assert see_everything(model) == fresh(explanation, folded=True)
    assert watched.resets == 1


def test_the_trace_model_is_consistent_for_recorded_probes(watched: Watched) -> None:
    """Recorded stores, with every row read for each probe in turn."""
    explanations = list(islice(vectors(1), 0, None, 2))
    for folded, asked in ((False, explanations[::2]), (True, explanations[1::2])):
        watched.model.set_folded(folded)
        for explanation in asked:
            watched.model.show(explanation)
            assert see_everything(watched.model) == fresh(explanation, folded=folded)


def test_history_as_two_columns(watched: Watched) -> None:
    watched.model.show(with_history(3, 5, changed=1))
    model = watched.model
    subject = model.subject_index(StageKind.HISTORY, 0)
    rows = {model.data(model.index(row, 0, subject)): row for row in range(model.rowCount(subject))}
    history = model.index(rows["history"], 0, subject)
    heads = model.index(0, 0, history)
    assert [model.data(heads.siblingAtColumn(column)) for column in TraceColumn] == [
        "#",
        "Parent's history",
        "Source's history",
    ]
    fields = ("created", "created_by", "author", "comment", "empty_layer")
    assert outline(model, history) == [
        "columnheads",
        "history[0]",
        ["passed 5", [f"history[0].{field}" for field in fields]],
        "history[1]",
        ["passed 3", [f"history[1].{field}" for field in fields[:3]], "history[1].comment", "history[1].empty_layer"],
        "history[2]",
        ["not reached 5", [f"history[2].{field}" for field in fields]],
    ]
    entry = model.index(2, 0, history)
    assert isinstance(model.item(entry), Check)
    assert [model.data(entry.siblingAtColumn(column)) for column in (1, 2)] == [
        'comment "" · "RUN step 1"',
        'comment "other" · "RUN step 1"',
    ]


@pytest.fixture(scope="module")
def ten_thousand() -> ImageCache:
    return many_cache(10_000)


def test_only_the_first_of_10000_candidates_get_nodes(ten_thousand: ImageCache, qapp: object) -> None:
    model = TraceModel()
    model.show(explain(ten_thousand, many_probe(7, "x")))
    stage = model.stage_index(StageKind.LOCAL)
    assert model.rowCount(stage) == 1 + INITIAL_SUBJECTS
    assert model.data(model.index(0, 0, stage)).startswith("The first 200 of 10,000 candidates")
    model.list_subjects(StageKind.LOCAL, ListedSubjects(10_000))
    assert model.rowCount(stage) == 10_000
    for row in range(10_000):
        assert model.hasChildren(model.index(row, 0, stage))
    assert node_count(model) < 10
    for row in range(5_000, 5_030):
        model.data(model.index(row, 0, stage))
    assert node_count(model) < 50
    model.show(explain(ten_thousand, many_probe(8, "x")))
    assert node_count(model) < 10
    model.set_folded(False)
    assert node_count(model) < 10


def test_sorting_by_distance_compares_only_listed_candidates(ten_thousand: ImageCache, qapp: object) -> None:
    model = TraceModel()
    model.set_nearest_first(True)
    model.show(explain(ten_thousand, many_probe(7, "x")))
    stage = model.stage_index(StageKind.LOCAL)
    assert model.data(model.index(0, 0, stage)).startswith("The 200 nearest of 10,000 candidates")
    assert model.rowCount(stage) == 1 + INITIAL_SUBJECTS
    assert model.subject_of(model.index(1, 0, stage)).image.id == ten_thousand.store.images[8].id  # type: ignore[union-attr]
    assert node_count(model) < 10
    far = model.subject_index(StageKind.LOCAL, 9_000)
    assert far.row() == 1 + INITIAL_SUBJECTS, "it follows the nearest ones"
    assert model.subject_of(far).image.id == ten_thousand.store.images[9_001].id  # type: ignore[union-attr]
    model.set_nearest_first(False)
    again = model.subject_index(StageKind.LOCAL, 9_000)
    assert model.subject_of(again).image.id == ten_thousand.store.images[9_001].id  # type: ignore[union-attr]


def test_more_candidates_are_listed_when_asked_for(watched: Watched) -> None:
    cache, model = many_cache(7), watched.model
    model.show(explain(cache, many_probe(3, "x")))
    stage = model.stage_index(StageKind.LOCAL)
    model.list_subjects(StageKind.LOCAL, ListedSubjects(4))
    assert model.rowCount(stage) == 1 + 4
    assert model.data(model.index(0, 0, stage)).startswith("The first 4 of 7 candidates")
    held = QPersistentModelIndex(model.subject_index(StageKind.LOCAL, 2))
    assert held.row() == 3  # after the row that says which are listed
    model.show(explain(cache, many_probe(4, "x")))
    assert model.rowCount(stage) == 1 + 4
    far = model.subject_index(StageKind.LOCAL, 5)  # requested explicitly, so it has to be listed
    assert model.subject_of(far).image.id == explain(cache, many_probe(4, "x")).trace.stages[0].images[5].id  # type: ignore[union-attr]
    assert model.rowCount(stage) == 7
    assert held.row() == 2
