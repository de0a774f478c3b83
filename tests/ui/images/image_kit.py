"""Small stores created in memory, and the marks that a probe sets in them."""

from __future__ import annotations

from cacheview.engine import CONTAINERD_71EBFC7, ImageCache, explain
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.ui.images.marks import Marks


def make_image(
    name: str,
    parent: str | None = None,
    *,
    names: tuple[str, ...] = (),
    steps: int = 1,
    step: str = "",
    built: bool = True,
    second: int = 0,
    from_scratch: bool = False,
    comment: str = "",
    size: int | None = None,
) -> Image:
    """An image with the id ``sha256:NAME``. ``built``: the store keeps a container config for it."""
    entries = [HistoryEntry(created_by=f"step {i}", empty_layer=True) for i in range(steps - 1)] if steps else []
    entries += [HistoryEntry(created_by=step or f"RUN {name}", comment=comment, empty_layer=True)] if steps else []
    return Image(
        id=f"sha256:{name}",
        names=names,
        parent=f"sha256:{parent}" if parent else None,
        from_scratch=from_scratch,
        config=ImageConfig(
            history=tuple(entries),
            created=Timestamp(1_700_000_000 + second, 123_456_789, None),
            container_config=ContainerConfig(Cmd=("/bin/sh", "-c", step or f"RUN {name}")) if built else None,
        ),
        size=size,
    )


def marks(store: ImageStore, probe: Probe) -> Marks:
    """The marks that a probe sets."""
    return Marks(explain(ImageCache(store, CONTAINERD_71EBFC7), probe))
