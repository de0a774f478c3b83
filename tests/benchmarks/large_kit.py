"""A store of many images: builds of ten steps on common bases, and many builds of one step on one image."""

from __future__ import annotations

from typing import Final

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, RootFS, Timestamp

__all__ = ["many_images"]

_BASES: Final = 40
_STEPS: Final = 10
_WIDE: Final = 5  # one image in this many is built on the first base alone
_BEGUN: Final = 1_700_000_000
_ENV: Final = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8")


def many_images(count: int) -> tuple[Image, ...]:
    """Return this many images, in the order of their creation. No two have the same step on the same image."""
    images: list[Image] = []
    bases, built, last = min(_BASES, max(1, count // 100)), 0, 0
    for number in range(count):
        if number < bases:
            images.append(_image(number, None, named=True))
        elif number % _WIDE == 0:
            images.append(_image(number, images[0], named=False))
        else:
            step = built % _STEPS
            parent = images[last] if step else images[built // _STEPS % bases]
            images.append(_image(number, parent, named=step == _STEPS - 1))
            built, last = built + 1, number
    return tuple(images)


def _image(number: int, parent: Image | None, *, named: bool) -> Image:
    command = f"step {number} && make install"
    created = Timestamp(_BEGUN + number // 3, 0, 0)
    before = parent.config if parent is not None else ImageConfig(rootfs=RootFS(diff_ids=()), history=())
    assert before.rootfs is not None
    entry = HistoryEntry(created_by=f"/bin/sh -c {command}", created=created)
    made_by = ContainerConfig(Cmd=("/bin/sh", "-c", command), Env=(*_ENV, f"VERSION={number % 100}"), WorkingDir="/src")
    config = ImageConfig(
        created=created,
        history=(*(before.history or ()), entry),
        rootfs=RootFS(type="layers", diff_ids=(*(before.rootfs.diff_ids or ()), f"sha256:{number:064x}")),
        container_config=made_by,
        config=made_by,
    )
    return Image(
        id=f"sha256:{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}{number:048x}",
        names=(f"docker.io/library/app:{number}",) if named else (),
        parent=parent.id if parent is not None else None,
        built_locally=True,
        size=1_000_000 + number,
        config=config,
    )
