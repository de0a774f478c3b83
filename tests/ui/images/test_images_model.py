"""The model and its filter stay sound for Qt while everything about them changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from image_kit import make_image, marks
from model_kit import checked_by_qt
from PySide6.QtCore import QModelIndex, Qt

from cacheview.engine import CONTAINERD_71EBFC7, ImageCache, StageKind, explain
from cacheview.model import ContainerConfig, ImageStore, Probe
from cacheview.stores.open import open_store
from cacheview.ui.images import Marks, positions
from cacheview.ui.images.filter import ImageFilter
from cacheview.ui.images.model import NODE_ROLE, Column, ImageTreeModel


@pytest.fixture
def model(qapp: object) -> Iterator[ImageTreeModel]:
    model = ImageTreeModel()
    tester = checked_by_qt(model)
    yield model
    del tester


@pytest.fixture
def rows(model: ImageTreeModel) -> Iterator[ImageFilter]:
    rows = ImageFilter(model)
    tester = checked_by_qt(rows)
    yield rows
    del tester


def names(rows: ImageFilter, parent: QModelIndex | None = None) -> list[str]:
    parent = parent or QModelIndex()
    found = []
    for row in range(rows.rowCount(parent)):
        index = rows.index(row, 0, parent)
        node = index.data(NODE_ROLE)
        found.append(node.image.id.removeprefix("sha256:") if node.image else "scratch")
        found += names(rows, index)
    return found


def test_sound_while_it_changes(rows: ImageFilter, store: ImageStore) -> None:
    model = rows.images
    other = ImageStore((make_image("x", "y"), make_image("y", "x"), make_image("z")))
    for shown in (store, other, None, store):
        model.set_store(shown)
        rows.set_text("app")
        if shown is not None:
            model.set_marks(marks(shown, Probe()))
        rows.set_only_marked(True)
        model.set_store(shown, intermediate=False)
        rows.set_text("")
        rows.set_only_marked(False)
        model.set_marks(None)
    assert names(rows) == ["scratch", "base", "app", "other", "pulled", "orphan"]


@given(texts=st.lists(st.sampled_from(["", "app", "RUN", "run one", "sha256:o", "nothing at all", "ß"])))
@examples(0.5)
def test_filter_keeps_matches_and_ancestors(texts: list[str], qapp: object) -> None:
    store = ImageStore(
        (make_image("base"), make_image("one", "base"), make_image("app", "one"), make_image("side", "base"))
    )
    model = ImageTreeModel()
    rows = ImageFilter(model)
    tester = checked_by_qt(rows)
    model.set_store(store)
    for text in texts:
        rows.set_text(text)
        matching = {
            image.id
            for image in store.images
            if all(w in f"{image.id} {image.instruction}".lower() for w in text.lower().split())
        }
        kept = set(matching)
        for image_id in matching:
            current = store.by_id[image_id]
            while current.parent:
                kept.add(current.parent)
                current = store.by_id[current.parent]
        shown = {f"sha256:{name}" for name in names(rows) if name != "scratch"}
        assert shown == kept
        if text:
            assert rows.matching_count == len(matching)
    del tester


def test_only_what_the_probe_concerns(rows: ImageFilter, store: ImageStore) -> None:
    rows.images.set_store(store)
    rows.images.set_marks(marks(store, Probe(parent="sha256:base")))
    rows.set_only_marked(True)
    assert names(rows) == ["scratch", "base", "one", "other"]
    rows.images.set_marks(marks(store, Probe(parent="sha256:two", cache_from=("team/other:1",))))
    assert names(rows) == ["scratch", "base", "one", "two", "app", "other"]


def test_marks_are_worked_out_for_what_is_looked_at(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    config = ContainerConfig(Cmd=("/bin/sh", "-c", "RUN other"))
    made = marks(store, Probe(parent="sha256:base", config=config))
    model.set_marks(made)
    assert made._made == {}
    words = {
        node.image.id if node.image else "": [mark.word for mark in model.marks_of(node)] for node in model.forest.nodes
    }
    assert words == {
        "": [],
        "sha256:base": ["parent"],
        "sha256:one": ["Cmd[2]"],
        "sha256:two": [],
        "sha256:app": [],
        "sha256:other": ["hit"],
        "sha256:pulled": [],
        "sha256:orphan": [],
    }
    spoken = model.data(model.index_of_image("sha256:one"), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.endswith("Cmd[2]")


def test_sources_are_marked(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    model.set_marks(marks(store, Probe(parent="sha256:base", cache_from=("team/app:1",))))
    node = model.node(model.index_of_image("sha256:two"))
    assert node is not None
    assert [mark.word for mark in model.marks_of(node)] == ["source"]


def test_texts(model: ImageTreeModel) -> None:
    html = "docker.io/library/<b>x</b>:1"
    model.set_store(ImageStore((make_image("a", names=(html,), step="<i>RUN</i>\nx", size=1_234_567),)))
    index = model.index_of_image("sha256:a")
    assert model.data(index) == "<b>x</b>:1 <i>RUN</i> x"
    tip = model.data(index, Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;x" in tip
    assert "<b>" not in tip
    time_tip = model.data(index.siblingAtColumn(Column.CREATED), Qt.ItemDataRole.ToolTipRole)
    assert "2023-11-14T22:13:20.123456789Z" in time_tip
    assert model.data(index.siblingAtColumn(Column.SIZE)) == "1.23 MB"
    assert model.data(index.siblingAtColumn(Column.ID)) == "sha256:a"  # too short for a checksum


def test_a_stale_index_does_no_harm(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    stale = model.index_of_image("sha256:orphan")
    model.set_store(ImageStore(()))
    assert model.data(stale) is None
    assert not model.parent(stale).isValid()


def test_a_candidate_is_marked_with_the_check_that_the_trace_says_it_fails_at(qapp: object) -> None:
    (case,) = open_store("demo:").cases
    told = set()
    for asked in case.probes:
        explanation = explain(ImageCache(case.store, CONTAINERD_71EBFC7), asked.probe)
        local = explanation.trace.stage(StageKind.LOCAL)
        assert local is not None
        made = Marks(explanation, local, positions(local))
        for subject in local.subjects:
            if subject.image is explanation.verdict.image:
                continue  # by its history: then that it is a hit is what counts
            if subject.deciding is not None and subject.deciding.name not in ("newest", "created"):
                (word,) = [mark.word for mark in made.of(subject.image.id) if mark.kind == "failed"]
                assert word == subject.deciding.name
                told.add(word)
    assert len(told) > 4
