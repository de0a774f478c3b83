"""A graph-driver store after images are removed or pruned."""

from __future__ import annotations

import pytest
from what_if_kit import UNKNOWN, changed, full, ids, image, left, using

from cacheview.model import Containers, DataError
from cacheview.whatif.change import BuilderPrune, Prune, PruneKind, Remove
from cacheview.whatif.draft import RemovedFor

RELEASES = ["Docker 20.10.24, overlay2", "Docker 26.1.5, overlay2", "Docker 29.5.3, overlay2"]

BASE = image("a", None, "base:1")
STEP = image("b", BASE)
APP = image("c", STEP, "app:1")
OTHER = image("d", STEP, "app:2")
LOST = image("e", APP)
STORE = (BASE, STEP, APP, OTHER, LOST)

pytestmark = pytest.mark.parametrize("release", RELEASES)


def test_prune_removes_untagged_leaf_images_and_their_unnamed_parents(release: str) -> None:
    alone = image("f", image("9", BASE))
    images = (*STORE, image("9", BASE), alone)
    assert left(images, release, Prune(PruneKind.IMAGES)) == "abcd"


def test_prune_all_removes_everything_not_used_by_a_container(release: str) -> None:
    everything = Prune(PruneKind.ALL_IMAGES)
    assert left(STORE, release, everything) == ""
    assert left(STORE, release, everything, containers=using(APP)) == "abc"
    state = changed(STORE, release, everything, containers=using(APP))
    assert state.store.by_id[APP.id].names == APP.names
    assert state.store.by_id[BASE.id].names == ()  # untagged, but kept for the images built on it


def test_pruning_keeps_the_last_tag_of_an_image_in_use(release: str) -> None:
    two = image("c", None, "app:1", "app:0")
    state = changed((two,), release, Prune(PruneKind.ALL_IMAGES), containers=using(two))
    assert state.store.by_id[two.id].names == (full("app:1"),)


def test_a_digest_alone_is_not_a_tag(release: str) -> None:
    pulled = image("f", None, f"pulled@sha256:{'1' * 64}")
    assert left((pulled,), release, Prune(PruneKind.IMAGES)) == ""


@pytest.mark.parametrize("running", [False, True])
def test_system_prune_removes_stopped_containers_before_images(running: bool, release: str) -> None:
    used = using(LOST, running=running)
    assert left(STORE, release, Prune(PruneKind.IMAGES), containers=used) == "abcde"
    state = changed(STORE, release, Prune(PruneKind.SYSTEM), containers=used)
    assert ids(state.store) == ("abcde" if running else "abcd")
    assert state.containers == (used if running else Containers(()))


def test_builder_prune_changes_nothing(release: str) -> None:
    assert changed(STORE, release, BuilderPrune()).store.images == STORE


def test_a_removed_image_takes_the_parents_that_nothing_else_keeps(release: str) -> None:
    state = changed(STORE, release, Remove(LOST.short_id), Remove("app:1"))
    assert ids(state.store) == "abd"
    last = changed(STORE, release, Remove(LOST.short_id), Remove("app:1"), Remove("app:2"))
    assert ids(last.store) == "a"
    assert [(each.image.id[7], each.reason) for each in last.applied[-1].removed] == [
        ("d", RemovedFor.REQUESTED),
        ("b", RemovedFor.PARENT),
    ]
    assert left(
        STORE, release, Remove("app:2", prunes=False), Remove(LOST.short_id), Remove("app:1", prunes=False)
    ) == ("ab")


def test_removing_a_named_parent_only_untags_it(release: str) -> None:
    state = changed(STORE, release, Remove("base:1"))
    assert ids(state.store) == "abcde"
    assert state.store.by_id[BASE.id].names == ()
    (applied,) = state.applied
    assert [each.name for each in applied.untagged] == [full("base:1")]
    assert applied.removed == ()


@pytest.mark.parametrize("force", [False, True])
def test_removing_a_parent_by_its_id_is_refused(force: bool, release: str) -> None:
    (applied,) = changed(STORE, release, Remove(BASE.short_id, force=force)).applied
    assert applied.refused == (
        "conflict: unable to delete aaaaaaaaaaaa (cannot be forced) - image has dependent child images"
    )


def test_removing_an_id_with_names_in_two_repositories_requires_force(release: str) -> None:
    two = image("c", None, "app:1", "other:1")
    state = changed((two,), release, Remove("c" * 12))
    assert ids(state.store) == "c"
    assert state.applied[0].refused == (
        "conflict: unable to delete cccccccccccc (must be forced) - image is referenced in multiple repositories"
    )
    assert left((two,), release, Remove("c" * 12, force=True)) == ""


def test_removing_the_last_tag_of_a_repository_removes_its_digests(release: str) -> None:
    pulled = image("c", None, "app:1", "app:2", f"app@sha256:{'1' * 64}")
    assert changed((pulled,), release, Remove("app:1")).store.images[0].names == pulled.names[1:]
    assert left((pulled,), release, Remove("app:1"), Remove("app:2")) == ""
    assert left((pulled,), release, Remove("c" * 12)) == "c"  # not removed because of its two tags


def test_a_container_keeps_its_image(release: str) -> None:
    (applied,) = changed((BASE,), release, Remove("base:1"), containers=using(BASE)).applied
    assert applied.refused == (
        'conflict: unable to remove repository reference "base:1" (must force) - container 000000000000 is using its '
        "referenced image aaaaaaaaaaaa"
    )
    assert left((BASE,), release, Remove("base:1", force=True), containers=using(BASE)) == ""
    running = using(BASE, running=True)
    state = changed((BASE,), release, Remove("base:1", force=True), containers=running)
    assert (ids(state.store), state.store.images[0].names) == ("a", ())


def test_pruning_with_unknown_containers_is_uncertain(release: str) -> None:
    state = changed(STORE, release, Prune(PruneKind.IMAGES), containers=UNKNOWN)
    assert ids(state.store) == "abcd(e)"
    (applied,) = state.applied
    assert [(each.id[7], doubt.reason) for each, doubt in applied.unknown] == [("e", "containers are unknown")]
    assert applied.removed == ()
    assert left(STORE, release, Remove("app:2"), containers=UNKNOWN) == "abce(d)"
    everything = changed(STORE, release, Prune(PruneKind.ALL_IMAGES), containers=UNKNOWN)
    assert ids(everything.store) == "(abcde)"
    assert all(each.doubt("names") is not None for each in everything.store.images if each.names)


def test_uncertain_images_stay_uncertain_after_later_changes(release: str) -> None:
    changes = (Prune(PruneKind.IMAGES), Remove("app:1"))
    state = changed(STORE, release, *changes, containers=UNKNOWN)
    assert ids(state.store) == "abd(ce)"  # app:1 is removed only if the images built on it are
    assert [[each.id[7] for each, _ in applied.unknown] for applied in state.applied] == [["e"], ["c"]]
    again = changed(STORE, release, Prune(PruneKind.IMAGES), Prune(PruneKind.IMAGES), containers=UNKNOWN)
    assert [[each.id[7] for each, _ in applied.unknown] for applied in again.applied] == [["e"], ["e"]]


def test_an_image_that_is_not_there_cannot_be_removed(release: str) -> None:
    with pytest.raises(DataError, match="no such image: nothing:1"):
        changed(STORE, release, Remove("nothing:1"))
