"""A store that all tests of the images pane share."""

from __future__ import annotations

import pytest
from image_kit import make_image

from cacheview.model import ImageStore


@pytest.fixture
def store() -> ImageStore:
    """scratch → base → (one → two → app, other); pulled; an orphan."""
    return ImageStore(
        (
            make_image("base", names=("docker.io/library/base:1",)),
            make_image("one", "base", steps=2),
            make_image("two", "one", steps=3),
            make_image("app", "two", steps=4, names=("docker.io/team/app:1", "docker.io/team/app:latest")),
            make_image("other", "base", steps=2, names=("docker.io/team/other:1",)),
            make_image("pulled", names=("docker.io/library/busybox@sha256:12",), steps=2, built=False),
            make_image("orphan", "gone", steps=2, names=("docker.io/team/orphan:1",)),
        ),
        title="made in memory",
    )
