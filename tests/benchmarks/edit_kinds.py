"""Stores with very many candidates, and the worst probe for each kind of difficulty in a lookup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cacheview.model import (
    ContainerConfig,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    RootFS,
    Timestamp,
)

__all__ = ["KINDS", "Kind", "edits", "several_parents"]

PARENT = "sha256:" + "a" * 64
SOURCES = 1_000
COMMON = 99  # history entries that all images share
OTHER = ("/bin/sh", "-c", "other")


def doubt(aspect: str) -> Doubt:
    return Doubt(aspect=aspect, reason="The store does not report it.", remedy="Open the data root.")  # type: ignore[arg-type]


NO_MARK, NO_CONFIG, NO_PARENT, SECONDS = map(doubt, ("built_locally", "container_config", "parent", "history.created"))


def config(i: int, **values: object) -> ContainerConfig:
    return ContainerConfig.model_validate(
        {
            "Cmd": ("/bin/sh", "-c", f"make target-{i}"),
            "Env": ("PATH=/usr/bin:/bin", f"STAGE={i % 7}", "LANG=C.UTF-8"),
            "Labels": {"team": str(i % 3), "part": "web"},
            **values,
        }
    )


def history(count: int) -> tuple[HistoryEntry, ...]:
    return tuple(HistoryEntry(created_by=f"step {k}", created=Timestamp(1_600_000_000 + k, 0, 0)) for k in range(count))


BASE = history(1)


def image(
    i: int,
    made: ContainerConfig,
    parent: str | None = PARENT,
    entries: tuple[HistoryEntry, ...] = BASE,
    created: int | None = None,
    doubts: tuple[Doubt, ...] = (),
) -> Image:
    step = HistoryEntry(created_by=" ".join(made.Cmd or ()))
    stored = ImageConfig(
        created=Timestamp(1_700_000_000 + (i if created is None else created), 0, None),
        history=(*entries, step),
        container_config=None if NO_CONFIG in doubts else made,
        rootfs=RootFS(diff_ids=("sha256:" + "b" * 64, f"sha256:{i:064x}")),
        os="linux",
        architecture="amd64",
    )
    return Image(
        id=f"sha256:{i + 1:064x}",
        parent=parent,
        from_scratch=parent is None,
        built_locally=True,
        config=stored,
        doubts=doubts,
    )


def base(entries: tuple[HistoryEntry, ...] = BASE) -> Image:
    stored = ImageConfig(
        history=entries, rootfs=RootFS(diff_ids=("sha256:" + "b" * 64,)), os="linux", architecture="amd64"
    )
    return Image(id=PARENT, names=("docker.io/library/base:1",), from_scratch=True, built_locally=True, config=stored)


@dataclass(frozen=True)
class Kind:
    """A store, and the probe that is edited in it."""

    store: ImageStore
    probe: Probe


def _children(made: Callable[[int], Image], count: int, probe: ContainerConfig, *, sources: int = 0) -> Kind:
    children = tuple(made(i) for i in range(count))
    first = base(children[0].history[:-1])
    edited = Probe(parent=PARENT, config=probe, cache_from=tuple(each.id for each in children[:sources]))
    return Kind(ImageStore((first, *children)), edited)


def one_field(count: int) -> Kind:
    return _children(lambda i: image(i, config(i)), count, config(0, Cmd=OTHER))


def several_fields(count: int) -> Kind:
    def made(i: int) -> Image:
        values = {"Env": (f"A={i}",), "Labels": {"a": str(i)}, "WorkingDir": f"/w{i}", "Entrypoint": ("a", str(i))}
        return image(i, config(i, **values))

    return _children(made, count, config(0, Cmd=OTHER))


def long_values(count: int) -> Kind:
    """Lists and maps of twenty elements each, none of which the probe has."""

    def made(i: int) -> Image:
        env, labels = tuple(f"E{k}={i}" for k in range(20)), {f"l{k}": str(i) for k in range(20)}
        return image(i, config(i, Env=env, Labels=labels, Volumes={f"/v{i}": {}}, User=f"u{i}"))

    return _children(made, count, config(0, Cmd=OTHER, Env=("E0=x",) * 20, Labels={f"l{k}": "x" for k in range(20)}))


def order_of_env(count: int) -> Kind:
    names = [f"E{k}=v" for k in range(30)]

    def made(i: int) -> Image:
        return image(i, config(i, Env=tuple(names[(k * (2 * (i % 5) + 1) + i) % 30] for k in range(30))))

    return _children(made, count, config(0, Cmd=OTHER, Env=tuple(reversed(names))))


def empty_labels(count: int) -> Kind:
    """Candidates with different empty labels, any of which counts as equal to a missing label of the probe."""

    def made(i: int) -> Image:
        return image(i, config(0, Labels={f"k{i}": "", "x": "", **{f"l{k}": "" for k in range(i % 10)}}))

    return _children(made, count, config(0, Labels={f"m{k}": "v" for k in range(6)}))


def without_parent(count: int) -> Kind:
    images = tuple(image(i, config(i), parent=None) for i in range(count))
    return Kind(ImageStore(images), Probe(config=config(0, Cmd=OTHER)))


def lost_parent(count: int) -> Kind:
    return Kind(one_field(count).store, Probe(parent="sha256:" + "d" * 64, config=config(0, Cmd=OTHER)))


def sources_of_one_history(count: int) -> Kind:
    entries = history(COMMON)
    return _children(lambda i: image(i, config(i), entries=entries), count, config(0, Cmd=OTHER), sources=SOURCES)


def sources_that_differ_late(count: int) -> Kind:
    """Sources that all have the command, each after a different entry."""
    entries, made = history(COMMON), config(0, Cmd=OTHER, User="root")

    def late(i: int) -> Image:
        return image(i, made, entries=(*entries[:-1], HistoryEntry(created_by=f"late {i}")))

    return _children(late, count, config(0, Cmd=OTHER), sources=SOURCES)


def unknown_configs(count: int) -> Kind:
    return _children(lambda i: image(i, config(i), doubts=(NO_CONFIG, NO_MARK)), count, config(5))


def unknown_parents(count: int) -> Kind:
    doubts = (NO_CONFIG, NO_MARK, NO_PARENT, SECONDS)
    return _children(lambda i: image(i, config(i), doubts=doubts), count, config(5))


def unknown_sources(count: int) -> Kind:
    entries = history(COMMON)
    return _children(
        lambda i: image(i, config(i), entries=entries, doubts=(NO_MARK, SECONDS)), count, config(0, Cmd=OTHER),
        sources=SOURCES,
    )  # fmt: skip


def ties(count: int) -> Kind:
    return _children(lambda i: image(i, config(0), created=5), count, config(0))


def all_match(count: int) -> Kind:
    return _children(lambda i: image(i, config(0)), count, config(0))


KINDS: dict[str, Callable[[int], Kind]] = {
    "one field": one_field,
    "several fields": several_fields,
    "long values": long_values,
    "order of Env": order_of_env,
    "empty labels": empty_labels,
    "without parent": without_parent,
    "lost parent": lost_parent,
    "sources, one history": sources_of_one_history,
    "sources that differ late": sources_that_differ_late,
    "unknown configs": unknown_configs,
    "unknown parents": unknown_parents,
    "unknown sources": unknown_sources,
    "ties": ties,
    "all match": all_match,
}


def several_parents(made: Callable[[int], Kind], count: int, parents: int) -> Kind:
    """Return a kind with this many parents and candidates on each; the probe is on the first parent."""
    first = made(count)
    images = list(first.store.images)
    for number in range(1, parents):
        other = f"{number:x}" * 8
        ids = {image.id: f"{image.id[:-8]}{other}" for image in first.store.images}
        for image in first.store.images:
            parent = ids.get(image.parent or "", image.parent)
            layers = RootFS(diff_ids=(f"sha256:{number:064x}", *image.diff_ids[1:]))
            stored = image.config.model_copy(update={"rootfs": layers})
            changed = {"id": ids[image.id], "parent": parent, "names": (), "config": stored}
            images.append(image.model_copy(update=changed))
    return Kind(ImageStore(tuple(images)), first.probe)


def edits(probe: Probe, count: int) -> list[Probe]:
    """Return edits as a person types them, and growing lists.

    A user, a variable, a label and a command are typed letter by letter, and each is deleted again.
    """
    config, results = probe.config, []
    env, labels, command = config.Env or (), config.Labels or {}, config.Cmd or ()
    for number in range(count // 12 + 1):
        word = f"word{number}"
        grown: list[dict[str, object]] = [
            {"Env": (*env, word)},
            {"Env": (word, *env)},
            {"Cmd": (*command[:-1], word)},
            {"Env": (word,), "Labels": {word: ""}, "Cmd": (word,), "WorkingDir": f"/{word}"},
            {},
        ]
        users: list[dict[str, object]] = [{"User": word[:length]} for length in (1, 3, 5)]
        variables: list[dict[str, object]] = [{"Env": (f"A={word[:length]}", *env[1:])} for length in (1, 5)]
        kept: list[dict[str, object]] = [{"Labels": {**labels, "new": word[:length]}} for length in (1, 5)]
        changes = (*users, *variables, *kept, *grown)
        results += [probe.model_copy(update={"config": config.model_copy(update=change)}) for change in changes]
    return results[:count]
