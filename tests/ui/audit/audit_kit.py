"""Helpers that create small stores with hazards."""

from __future__ import annotations

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Release, StoreKind, Timestamp
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation

RULES = "containerd-28.5.2"


def make_image(
    number: int, parent: int | None = None, *, names: tuple[str, ...] = (), built_locally: bool = True
) -> Image:
    return Image(
        id=f"sha256:{number:064x}",
        names=names,
        parent=f"sha256:{parent:064x}" if parent is not None else None,
        built_locally=built_locally,
        config=ImageConfig(
            created=Timestamp(1_700_000_000 + number, 0, None),
            history=tuple(HistoryEntry(created_by=f"RUN {number}.{step}", empty_layer=True) for step in range(2)),
            container_config=ContainerConfig(Cmd=("/bin/sh", "-c", f"RUN {number}")),
        ),
    )


def unmarked(count: int) -> list[Image]:
    """A base image and images built on it that are not recorded as built here."""
    base = make_image(1, names=("docker.io/library/base:1",))
    return [base, *(make_image(number, 1, built_locally=False) for number in range(2, count + 2))]


def opened_of(*images: Image, version: str = "28.5.2") -> OpenedLocation:
    store = ImageStore(images, title="an engine", release=Release(StoreKind.CONTAINERD, version))
    return OpenedLocation("an engine", "engine:", OpenedKind.ENGINE, (OpenedCase("", store, ""),))
