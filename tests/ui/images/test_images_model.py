"""The model and its filter stay valid for Qt during every kind of change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from image_kit import make_image, marks
from model_kit import checked_by_qt
from PySide6.QtCore import Qt

from cacheview.engine import CONTAINERD_71EBFC7, ImageCache, StageKind, explain
from cacheview.model import ContainerConfig, ImageStore, Probe
from cacheview.stores.open import open_store
from cacheview.ui.images.arrange import PreparedTree, SearchTexts, TreeQuery, filter_nodes, prepare
from cacheview.ui.images.marks import Marks
from cacheview.ui.images.model import NODE_ROLE, ImagesColumn, ImageTreeModel
from cacheview.ui.images.tree import ImageNode, forest


@pytest.fixture
def model(qapp: object) -> Iterator[ImageTreeModel]:
    model = ImageTreeModel()
    tester = checked_by_qt(model)
    yield model
    del tester


def names(model: ImageTreeModel) -> list[str]:
    """The ids of the rows, top to bottom."""
    shown = [model.index(row, 0).data(NODE_ROLE) for row in range(model.rowCount())]
    return [node.image.id.removeprefix("sha256:") if node.image else "scratch" for node in shown]


def filtered(model: ImageTreeModel, wanted: TreeQuery) -> int:
    """Apply a filter. Returns how many images match."""
    prepared = prepare(wanted, PreparedTree(wanted.store, wanted.intermediate, model.forest))
    kept = filter_nodes(prepared, wanted)
    model.set_filtered(kept.nodes if kept is not None else None)
    return kept.matching if kept is not None else len(wanted.store.images)


def test_the_image_model_stays_valid_during_changes(model: ImageTreeModel, store: ImageStore) -> None:
    other = ImageStore((make_image("x", "y"), make_image("y", "x"), make_image("z")))
    for shown in (store, other, None, store):
        model.set_store(shown)
        if shown is not None:
            filtered(model, TreeQuery(shown, words=("app",)))
            model.set_marks(marks(shown, Probe()))
            filtered(model, TreeQuery(shown, concerned=frozenset(("", "sha256:z"))))
            for node in list(model.rows):
                model.fold(node)
            for node in model.forest.nodes:
                model.unfold(node)
            model.set_store(shown, intermediate=False)
            model.unfold_only(())
            model.unfold_under(model.forest.roots[0])
            model.unfold_only({node.image_id for node in model.forest.nodes})
        model.set_marks(None)
    assert names(model) == ["scratch", "base", "app", "other", "pulled", "orphan"]


def test_folding_a_row_hides_its_descendants(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    everything = names(model)
    base, scratch = model.forest.by_id["sha256:base"], model.forest.roots[0]
    model.fold(base)
    assert names(model) == ["scratch", "base", "pulled", "orphan"]
    model.fold(scratch)
    assert names(model) == ["scratch", "pulled", "orphan"]
    model.unfold(scratch)
    assert names(model) == ["scratch", "base", "pulled", "orphan"], "rows folded below it stay folded"
    model.fold(scratch)
    model.unfold_under(scratch)
    assert names(model) == everything
    filtered(model, TreeQuery(store, words=("team/app",)))
    assert names(model) == ["scratch", "base", "one", "two", "app"]
    model.fold(base)
    assert names(model) == ["scratch", "base"]
    assert model.has_rows_under(base)
    filtered(model, TreeQuery(store, words=("base",)))
    assert not model.has_rows_under(base), "none of the rows below it is kept"


@given(parents=st.lists(st.integers(-1, 7), min_size=8, max_size=8), changes=st.lists(st.integers(0, 15), max_size=30))
@examples(0.5)
def test_rows_below_a_folded_row_are_hidden(parents: list[int], changes: list[int], qapp: object) -> None:
    store = ImageStore(
        tuple(make_image(str(i), str(parent) if parent >= 0 else None) for i, parent in enumerate(parents))
    )
    model = ImageTreeModel()
    tester = checked_by_qt(model)
    model.set_store(store)
    folded: set[ImageNode] = set()
    for change in changes:
        node = model.forest.nodes[change % len(model.forest.nodes)]
        if change < 8:
            folded.add(node)
            model.fold(node)
        else:
            folded.discard(node)
            model.unfold(node)
        shown = []
        for each in model.forest.nodes:
            above, is_hidden = each.parent, False
            while above is not None:
                is_hidden, above = is_hidden or above in folded, above.parent
            if not is_hidden:
                shown.append(each)
        assert list(model.rows) == shown
        assert [model.row_of(each) for each in shown] == list(range(model.rowCount()))
    del tester


@given(texts=st.lists(st.sampled_from(["", "app", "RUN", "run one", "sha256:o", "nothing at all", "ß"])))
@examples(0.5)
def test_filter_keeps_matches_and_ancestors(texts: list[str], qapp: object) -> None:
    store = ImageStore(
        (make_image("base"), make_image("one", "base"), make_image("app", "one"), make_image("side", "base"))
    )
    model = ImageTreeModel()
    tester = checked_by_qt(model)
    model.set_store(store)
    for text in texts:
        count = filtered(model, TreeQuery(store, words=tuple(text.lower().split())))
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
        shown = {f"sha256:{name}" for name in names(model) if name != "scratch"}
        assert shown == kept
        assert count == len(matching)
    del tester


def test_all_search_words_must_match_the_same_image(store: ImageStore) -> None:
    tree = forest(store)
    texts = SearchTexts(tree)

    def found(*words: str) -> list[str]:
        return [tree.nodes[number].image_id for number in texts.matching(words)]

    assert found("team/app:1", "sha256:app") == ["sha256:app"]
    assert found("team/app:1", "sha256:base") == [], "each word matches a different image"
    assert found("run") == [image.id for image in store.images]
    assert found("scratch") == [""]


def test_only_images_relevant_to_the_probe_are_shown(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    filtered(model, TreeQuery(store, concerned=marks(store, Probe(parent="sha256:base")).concerned))
    assert names(model) == ["scratch", "base", "one", "other"]
    concerned = marks(store, Probe(parent="sha256:two", cache_from=("team/other:1",))).concerned
    filtered(model, TreeQuery(store, concerned=concerned))
    assert names(model) == ["scratch", "base", "one", "two", "app", "other"]
    assert filtered(model, TreeQuery(store, words=("app",), concerned=concerned)) == 1


def test_marks_are_computed_only_on_demand(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    config = ContainerConfig(Cmd=("/bin/sh", "-c", "RUN other"))
    made = marks(store, Probe(parent="sha256:base", config=config))
    model.set_marks(made)
    assert made._cached == {}
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
    time_tip = model.data(index.siblingAtColumn(ImagesColumn.CREATED), Qt.ItemDataRole.ToolTipRole)
    assert "2023-11-14T22:13:20.123456789Z" in time_tip
    assert model.data(index.siblingAtColumn(ImagesColumn.SIZE)) == "1.23 MB"
    assert model.data(index.siblingAtColumn(ImagesColumn.ID)) == "sha256:a"  # too short for a digest


def test_a_stale_index_does_no_harm(model: ImageTreeModel, store: ImageStore) -> None:
    model.set_store(store)
    stale = model.index_of_image("sha256:orphan")
    model.set_store(ImageStore(()))
    assert model.data(stale) is None
    assert not model.parent(stale).isValid()
    assert not stale.siblingAtColumn(ImagesColumn.ID).isValid()


def test_a_candidate_is_marked_with_its_deciding_check_from_the_trace(qapp: object) -> None:
    (case,) = open_store("demo:").cases
    reported = set()
    for suite_probe in case.probes:
        explanation = explain(ImageCache(case.store, CONTAINERD_71EBFC7), suite_probe.probe)
        local = explanation.trace.stage(StageKind.LOCAL)
        assert local is not None
        made = Marks(explanation)
        for subject in local.subjects:
            if subject.image is explanation.verdict.image:
                continue  # matched by history: then only the hit itself is marked
            if subject.deciding is not None and subject.deciding.name not in ("newest", "created"):
                (word,) = [mark.word for mark in made.of(subject.image.id) if mark.kind == "failed"]
                assert word == subject.deciding.name
                reported.add(word)
    assert len(reported) > 4
