"""The candidates of the first containerd cache are all images that continue the parent's layers."""

from __future__ import annotations

from blurring import doubt
from hypothesis import given
from hypothesis import strategies as st

from cacheview.engine import RULE_SETS, ImageCache, VerdictOutcome
from cacheview.engine.layers import children_by_layers, with_content
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Probe, RootFS

few_layers = st.lists(st.sampled_from("abc"), max_size=4).map(tuple)


@given(st.lists(few_layers, min_size=1, max_size=12))
def test_children_by_layers_extend_the_layers_of_the_parent(all_layers: list[tuple[str, ...]]) -> None:
    images = tuple(
        Image(id=f"sha256:{number}", config=ImageConfig(rootfs=RootFS(diff_ids=layers)))
        for number, layers in enumerate(all_layers)
    )
    store = ImageStore(images)
    for parent in images:
        layers = parent.diff_ids
        expected = [i.id for i in images if i.diff_ids[: len(layers)] == layers and len(i.diff_ids) > len(layers)]
        assert [image.id for image in children_by_layers(store, parent.id)] == expected


def test_images_with_the_same_content_are_found_in_a_changed_store_too() -> None:
    def image(number: int, layers: tuple[str, ...], *names: str) -> Image:
        config = ImageConfig(rootfs=RootFS(diff_ids=layers), history=(HistoryEntry(),))
        return Image(id=f"sha256:{number:064x}", names=names, config=config)

    store = ImageStore((image(0, ("a",)), image(1, ("b",)), image(2, ("a",))))
    renamed = image(0, ("a",), "docker.io/library/a:1")
    changed = store.with_changes({renamed.id: renamed}, (image(3, ("a",)), image(4, ("b",))))
    for each in (store, changed):
        expected = [one for one in each.images if one.diff_ids == ("a",)]
        assert list(with_content(each, 1, ("a",))) == expected
        assert not list(with_content(each, 2, ("a",)))


def test_a_child_that_may_not_exist_makes_the_answer_uncertain() -> None:
    def image(number: int, *steps: str) -> Image:
        history = tuple(HistoryEntry(created_by=step) for step in steps)
        return Image(id=f"sha256:{number:064x}", config=ImageConfig(rootfs=RootFS(diff_ids=steps), history=history))

    parent, child = image(0, "base"), image(1, "base", "make")
    probe = Probe(parent=parent.id, config=ContainerConfig(Cmd=("make",)))
    doubtful = child.model_copy(update={"doubts": (doubt("existence"),)})
    for each, outcome in ((child, VerdictOutcome.HIT), (doubtful, VerdictOutcome.UNKNOWN)):
        cache = ImageCache(ImageStore((parent, each)), RULE_SETS["containerd-24.0.9"])
        assert cache.verdict(probe).outcome is outcome
