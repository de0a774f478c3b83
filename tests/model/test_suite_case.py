"""A case of a suite has the images of a store, and what is known of its engine."""

from __future__ import annotations

import pytest

from cacheview.model import Image, ImageConfig, ImageStore, Platform, Release, StoreKind, SuiteCase, decode

ARM = Platform(os="linux", architecture="arm64")


def image(image_id: str, *names: str) -> Image:
    return Image(id=image_id, names=names, config=ImageConfig())


@pytest.mark.parametrize("platform", [None, ARM])
@pytest.mark.parametrize("os", ["", "linux"])
@pytest.mark.parametrize(
    "release", [None, Release(StoreKind.GRAPH_DRIVER, "20.10.24+dfsg1"), Release(StoreKind.CONTAINERD, "", "71ebfc7")]
)
def test_a_written_case_has_the_same_store(release: Release | None, os: str, platform: Platform | None) -> None:
    store = ImageStore(
        (image("a"), image("b", "docker.io/library/app:1")),
        rules="graphdriver-29",
        release=release,
        engine_os=os,
        platform=platform,
        layer_content={"sha256:1": "missing"},
    )
    written = SuiteCase.of(store, "graphdriver-29").model_dump_json(exclude_defaults=True)
    assert decode(SuiteCase, written).store == store
    assert ('"engine"' in written) == bool(release or os)


def test_the_first_of_several_images_with_the_same_id_is_in_the_store() -> None:
    case = SuiteCase(rules="", images=(image("a", "one"), image("b"), image("a")))
    assert [(image.id, image.names) for image in case.store.images] == [("a", ("one",)), ("b", ())]
