"""What a daemon prints of a build, by the store that it has."""

from __future__ import annotations

from collections.abc import Sequence

from build_kit import Daemon

__all__ = ["build_of"]


def build_of(daemon: Daemon, dockerfile: str, cached: Sequence[bool]) -> list[str]:
    """The lines of a build on scratch whose image is the last one of the store, but for steps that are not cached."""
    steps = dockerfile.splitlines()
    images = ["", *(image.id.removeprefix("sha256:")[:12] for image in daemon.images)]
    printed: list[str] = []
    for number, (text, image, hit) in enumerate(zip(steps, images, cached, strict=True), 1):
        printed += [f"Step {number}/{len(steps)} : {text}", "\n"]
        printed += [" ---> Using cache\n"] if hit else []
        printed += [f" ---> {image if hit else f'{number}' * 12}\n"] if image else []
    return [*printed, "Successfully built\n"]
