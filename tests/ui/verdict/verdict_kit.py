"""Small stores to explain, and helpers to inspect the verdict pane."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QModelIndex

from cacheview.engine import CONTAINERD_71EBFC7, Explanation, ImageCache, RuleSet, Stage, Subject, explain
from cacheview.model import (
    ContainerConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    RootFS,
    SuiteCase,
    Timestamp,
    decode,
)
from cacheview.ui.verdict.model import TraceModel
from cacheview.ui.verdict.rows import ColumnHeads, FoldedChecks, TraceNote

VECTORS = Path(__file__).parents[2] / "data" / "containerd-71ebfc7.jsonl.gz"
PATH = "PATH=/usr/local/bin:/usr/bin"


def node_count(model: TraceModel) -> int:
    """The number of rows that the model holds, which are those read since the last change."""
    return len(model._nodes) + sum(len(node.leaves) for node in model._nodes.values())


def digest(number: int) -> str:
    """An image id that begins with the number."""
    return f"sha256:{number:012x}{0:052x}"


BASE = digest(0xB)


def step(
    number: int,
    *,
    parent: str | None = BASE,
    names: Sequence[str] = (),
    history: Sequence[HistoryEntry] = (),
    layers: Sequence[str] = (),
    second: int | None = None,
    **config: object,
) -> Image:
    """An image that a step created. ``second``: its time of creation, by default its number."""
    return Image(
        id=digest(number),
        names=tuple(names),
        parent=parent,
        config=ImageConfig(
            created=Timestamp(1_700_000_000 + (number if second is None else second), 0, None),
            container_config=ContainerConfig.model_validate(config),
            history=tuple(history) or (HistoryEntry(created_by=f"STEP {number}", empty_layer=True),),
            rootfs=RootFS(type="layers", diff_ids=tuple(layers)),
        ),
    )


def base(history: Sequence[HistoryEntry] = (), layers: Sequence[str] = ()) -> Image:
    return Image(
        id=BASE,
        names=("docker.io/library/base:1",),
        config=ImageConfig(history=tuple(history) or None, rootfs=RootFS(type="layers", diff_ids=tuple(layers))),
    )


def cache_of(*images: Image) -> ImageCache:
    return ImageCache(ImageStore(images), CONTAINERD_71EBFC7)


def probe(*, parent: str = BASE, cache_from: Sequence[str] = (), **config: object) -> Probe:
    return Probe(parent=parent, cache_from=tuple(cache_from), config=ContainerConfig.model_validate(config))


COMMAND = ("/bin/sh", "-c", "make")


def small_cache() -> ImageCache:
    """Two candidates: one differs in Env[1] alone, the other in Cmd and User."""
    return cache_of(
        base(),
        step(1, Cmd=COMMAND, Env=(PATH, "MODE=dev"), Labels={"a": "1"}, WorkingDir="/app"),
        step(2, names=["docker.io/library/app:2"], Cmd=("/bin/sh", "-c", "test"), Env=(PATH, "MODE=prod"), User="7"),
    )


def small_probe(mode: str = "prod", *, parent: str = BASE, cache_from: Sequence[str] = (), **more: object) -> Probe:
    return probe(
        parent=parent, cache_from=cache_from, Cmd=COMMAND, Env=(PATH, f"MODE={mode}"), Labels={"a": "1"}, **more
    )


def small(mode: str = "prod") -> Explanation:
    return explain(small_cache(), small_probe(mode))


def entries(count: int, *, changed: int | None = None) -> tuple[HistoryEntry, ...]:
    """A history. ``changed``: the index of the entry with a different comment."""
    return tuple(
        HistoryEntry(created_by=f"RUN step {i}", comment="other" if i == changed else "", empty_layer=True)
        for i in range(count)
    )


def with_history(parents: int, sources: int, *, changed: int | None = None) -> Explanation:
    """One source, and a parent with a history of the given length."""
    names = ["docker.io/library/ci:1"]
    layers = tuple(digest(1000 + i) for i in range(min(parents, 5)))
    store = cache_of(
        base(entries(parents), layers),
        step(9, parent=None, names=names, history=entries(sources, changed=changed), layers=layers),
    )
    return explain(store, probe(cache_from=["ci:1"], Cmd=(f"RUN step {parents}",)))


def many_cache(count: int) -> ImageCache:
    """``count`` candidates that differ from each other in Cmd and Env."""
    return cache_of(
        base(),
        *(step(i + 100, Cmd=("/bin/sh", "-c", f"make {i}"), Env=(PATH, f"N={i}")) for i in range(count)),
    )


def many_probe(number: int, mode: str = "") -> Probe:
    return probe(Cmd=("/bin/sh", "-c", f"make {number}"), Env=(PATH, f"N={number}{mode}"))


def vectors(count: int, rules: RuleSet = CONTAINERD_71EBFC7) -> Iterator[Explanation]:
    """Explanations of probes of real stores, from the first ``count`` recorded cases."""
    for case in _recorded(count):
        cache = ImageCache(ImageStore(case.images), rules)
        for suite_probe in case.probes:
            if suite_probe.parent != "@prev":
                yield explain(cache, suite_probe.probe)


@functools.cache
def _recorded(count: int) -> tuple[SuiteCase, ...]:
    with gzip.open(VECTORS) as lines:
        return tuple(decode(SuiteCase, line) for line in islice(lines, count))


def outline(model: TraceModel, index: QModelIndex | None = None, depth: int = 9) -> list[object]:
    """The contents of the tree as nested lists of names."""
    found: list[object] = []
    parent = index if index is not None else QModelIndex()
    for row in range(model.rowCount(parent)):
        child = model.index(row, 0, parent)
        item = model.item(child)
        match item:
            case Stage():
                found.append(item.kind.value)
            case Subject():
                found.append(item.image.short_id.lstrip("0"))
            case FoldedChecks():
                found.append(f"{item.outcome.value} {len(item.places)}")
            case ColumnHeads() | TraceNote():
                found.append(type(item).__name__.lower())
            case _:
                found.append(getattr(item, "name", None))
        below = outline(model, child, depth - 1) if depth > 1 else []
        if below:
            found.append(below)
    return found
