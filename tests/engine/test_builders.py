"""Which builder uses an engine's classic cache."""

from __future__ import annotations

import pytest

from cacheview.engine.builders import builder_note, uses_buildkit
from cacheview.model import HistoryEntry, Image, ImageConfig, ImageStore, Release, StoreKind


def store(version: str, os: str = "linux") -> ImageStore:
    return ImageStore((), release=Release(StoreKind.GRAPH_DRIVER, version), engine_os=os)


@pytest.mark.parametrize(
    ("version", "os", "expected"),
    [
        ("23.0.0", "linux", True),
        ("29.1.3", "linux", True),
        ("docker-v28.5.2", "linux", True),
        ("100.0.0", "linux", True),
        ("20.10.24+dfsg1", "linux", None),  # depends on the CLI
        ("19.03.15", "linux", None),
        ("library-import", "linux", None),
        ("28.5.2", "windows", False),
        ("20.10.24", "windows", False),
        ("28.5.2", "", None),
    ],
)
def test_what_plain_docker_build_uses(version: str, os: str, expected: bool | None) -> None:
    assert uses_buildkit(store(version, os)) is expected


def test_the_builder_note_explains_how_to_use_the_classic_builder() -> None:
    for version in ("20.10.24", "29.1.3"):
        note = builder_note(store(version))
        assert note.startswith("This is the classic builder's cache. ")
        assert "DOCKER_BUILDKIT=0" in note
        assert "\n" not in note
    assert "uses BuildKit by default" in builder_note(store("29.1.3"))
    assert "Docker CLI 20.10 or older" in builder_note(store("20.10.24"))
    assert "DOCKER_BUILDKIT" not in builder_note(store("28.5.2", "windows"))


def test_no_builder_note_for_a_store_without_an_engine() -> None:
    assert builder_note(ImageStore(())) == ""
    assert builder_note(store("28.5.2", "")) == ""


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ((), False),
        (("buildkit.dockerfile.v0",), True),
        (("", "buildkit.dockerfile.v0"), True),
        (("", "buildkit.exporter.image.v0"), True),
        (("buildkit.dockerfile.v0", ""), False),  # the classic builder continued from it
        (("", "made with buildkit.dockerfile.v0"), False),
    ],
)
def test_images_built_by_buildkit_are_recognized(comments: tuple[str, ...], expected: bool) -> None:
    history = tuple(HistoryEntry(created_by="RUN x", comment=comment) for comment in comments)
    assert Image(id="sha256:a", config=ImageConfig(history=history)).is_by_buildkit is expected
