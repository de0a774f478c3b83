"""The candidates of the first containerd cache are all images that continue the parent's layers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cacheview.engine.layers import children_by_layers
from cacheview.model import Image, ImageConfig, ImageStore, RootFS

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
