"""A base for a different platform than ``--platform``: used as it is, or pulled."""

from __future__ import annotations

import pytest
from build_kit import CONTAINERD, Daemon

from cacheview.dockerfile.release import builder_release
from cacheview.engine.rulesets.releases import choose
from cacheview.model import Image, ImageConfig, ImageStore, Platform, StoreKind, Variant
from cacheview.replay.bases import MustPullError, find_image
from cacheview.replay.options import BuildOptions

BASE = Image(
    id="sha256:" + "a" * 64,
    names=("docker.io/library/base:1",),
    config=ImageConfig(os="linux", architecture="amd64"),
)


def taken(version: str, kind: StoreKind, platform: Platform | None) -> bool:
    choice = choose(version, kind, "")
    assert choice is not None
    try:
        image = find_image("base:1", ImageStore((BASE,)), choice.rules, builder_release(version), platform)
    except MustPullError:
        return False
    return image is BASE


@pytest.mark.parametrize("version", ["25.0.3", "25.0.17", "26.1.0", "28.5.2", "29.0.0"])
def test_a_containerd_store_has_only_the_platform_that_is_asked_for(version: str) -> None:
    assert taken(version, StoreKind.CONTAINERD, Platform(os="linux", architecture="amd64"))
    assert taken(version, StoreKind.CONTAINERD, None)
    assert not taken(version, StoreKind.CONTAINERD, Platform(os="linux", architecture="arm64"))
    assert not taken(version, StoreKind.CONTAINERD, Platform(os="foo", architecture="bar"))


@pytest.mark.parametrize("kind", [StoreKind.CONTAINERD, StoreKind.GRAPH_DRIVER])
def test_releases_that_drop_the_platform_error_accept_a_foreign_image(kind: StoreKind) -> None:
    version = "25.0.0" if kind is StoreKind.CONTAINERD else "28.5.2"
    assert taken(version, kind, Platform(os="linux", architecture="arm64"))


def test_an_index_without_content_for_the_platform_is_not_a_base() -> None:
    foreign = Platform(os="linux", architecture="arm64")
    index = BASE.model_copy(
        update={
            "variants": (
                Variant(manifest_digest=f"sha256:{1:064x}", platform=foreign, config=BASE.config),
                Variant(manifest_digest=f"sha256:{2:064x}", platform=Platform(os="linux", architecture="amd64")),
            )
        }
    )
    choice = choose("28.5.2", StoreKind.CONTAINERD)
    assert choice is not None
    with pytest.raises(MustPullError):
        find_image("base:1", ImageStore((index,)), choice.rules, builder_release("28.5.2"), None)
    present = index.variants[1].model_copy(update={"config": BASE.config})
    whole = index.model_copy(update={"variants": (index.variants[0], present)})
    assert find_image("base:1", ImageStore((whole,)), choice.rules, builder_release("28.5.2"), None) is whole


ABSENT = "image with reference {} was found but does not provide the specified platform (linux/arm64)"


@pytest.mark.parametrize(
    ("version", "words"),
    [("25.0.0", ""), ("25.0.17", "No such image: {}"), ("28.5.2", ABSENT), ("29.7.2-dev", ABSENT)],
)
def test_a_copy_onto_a_scratch_image_of_another_platform_may_be_refused(version: str, words: str) -> None:
    options = BuildOptions(platform="linux/arm64", daemon=Platform(os="linux", architecture="amd64"))
    made = "<the image of step 2>"
    dockerfile = "FROM scratch\nLABEL a=1\nCOPY f /f\n"
    refused = Daemon(version, CONTAINERD).replay(dockerfile, {"f": b"f"}, options).refused
    if not words:
        assert refused is None
        return
    assert refused is not None
    assert refused.message == f'failed to get destination image "{made}": {words.format(made)}'
    assert Daemon(version, CONTAINERD).replay("FROM scratch\nCOPY f /f\n", {"f": b"f"}, options).refused is None


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("27.3.1", "does not match the specified platform: wanted linux/arm64, actual: linux/amd64"),
        ("27.4.0", "its platform (linux/amd64) does not match the specified platform (linux/arm64)"),
    ],
)
def test_a_graph_driver_names_both_platforms_as_its_release_does(version: str, words: str) -> None:
    options = BuildOptions(platform="linux/arm64", daemon=Platform(os="linux", architecture="amd64"))
    made = "<the image of step 2>"
    refused = Daemon(version).replay("FROM scratch\nLABEL a=1\nCOPY f /f\n", {"f": b"f"}, options).refused
    assert refused is not None
    found = f"image with reference {made} was found but {words}"
    assert refused.message == f'failed to get destination image "{made}": {found}'


@pytest.mark.parametrize(("version", "separator"), [("20.10.24", "\\"), ("23.0.0", "/"), ("29.0.0", "/")])
def test_only_the_oldest_release_uses_platform_separators_in_destinations(version: str, separator: str) -> None:
    daemon = Daemon(version)
    dockerfile, files = "FROM scratch\nCOPY a b d/e/\n", {"a": b"1", "b": b"2"}
    daemon.add(BASE)
    options = BuildOptions(platform="windows/amd64")
    reported = daemon.replay(dockerfile.replace("scratch", "base:1"), files, options)
    assert reported.refused is None
    assert reported.steps[1].probe is not None
    assert (reported.steps[1].probe.config.Cmd or ())[-1].endswith(f" in d{separator}e{separator} ")


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        *((version, StoreKind.GRAPH_DRIVER) for version in ("20.10.24", "24.0.9", "25.0.5", "28.5.2", "29.7.2")),
        *((version, CONTAINERD) for version in ("25.0.5", "28.5.2", "29.7.2")),
    ],
)
def test_a_build_on_an_arm_engine_is_cached(version: str, kind: StoreKind) -> None:
    """As on Apple silicon: the builder uses the platform of the machine, not linux/amd64."""
    daemon = Daemon(version, kind)
    base = Image(
        id="sha256:" + "b" * 64,
        names=("docker.io/library/base:1",),
        config=ImageConfig(os="linux", architecture="arm64"),
    )
    daemon.add(base)
    dockerfile, files = "FROM base:1\nRUN make\nCOPY f /\n", {"f": b"1"}
    daemon.build(dockerfile, files)
    assert daemon.replay(dockerfile, files).all_cached
    assert not daemon.replay(dockerfile, files, BuildOptions(platform="linux/amd64")).all_cached or version < "24.0.9"
