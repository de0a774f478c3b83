"""Walks with any number of probes, each of which changes the store."""

from __future__ import annotations

from cacheview.model import (
    ContainerConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    RootFS,
    SuiteCase,
    SuiteProbe,
    Timestamp,
)

__all__ = ["RULES", "long_walk"]

RULES = "graphdriver-28.5.2"
NOON = Timestamp.parse("2024-01-01T12:00:00Z")


def long_walk(steps: int, others: int = 0) -> SuiteCase:
    """A walk of ``steps`` probes. Each restores the next step of one source, on the image of the probe before it.

    ``others``: the number of additional images in the store.
    """
    entries = tuple(HistoryEntry(created=NOON, created_by=f"step {number}") for number in range(steps + 1))
    layers = tuple(f"sha256:{number:064x}" for number in range(steps + 1))
    source = Image(
        id=f"sha256:{'a' * 64}",
        names=("docker.io/library/app:1",),
        config=ImageConfig(
            created=NOON,
            os="linux",
            architecture="amd64",
            history=entries,
            rootfs=RootFS(type="layers", diff_ids=layers),
        ),
    )
    more = (
        Image(id=f"sha256:{number:064x}", config=ImageConfig(created=NOON, os="linux", architecture="amd64"))
        for number in range(others)
    )
    probes = (
        SuiteProbe(parent="@prev", config=ContainerConfig(Cmd=("step", str(number))), cache_from=("app:1",))
        for number in range(steps)
    )
    return SuiteCase(rules=RULES, name=f"{steps} steps", images=(source, *more), probes=tuple(probes), walk=True)
