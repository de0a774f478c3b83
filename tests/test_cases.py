"""The engine that a store's answers are computed for: its rules, its builder, and the reason for choosing it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.cases import DaemonBasis, daemon_known, daemon_of, first_probe, platform_of_probe, rules_named
from cacheview.dockerfile.release import MOBY_71EBFC7, NEWEST_RELEASE, builder_release
from cacheview.engine.rulesets.releases import newest_rules
from cacheview.model import (
    SCRATCH,
    ContainerConfig,
    DataError,
    Image,
    ImageConfig,
    ImageStore,
    Platform,
    Release,
    StoreKind,
    Timestamp,
)
from cacheview.platforms import HOST
from cacheview.stores.opened_location import OpenedCase

G, C = StoreKind.GRAPH_DRIVER, StoreKind.CONTAINERD


def case(*images: Image, release: Release | None = None, rules: str = "") -> OpenedCase:
    return OpenedCase("made", ImageStore(images, release=release), rules)


def built(name: str, second: int, version: str, parent: str | None = "sha256:0") -> Image:
    config = ImageConfig(created=Timestamp(second, 0, None), docker_version=version)
    return Image(id=f"sha256:{name}", parent=parent, config=config)


@pytest.mark.parametrize(
    ("asked", "rules", "builder"),
    [
        ("Docker 20.10.24, overlay2", "graphdriver-24.0.7", "20.10.19"),
        ("docker 23.0.5, vfs", "graphdriver-24.0.7", "23.0"),
        ("Docker 24.0.7, overlay2", "graphdriver-24.0.7", "24.0"),
        ("Docker Engine 26.0.2 overlay2", "graphdriver-25.0.5", "26.0"),
        ("26.1.5, overlay2", "graphdriver-25.0.5", "26.1"),
        ("29.1.0, containerd", "containerd-29.0", "29.1"),
        ("29.x, containerd", "containerd-29", "29.7.2"),
    ],
)
def test_a_release_that_is_asked_for_decides_rules_and_builder(asked: str, rules: str, builder: str) -> None:
    """Even if the store belongs to another engine, and its images suggest a different version."""
    for release in (None, Release(G, "28.5.2"), Release(C, "29.7.2")):
        daemon = daemon_of(case(built("a", 1, "23.0.1"), release=release), asked)
        assert (daemon.rules.name, daemon.builder.release) == (rules, builder)
        assert daemon.basis is DaemonBasis.CHOSEN
        assert daemon.version in asked


def test_a_requested_rule_set_uses_the_stores_builder_if_it_fits() -> None:
    of_images = case(built("a", 1, "20.10.24"), release=Release(G))
    assert daemon_of(of_images, "graphdriver-24.0.7").builder is builder_release("20.10.24")
    assert daemon_of(of_images, "graphdriver-25.0.5").builder is builder_release("27.5.1")
    of_engine = case(built("a", 1, "20.10.24"), release=Release(G, "23.0.5"))
    assert daemon_of(of_engine, "graphdriver-24.0.7").builder is builder_release("23.0.5")
    assert daemon_of(of_engine, "containerd-24.0.7").builder is builder_release("24.0.8")
    assert daemon_of(of_engine, "containerd-71ebfc7").builder is MOBY_71EBFC7


def test_unknown_rules_are_refused_with_a_list_of_known_ones() -> None:
    for asked in ("graphdriver-1", "Docker 19.03.5, overlay2"):
        with pytest.raises(DataError, match="graphdriver-24"):
            daemon_of(case(), asked)
        with pytest.raises(DataError, match="graphdriver-24"):
            rules_named(asked)


def test_a_case_keeps_the_rules_that_it_names() -> None:
    of_suite = daemon_of(case(rules="graphdriver-24.0.9", release=Release(C, "29.0.0")))
    assert (of_suite.rules.name, of_suite.basis) == ("graphdriver-24.0.9", DaemonBasis.CASE)
    assert of_suite.builder is builder_release("24.0.9")
    assert daemon_of(case(rules="Docker 26.0.2, overlay2")).builder is builder_release("26.0.2")


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ("graphdriver-77", G),
        ("graphdriver 77", G),
        ("Docker 19.03.15, overlay2", G),
        ("containerd-77", C),
        ("Docker 23.0.5, containerd", C),
        ("never", C),
    ],
)
def test_a_case_of_unknown_rules_is_shown_with_the_newest_of_its_kind(rules: str, kind: StoreKind) -> None:
    with pytest.raises(DataError):
        daemon_of(case(rules=rules))
    daemon = daemon_known(case(rules=rules))
    assert (daemon.rules, daemon.basis) == (newest_rules(kind), DaemonBasis.NEWEST)
    assert rules in daemon.reason


def test_a_store_has_rules_and_builder_of_its_engine() -> None:
    daemon = daemon_of(case(built("a", 1, "20.10.24"), release=Release(G, "26.0.1")))
    assert (daemon.rules.name, daemon.builder.release, daemon.basis) == (
        "graphdriver-25.0.5",
        "26.0",
        DaemonBasis.ENGINE,
    )
    assert daemon.sentence == ("Rules: Docker 26.0.1, graph driver (graphdriver-25.0.5). This release wrote the store.")
    development = daemon_of(case(release=Release(C, "25.0.0-dev", "71ebfc7c63")))
    assert (development.rules.name, development.builder) == ("containerd-71ebfc7", MOBY_71EBFC7)


def test_an_engine_newer_than_all_rules_is_noted() -> None:
    daemon = daemon_of(case(release=Release(C, "31.0.0")))
    assert (daemon.rules.name, daemon.basis) == (newest_rules(C).name, DaemonBasis.ENGINE)
    assert "newer" in daemon.note


def test_an_engine_without_known_rules_uses_the_newest_ones() -> None:
    daemon = daemon_of(case(release=Release(G, "1.13.1")))
    assert (daemon.rules.name, daemon.basis) == (newest_rules(G).name, DaemonBasis.NEWEST)
    assert "1.13.1" in daemon.reason


def test_the_builder_is_derived_from_image_configs_without_an_engine() -> None:
    images = (built("a", 2, "20.10.24"), built("b", 1, "28.5.2"), built("c", 3, ""))
    daemon = daemon_of(case(*images, release=Release(G)))
    assert (daemon.rules.name, daemon.builder.release, daemon.version) == ("graphdriver-24.0.7", "20.10.19", "20.10.24")
    assert daemon.basis is DaemonBasis.IMAGES


def test_locally_built_images_decide_the_version_over_pulled_ones() -> None:
    pulled = built("b", 9, "28.5.2", parent=None)
    daemon = daemon_of(case(built("a", 1, "26.1.5"), pulled, release=Release(G)))
    assert daemon.version == "26.1.5"
    assert daemon_of(case(pulled, release=Release(G))).version == "28.5.2"


def test_the_first_of_equally_new_images_decides_the_version() -> None:
    images = (built("a", 1, "25.0.5"), built("b", 9, "26.1.5"), built("c", 9, "25.0.5"))
    assert daemon_of(case(*images, release=Release(G))).version == "26.1.5"
    undated = images[2].model_copy(update={"config": ImageConfig(docker_version="28.5.2")})
    assert daemon_of(case(undated, *images, release=Release(G))).version == "26.1.5"


def test_an_invalid_or_unsupported_version_is_ignored() -> None:
    images = [built(str(i), 9 - i, text) for i, text in enumerate(("library-import", "1.10.3", "dev", "25.0.5"))]
    assert daemon_of(case(*images, release=Release(G))).version == "25.0.5"
    daemon = daemon_of(case(*images[:3], release=Release(G)))
    assert (daemon.rules.name, daemon.basis, daemon.builder) == (
        newest_rules(G).name,
        DaemonBasis.NEWEST,
        NEWEST_RELEASE,
    )


def test_a_builder_version_in_a_containerd_config_is_not_used() -> None:
    daemon = daemon_of(case(built("a", 1, "25.0.5", parent=None), release=Release(C)))
    assert (daemon.rules.name, daemon.basis) == (newest_rules(C).name, DaemonBasis.NEWEST)


def test_development_rules_are_not_used_unless_the_store_names_the_commit() -> None:
    assert daemon_of(case()).rules == newest_rules(C)
    assert daemon_of(case(release=Release(C))).rules == newest_rules(C)
    assert newest_rules(C).spans, "the newest rules belong to a release"


def test_a_version_from_a_config_is_shortened_and_printable() -> None:
    daemon = daemon_of(case(built("a", 1, "26.1.5\x1b[2J\n" + "x" * 999), release=Release(G)))
    assert daemon.sentence.isprintable()
    assert len(daemon.version) == 64


def test_images_of_a_release_without_rules_name_it() -> None:
    old = case(built("a", 1, "library-import"), built("b", 2, "18.09.7"), release=Release(G))
    assert daemon_of(old).reason == (
        "no rules are known for Docker 18.09.7, which built one of the images, so the newest rules are used"
    )
    nothing = case(built("a", 1, "library-import"), release=Release(G))
    assert daemon_of(nothing).reason.startswith("nothing in the store shows")


ARM = Platform(os="linux", architecture="arm64")


def on(platform: Platform, digit: str, *, made: bool = True, second: int = 1, parent: str = "") -> Image:
    config = ImageConfig(
        os=platform.os,
        architecture=platform.architecture,
        variant=platform.variant,
        os_version=platform.os_version,
        created=Timestamp(second, 0, None),
        container_config=ContainerConfig(Cmd=("x",)) if made else None,
    )
    return Image(id=f"sha256:{digit * 64}", config=config, parent=parent or None)


@pytest.mark.parametrize(
    ("images", "platform"),
    [
        ((), HOST),
        ((on(ARM, "a"),), ARM),
        ((on(ARM, "a", made=False), on(HOST, "b", made=False), on(ARM, "c")), ARM),
        ((on(HOST, "a"), on(HOST, "b"), on(ARM, "c", second=9)), HOST),
        ((on(ARM.model_copy(update={"variant": "v8"}), "a"),), ARM),
        ((on(Platform(os="linux", architecture="arm", variant="v6"), "a"),), "linux/arm/v6"),
        (
            (
                on(Platform(os="windows", architecture="amd64", os_version="10.0.2"), "a", second=2),
                on(Platform(os="windows", architecture="amd64", os_version="10.0.1"), "b"),
            ),
            "windows/amd64 (10.0.2)",
        ),
    ],
)
def test_the_builder_platform_is_derived_from_images_without_an_engine(
    images: tuple[Image, ...], platform: Platform | str
) -> None:
    daemon = daemon_of(case(*images))
    assert str(daemon.platform) == str(platform)
    assert (f" on {platform}. " in daemon.sentence) == (daemon.platform != HOST)


def test_the_reported_platform_of_an_engine_is_used() -> None:
    store = ImageStore((on(HOST, "a"), on(HOST, "b")), platform=ARM)
    assert daemon_of(OpenedCase("made", store, "")).platform == ARM
    assert first_probe(store).platform == ARM


@st.composite
def dated_images(draw: st.DrawFn) -> list[Image]:
    """Images with no parent, a missing parent or the first image as parent; some without a config."""
    images = []
    for number in range(draw(st.integers(0, 6))):
        second = draw(st.none() | st.integers(0, 2))
        command = ContainerConfig(Cmd=(str(number),))
        config = ImageConfig(
            created=None if second is None else Timestamp(second, 0, None),
            container_config=draw(st.sampled_from([None, command])),
            config=draw(st.sampled_from([None, command])),
        )
        parent = draw(st.sampled_from([None, "sha256:0", "sha256:gone"]))
        images.append(Image(id=f"sha256:{number}", parent=parent, config=config))
    return images


@given(dated_images())
def test_the_first_probe_is_that_of_the_newest_image_on_a_known_parent(images: list[Image]) -> None:
    store = ImageStore(tuple(images))
    newest_first = sorted(images, key=lambda image: image.created.seconds if image.created else -1, reverse=True)
    made = [image for image in newest_first if image.config.container_config is not None]
    known = [image for image in made if image.parent in store.by_id]
    chosen = next(iter([*known, *(image for image in made if image.parent is None)]), None)
    probe = first_probe(store)
    if chosen is not None:
        assert probe.parent == (chosen.parent or SCRATCH)
        assert probe.config == chosen.config.container_config
    else:
        configs = [image.config.config for image in newest_first if image.config.config is not None]
        assert (probe.parent, probe.config) == (SCRATCH, next(iter(configs), ContainerConfig()))


def test_a_probe_requests_the_platform_of_its_base_or_engine() -> None:
    windows = on(Platform(os="windows", architecture="amd64"), "b")
    store = ImageStore((on(HOST, "a"), windows), platform=HOST)
    assert platform_of_probe(store, on(HOST, "a").id) is None
    assert platform_of_probe(store, windows.id) == Platform(os="windows", architecture="amd64")
    assert platform_of_probe(ImageStore((), platform=ARM), "sha256:gone") == ARM
