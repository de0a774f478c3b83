"""Versions of Docker as engines and tags write them, and kinds of stores."""

from __future__ import annotations

import pytest

from cacheview.model import DockerVersion, StoreKind

WRITTEN = (
    ("v20.10.0-beta1", "20.10.0-beta.1"),
    ("20.10.7-0ubuntu5~20.04.2", "20.10.7"),
    ("20.10.24+dfsg1", "20.10.24"),
    ("v22.06.0-beta.0", "22.6.0-beta.0"),
    ("24.0", "24.0.0"),
    ("25.0.0-dev2", "25.0.0-dev.2"),
    ("v25.0.0-beta.1", "25.0.0-beta.1"),
    ("v25.0.0-rc.3", "25.0.0-rc.3"),
    (" 25.0.0 ", "25.0.0"),
    ("v26.0.0-rc1", "26.0.0-rc.1"),
    ("docker-v29.0.0-rc.1", "29.0.0-rc.1"),
    ("docker-v29.0.0", "29.0.0"),
    ("29.5.3-1~debian", "29.5.3"),
    ("29.x", "29.x"),
)
"""In order of release."""


@pytest.mark.parametrize(("text", "version"), WRITTEN)
def test_a_docker_version_is_parsed(text: str, version: str) -> None:
    assert str(DockerVersion.parse(text)) == version


def test_versions_have_the_order_of_the_releases() -> None:
    versions = [DockerVersion.parse(text) for text, _ in WRITTEN]
    assert None not in versions
    assert versions == sorted(versions)  # type: ignore[type-var]
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("text", ["", "dev", "latest", "x24.0.7", "24", "24.", "1.2.3.4", "123456.1", "library-import"])
def test_text_without_a_leading_version_is_not_a_version(text: str) -> None:
    assert DockerVersion.parse(text) is None


def test_a_store_is_called_by_its_kind() -> None:
    assert [kind.store_title for kind in StoreKind] == ["graph-driver store", "containerd store"]
