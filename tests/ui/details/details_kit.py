"""Images with values for every section of the details."""

from __future__ import annotations

from cacheview.model import (
    ContainerConfig,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Release,
    RootFS,
    StoreKind,
    Timestamp,
)
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation

NASTY = "<b>n</b>\x1b[31m\u202e"


def make_image(number: int, parent: int | None = None, *, steps: int = 2, names: tuple[str, ...] = ()) -> Image:
    config = ContainerConfig(Env=("A=1", f"B={NASTY}"), Labels={"k": "v"}, User="nobody", ExposedPorts={"80/tcp": {}})
    return Image(
        id=f"sha256:{number:064x}",
        names=names,
        parent=f"sha256:{parent:064x}" if parent is not None else None,
        size=123_456_789,
        config=ImageConfig(
            created=Timestamp(1_700_000_000 + number, 0, None),
            os="linux",
            architecture="arm64",
            author=NASTY,
            config=config,
            container_config=ContainerConfig(Cmd=("/bin/sh", "-c", f"RUN {number}")),
            history=tuple(
                HistoryEntry(created_by=f"RUN {number}.{step}", comment="c", empty_layer=step % 2 == 1)
                for step in range(steps)
            ),
            rootfs=RootFS(diff_ids=tuple(f"sha256:{step:064x}" for step in range(0, steps, 2))),
        ),
        doubts=(Doubt(aspect="created", reason="a reason", remedy="a remedy"),) if number == 3 else (),
    )


def store_of(*images: Image) -> ImageStore:
    return ImageStore(images, title="an engine", location="engine:", release=Release(StoreKind.CONTAINERD, "28.5.2"))


def opened_of(*images: Image) -> OpenedLocation:
    return OpenedLocation("an engine", "engine:", OpenedKind.ENGINE, (OpenedCase("", store_of(*images), ""),))
