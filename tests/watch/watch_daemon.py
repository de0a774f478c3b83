"""A daemon's build output, according to its store."""

from __future__ import annotations

from collections.abc import Sequence

from build_kit import Daemon

__all__ = ["build_of"]


def build_of(daemon: Daemon, dockerfile: str, cached: Sequence[bool]) -> list[str]:
    """The output of a build on scratch that creates the store's last image. Steps that are not cached get other IDs."""
    steps = dockerfile.splitlines()
    images = ["", *(image.id.removeprefix("sha256:")[:12] for image in daemon.images)]
    printed: list[str] = []
    for number, (text, image, hit) in enumerate(zip(steps, images, cached, strict=True), 1):
        printed += [f"Step {number}/{len(steps)} : {text}", "\n"]
        printed += [" ---> Using cache\n"] if hit else []
        printed += [f" ---> {image if hit else f'{number}' * 12}\n"] if image else []
    return [*printed, "Successfully built\n"]
