"""A store after images are saved, loaded or pulled, or its engine is upgraded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from what_if_kit import UNKNOWN, changed, digest, full, ids, image, left, using

from cacheview.model import DataError, Image, LayerContent, StoreKind
from cacheview.whatif.change import Change, Load, Prune, PruneKind, Pull, SaveLoad, Upgrade
from cacheview.whatif.draft import RemovedFor

GRAPH = "Docker 26.1.5, overlay2"
CONTAINERD = "Docker 26.1.5, containerd"
KEEPS_OLD = "Docker 28.5.2, containerd"
BOTH = pytest.mark.parametrize("release", [GRAPH, CONTAINERD])

BASE = image("a", None, "base:1")
STEP = image("b", BASE)
APP = image("c", STEP, "app:1", "app:2")
STORE = (BASE, STEP, APP)


def only(images: Sequence[Image], release: str, *references: str) -> Image:
    """The only image left in a store that was saved and loaded."""
    (left,) = changed(images, release, SaveLoad(references)).store.images
    return left


@BOTH
def test_a_saved_image_loses_its_parent_and_marks(release: str) -> None:
    loaded = only(STORE, release, "app:1")
    assert loaded.names == (full("app:1"),)
    assert (loaded.parent, loaded.built_locally, loaded.from_scratch) == (None, False, False)
    assert (loaded.id, loaded.created, loaded.history) == (APP.id, APP.created, APP.history)


@BOTH
def test_saving_without_a_tag_or_name_saves_all_tags_or_images(release: str) -> None:
    assert only(STORE, release, "app").names == APP.names
    assert left(STORE, release, SaveLoad()) == "ac"
    with pytest.raises(DataError, match="no such image"):
        changed(STORE, release, SaveLoad(("nothing:1",)))


@BOTH
def test_an_image_saved_by_id_loses_its_name(release: str) -> None:
    loaded = only(STORE, release, "c" * 12)
    assert loaded.names == ()
    assert loaded.is_dangling


def test_a_graph_driver_save_keeps_a_parent_saved_along() -> None:
    state = changed(STORE, GRAPH, SaveLoad(("app:1", "b" * 12, "base:1")))
    assert {each.id[7]: each.parent for each in state.store.images} == {"a": None, "b": BASE.id, "c": STEP.id}
    assert not any(each.built_locally for each in state.store.images)
    assert [each.parent for each in changed(STORE, CONTAINERD, SaveLoad(("app:1", "b" * 12))).store.images] == [
        None,
        None,
    ]


def test_a_parent_more_than_one_step_back_refuses_the_load() -> None:
    stranger = APP.model_copy(update={"parent": BASE.id})
    (applied,) = changed((BASE, stranger), GRAPH, SaveLoad()).applied
    assert applied.refused == f"image {BASE.id} is not a valid parent for {APP.id}"


def test_a_graph_driver_does_not_save_an_image_without_layers() -> None:
    empty = BASE.model_copy(update={"config": BASE.config.model_copy(update={"rootfs": None})})
    assert changed((empty,), GRAPH, SaveLoad()).applied[0].refused == "empty export - not implemented"
    assert left((empty,), CONTAINERD, SaveLoad()) == "a"


@BOTH
def test_into_the_same_store_nothing_changes(release: str) -> None:
    assert changed(STORE, release, SaveLoad(("app:1",), empties_store=False)).store.images == STORE


def test_loading_into_the_same_store_in_28_1_adds_a_dangling_record() -> None:
    state = changed(STORE, KEEPS_OLD, SaveLoad(("app:1",), empties_store=False))
    assert {each.id for each in state.store.images if each.names and each.is_dangling} == {APP.id}


def test_saving_a_name_and_another_id_keeps_a_dangling_record() -> None:
    (loaded,) = changed((BASE,), CONTAINERD, SaveLoad(("base:1", "a" * 12))).store.images
    assert (loaded.names, loaded.is_dangling) == (BASE.names, True)


NEW = image("d", None, "app:1")


def test_a_loaded_name_moves() -> None:
    old = image("c", STEP, "app:1")
    state = changed((BASE, STEP, old), GRAPH, Load("x.tar", StoreKind.GRAPH_DRIVER, (NEW,)))
    assert ids(state.store) == "abcd"
    assert state.store.by_id[old.id].names == ()
    assert state.store.by_id[NEW.id].names == NEW.names
    assert not state.store.by_id[NEW.id].built_locally


@pytest.mark.parametrize(("release", "there"), [(CONTAINERD, "abd"), (KEEPS_OLD, "abcd")])
def test_a_loaded_name_keeps_its_labels(release: str, there: str) -> None:
    """containerd's client updates only the target of the name."""
    old = image("c", STEP, "app:1")
    state = changed((BASE, STEP, old), release, Load("x.tar", StoreKind.CONTAINERD, (NEW,)))
    assert ids(state.store) == there
    loaded = state.store.by_id[NEW.id]
    assert (loaded.parent, loaded.built_locally, loaded.is_dangling) == (STEP.id, True, False)
    if there == "abd":
        assert [each.reason for each in state.applied[0].removed] == [RemovedFor.REPLACED]


def test_loading_an_image_with_records_of_two_builds_adds_doubts() -> None:
    old, known = image("c", STEP, "app:1"), image("d", BASE, "other:1")
    state = changed((BASE, STEP, old, known), CONTAINERD, Load("x.tar", StoreKind.CONTAINERD, (NEW,)))
    loaded = state.store.by_id[NEW.id]
    assert {doubt.aspect for doubt in loaded.doubts} == {"parent", "built_locally"}


def test_a_pulled_base_is_a_new_image_and_the_old_one_loses_its_name() -> None:
    new = image("d", None, "base:1")
    digests = {full("base:1"): digest("9")}
    state = changed(STORE, GRAPH, Pull("registry", StoreKind.GRAPH_DRIVER, (new,), digests))
    assert state.store.by_id[BASE.id].names == ()
    assert state.store.by_id[new.id].names == (full("base:1"), f"{full('base')}@{digest('9')}")
    assert (state.store.by_id[new.id].parent, state.store.by_id[new.id].built_locally) == (None, False)


@BOTH
def test_an_image_without_a_tag_is_pulled_by_its_digest(release: str) -> None:
    kind = StoreKind.GRAPH_DRIVER if release == GRAPH else StoreKind.CONTAINERD
    new = image("d", None, f"base@{digest('9')}")
    state = changed(STORE, release, Pull("registry", kind, (new, image("e"))))
    assert [each.names for each in state.applied[0].added] == [()]
    assert state.store.by_id[new.id].names == new.names


@pytest.mark.parametrize(
    ("release", "there"), [(CONTAINERD, "bcd"), ("27.1.0 containerd", "bcd"), ("27.2.0 containerd", "abcd")]
)
def test_a_containerd_pull_removes_the_old_image_before_27_2(release: str, there: str) -> None:
    new = image("d", None, "base:1")
    assert left(STORE, release, Pull("registry", StoreKind.CONTAINERD, (new,))) == there


@pytest.mark.parametrize("unpacked", ["", "a", "ab"])
def test_a_pulled_image_brings_the_content_of_layers_that_are_not_unpacked(unpacked: str) -> None:
    images = tuple(each.model_copy(update={"unpacked": each.id[7] == unpacked[-1:]}) for each in STORE)
    lacking: LayerContent = {layer_of(each): "missing" for each in STORE}
    for change in (
        Pull("registry", StoreKind.CONTAINERD, (image("d", STEP, "app:3"),)),
        Load("archive", StoreKind.CONTAINERD, (image("d", STEP, "app:3"),)),
    ):
        state = changed(images, CONTAINERD, change, layer_content=lacking)
        expected = {layer_of(each): "missing" for each in STORE if each is APP or each.id[7] in unpacked}
        assert state.store.layer_content == expected
        assert state.before.layer_content == lacking


@pytest.mark.parametrize(
    "change",
    [Prune(PruneKind.ALL_IMAGES), SaveLoad(("app:1",)), SaveLoad(), Upgrade("Docker 28.5.2, containerd")],
    ids=["prune", "save-load", "all", "upgrade"],
)
def test_no_other_change_brings_content(change: Change) -> None:
    lacking: LayerContent = {layer_of(STEP): "empty"}
    assert changed(STORE, CONTAINERD, change, layer_content=lacking).store.layer_content == lacking
    assert changed(STORE, CONTAINERD, change, containers=UNKNOWN, layer_content=lacking).store.layer_content == lacking


def layer_of(image: Image) -> str:
    return image.diff_ids[-1]


def test_pulling_an_existing_image_drops_its_build_record_in_containerd() -> None:
    same = BASE.model_copy(update={"parent": None, "built_locally": False})
    once = image("a", None, "base:1")
    state = changed((once, STEP), CONTAINERD, Pull("registry", StoreKind.CONTAINERD, (same,)))
    pulled = state.store.by_id[BASE.id]
    assert (pulled.from_scratch, pulled.built_locally) == (False, False)
    twice = image("a", None, "base:1", "base:2")
    state = changed((twice, STEP), CONTAINERD, Pull("registry", StoreKind.CONTAINERD, (same,)))
    assert state.store.by_id[BASE.id].built_locally  # according to the record of its other name
    state = changed((once, STEP), GRAPH, Pull("registry", StoreKind.GRAPH_DRIVER, (same,)))
    assert state.store.by_id[BASE.id].built_locally


def test_pulling_across_store_kinds_uses_the_id_of_the_target_kind() -> None:
    new = image("d", None, "new:1").model_copy(update={"config_digest": digest("5"), "manifest_digest": ""})
    state = changed(STORE, GRAPH, Pull("other", StoreKind.CONTAINERD, (new,)))
    assert digest("5") in state.store.by_id
    state = changed(STORE, CONTAINERD, Pull("other", StoreKind.GRAPH_DRIVER, (new,)))
    (added,) = state.applied[0].added
    assert added.short_id == "new:1 from elsewhere"
    known = BASE.model_copy(update={"id": digest("6")})
    with pytest.raises(DataError, match="its manifest digest, which would be its ID in this store, is unknown"):
        changed(STORE, CONTAINERD, Pull("other", StoreKind.GRAPH_DRIVER, (known,)))


def test_an_upgrade_keeps_images_and_changes_rules() -> None:
    state = changed(STORE, "Docker 20.10.24, overlay2", Upgrade("26.1.5"), containers=using(APP))
    assert state.store.images == STORE
    assert state.daemon.rules.name == "graphdriver-25.0.5"
    assert state.daemon.version == "26.1.5"
    assert state.containers == using(APP)


def test_an_upgrade_to_another_kind_of_store_removes_all_images() -> None:
    state = changed(STORE, "Docker 20.10.24, overlay2", Upgrade("Docker 29.x, containerd"))
    assert state.store.images == ()
    assert {each.reason for each in state.applied[0].removed} == {RemovedFor.OTHER_STORE}
    assert state.removed.keys() == {each.id for each in STORE}
    assert state.daemon.rules.name == "containerd-29"


def test_changes_are_applied_in_sequence() -> None:
    """The prune follows the rules of a containerd store once it is one."""
    changes = (Upgrade("26.1.5 overlay2"), Prune(PruneKind.IMAGES))
    assert left(STORE, GRAPH, *changes) == "abc"
    assert left(STORE, CONTAINERD, Prune(PruneKind.IMAGES), SaveLoad(("app",))) == "c"


def test_an_upgrade_to_no_release_is_reported() -> None:
    with pytest.raises(DataError, match="nonsense"):
        changed(STORE, GRAPH, Upgrade("nonsense"))
