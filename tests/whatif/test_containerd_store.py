"""A containerd store after images are removed or pruned. Each name is a separate record there."""

from __future__ import annotations

import pytest
from what_if_kit import UNKNOWN, changed, full, ids, image, left, using

from cacheview.model import Doubt
from cacheview.whatif.change import Prune, PruneKind, Remove
from cacheview.whatif.draft import RemovedFor

OLD = "Docker 24.0.7, containerd"
RELEASES = ["Docker 25.0.5, containerd", "Docker 26.1.5, containerd", "Docker 28.5.2, containerd", "29.5.3 containerd"]

BASE = image("a", None, "base:1")
STEP = image("b", BASE)
APP = image("c", STEP, "app:1")
OTHER = image("d", STEP, "app:2")
STORE = (APP, OTHER, BASE, STEP)

every_release = pytest.mark.parametrize("release", RELEASES)


@pytest.mark.parametrize("release", [OLD, *RELEASES])
def test_prune_takes_the_images_of_steps_between(release: str) -> None:
    """They are dangling there, even though other images are built on them."""
    state = changed(STORE, release, Prune(PruneKind.IMAGES))
    assert ids(state.store) == "acd"
    assert state.store.by_id[APP.id].parent == STEP.id


@every_release
def test_a_prune_removes_only_the_dangling_record_of_a_named_image(release: str) -> None:
    both = image("c", None, "app:1", dangling=True)
    state = changed((both,), release, Prune(PruneKind.IMAGES))
    assert ids(state.store) == "c"
    assert not state.store.images[0].is_dangling


@every_release
def test_a_removed_image_takes_parents_that_others_are_built_on(release: str) -> None:
    assert left(STORE, release, Remove("app:1")) == "ad"
    assert left(STORE, release, Remove("app:1", prunes=False)) == "abd"


@every_release
def test_an_image_of_two_names_keeps_its_parents_as_it_goes(release: str) -> None:
    """The daemon compares the names of the removed image with each parent."""
    two = image("c", STEP, "app:1", f"app@{image('c').id}")
    assert left((BASE, STEP, two), release, Remove("app:1")) == "ab"


@every_release
def test_removing_a_named_image_with_children_leaves_it_dangling(release: str) -> None:
    state = changed(STORE, release, Remove("base:1"))
    assert ids(state.store) == "abcd"
    assert state.store.by_id[BASE.id].is_dangling
    assert left(STORE, release, Remove("base:1", force=True)) == "bcd"
    assert left(STORE, release, Remove("a" * 12)) == "bcd"  # removed by its ID, even though images are built on it


def test_release_24_0_removes_a_named_image_with_children(  # cf1ea923 is in 25.0 and later
) -> None:
    assert left(STORE, OLD, Remove("base:1")) == "bcd"


def test_release_24_0_removes_unnamed_images_with_the_first_layers() -> None:
    stranger = image("e", BASE, "stranger:1").model_copy(update={"config": STEP.config, "id": image("e").id})
    assert left(STORE, OLD, Remove("app:1")) == "ad"
    assert left((*STORE, stranger), OLD, Remove("app:1")) == "ade"


@every_release
def test_one_name_of_several_goes_alone(release: str) -> None:
    two = image("c", STEP, "app:1", "other:1")
    state = changed((BASE, STEP, two), release, Remove("app:1"))
    assert ids(state.store) == "abc"
    assert state.store.by_id[two.id].names == (full("other:1"),)


@every_release
def test_removing_an_id_with_names_in_two_repositories_requires_force(release: str) -> None:
    two = image("c", None, "app:1", "other:1")
    state = changed((two,), release, Remove("c" * 12))
    assert ids(state.store) == "c"
    assert state.applied[0].refused == (
        "conflict: unable to delete cccccccccccc (must be forced) - image is referenced in multiple repositories"
    )
    assert left((two,), release, Remove("c" * 12, force=True)) == ""


@every_release
def test_containers_keep_images_at_a_prune(release: str) -> None:
    everything = Prune(PruneKind.ALL_IMAGES)
    assert left(STORE, release, everything) == ""
    assert left(STORE, release, everything, containers=using(APP, name="app:1")) == "c"
    assert left(STORE, release, Prune(PruneKind.IMAGES), containers=using(STEP)) == "abcd"


@pytest.mark.parametrize(("release", "names"), [("27.2.0 containerd", ()), ("27.3.0 containerd", (full("b:1"),))])
def test_names_kept_of_an_image_used_by_id_depend_on_the_release(release: str, names: tuple[str, ...]) -> None:
    two = image("c", None, "b:1", "a:1")
    state = changed((two,), release, Prune(PruneKind.ALL_IMAGES), containers=using(two))
    assert (ids(state.store), state.store.images[0].names) == ("c", names)
    assert state.store.images[0].is_dangling == (not names)


@every_release
def test_a_container_keeps_its_image_name_after_the_name_moved(release: str) -> None:
    """Its name counts as used. Its image counts too, but only as an image without a name."""
    state = changed(STORE, release, Prune(PruneKind.ALL_IMAGES), containers=using(STEP, name="app:2"))
    assert ids(state.store) == "bd"


@every_release
def test_a_forced_removal_of_an_image_in_use_leaves_it_dangling(release: str) -> None:
    refused = changed(STORE, release, Remove("app:1"), containers=using(APP)).applied[0].refused
    assert refused == (
        "conflict: unable to delete app:1 (must be forced) - container 000000000000 is using its referenced image "
        "cccccccccccc"
    )
    state = changed(STORE, release, Remove("app:1", force=True), containers=using(APP))
    assert ids(state.store) == "abcd"
    assert state.store.by_id[APP.id].is_dangling


@every_release
def test_pruning_with_unknown_containers_is_uncertain(release: str) -> None:
    state = changed(STORE, release, Prune(PruneKind.IMAGES), containers=UNKNOWN)
    assert ids(state.store) == "acd(b)"
    assert state.applied[0].unknown[0][1].reason == "containers are unknown"


def test_removal_with_unknown_records_is_uncertain() -> None:
    """API 28 does not report whether a named image also has an unnamed record, which would keep its parents."""
    doubt = Doubt(aspect="dangling", reason="not reported", remedy="Read containerd")
    app = image("c", STEP, "app:1", doubts=(doubt,))
    state = changed((BASE, STEP, app), RELEASES[2], Remove("app:1"))
    assert ids(state.store) == "a(b)"
    assert [each.reason for each in state.applied[0].removed] == [RemovedFor.REQUESTED]
    assert state.applied[0].unknown[0][1].reason == "not reported"
