"""A second, simple implementation of the rules of all releases, without index, trace or code from the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cacheview.model import (
    ContainerConfig,
    DataError,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Platform,
    RootFS,
    Timestamp,
)

YEAR_ONE = Timestamp.parse("0001-01-01T00:00:00Z")
Match = Callable[[Platform | None, Platform], bool]


@dataclass(frozen=True)
class Release:
    """What distinguishes the releases.

    Attributes:
        graph: whether the store uses a graph driver.
        legacy: whether it uses the older, shorter comparison.
        dated: whether a missing time counts as none (True) or as the year 1 (False).
        built: whether a candidate has to be built locally.
        platform: how a candidate's platform is matched, if at all.
        strict_get: how platforms are matched when images are looked up, if at all.
        history_only: whether there is no local cache, and references have to resolve.
        lineage: whether a reference adds the image's ancestors too.
        restores: whether a hit on a step in the middle of a source creates a new image.
    """

    graph: bool
    legacy: bool
    dated: bool
    built: bool
    platform: Match | None = None
    strict_get: Match | None = None
    history_only: bool = False
    not_found_is_miss: bool = False
    lineage: bool = False
    restores: bool = True
    start_interval: bool = True
    again_is_error: bool = False
    features_refused: bool = False
    not_written: tuple[str, ...] = ()


@dataclass
class State:
    """A store that probes can change, and the sources of one cache object."""

    images: list[Image]
    sources: list[Image] = field(default_factory=list)
    error: str = ""
    content: Mapping[str, str] = field(default_factory=dict)
    restored: dict[str, str] = field(default_factory=dict)  # id → config JSON

    def get(self, image_id: str) -> Image | None:
        return next((image for image in self.images if image.id == image_id), None)


@dataclass
class Replayed:
    outcome: str
    image: str | None = None
    created: ImageConfig | None = None
    set_parent: dict[str, str] = field(default_factory=dict)


def begin(
    release: Release, images: tuple[Image, ...], cache_from: tuple[str, ...], content: Mapping[str, str]
) -> State:
    state = State(list(images), content=content)
    store = ImageStore(tuple(images))
    for reference in cache_from:
        try:
            image = store.resolve(reference)
        except DataError as error:
            if release.history_only:
                state.error = str(error)
                return state
            continue
        if not release.lineage:
            state.sources.append(image)
            continue
        if sum(not entry.empty_layer for entry in image.history) > len(image.diff_ids):
            continue
        current: Image | None = image
        for _ in image.history:
            if current is None:
                break
            state.sources.append(current)
            current = store.by_id.get(current.parent) if current.parent else None
    return state


def ask(
    release: Release,
    state: State,
    parent: str,
    config: ContainerConfig,
    platform: Platform | None,
    cache_from: tuple[str, ...],
) -> Replayed:
    if state.error:
        return Replayed("error")
    if release.history_only:
        return _history_only(release, state, parent, config, platform)
    local = _local(release, state, parent, config, platform)
    if not cache_from:
        return Replayed("hit", local.id) if local else Replayed("miss")
    if local is not None:
        for source in state.sources:
            descent = _descends(release, state, source, local)
            if descent == "never":
                return Replayed("diverges")
            if descent == "yes":
                return Replayed("hit", local.id)
    found = None
    if parent:
        found = state.get(parent)
        if (
            found is not None
            and release.strict_get is not None
            and not release.strict_get(platform, found.config.platform)
        ):
            found = None
        if found is None:
            return Replayed("error")
    at = len(found.history) if found else 0
    for source in state.sources:
        if not _prefix(release, source, found) or source.history[at].created_by != " ".join(config.Cmd or ()):
            continue
        if not release.restores:
            return Replayed("hit", source.id)
        if at == len(source.history) - 1:
            return Replayed("hit", source.id, set_parent=_set_parent(state, source.id, found.id) if found else {})
        return _restore(release, state, found, source, at, config)
    return Replayed("miss")


def _local(
    release: Release, state: State, parent: str, config: ContainerConfig, platform: Platform | None
) -> Image | None:
    best: Image | None = None
    for image in state.images:
        if parent:
            if image.parent != parent:
                continue
        elif release.graph:
            if image.parent is not None:
                continue
        elif not image.from_scratch:
            continue
        if release.built and not image.built_locally:
            continue
        theirs = image.config.platform
        if release.platform is not None:
            if not theirs.os and not theirs.architecture:
                continue
            if not release.platform(platform, theirs):
                continue
        if not _compare(release, image.config.container_config or ContainerConfig(), config):
            continue
        if release.strict_get is not None and not release.strict_get(platform, theirs):
            continue
        created = image.config.created
        if release.dated and created is None:
            continue
        if best is None or (best.config.created or YEAR_ONE).before(created or YEAR_ONE):
            best = image
    return best


def _compare(release: Release, image: ContainerConfig, probe: ContainerConfig) -> bool:
    if release.legacy:
        if image.OpenStdin or probe.OpenStdin:
            return False
        plain: tuple[str, ...] = ("AttachStdout", "AttachStderr", "User", "Tty")
        lists: tuple[str, ...] = ("Cmd", "Env", "Entrypoint")
    else:
        plain = (
            "AttachStdin",
            "AttachStdout",
            "AttachStderr",
            "User",
            "Tty",
            "OpenStdin",
            "StdinOnce",
            "NetworkDisabled",
            "ArgsEscaped",
            "WorkingDir",
            "StopSignal",
            "StopTimeout",
        )
        lists = ("Cmd", "Env", "Entrypoint", "Shell", "OnBuild")
    if any(getattr(image, name) != getattr(probe, name) for name in plain):
        return False
    if any((getattr(image, name) or ()) != (getattr(probe, name) or ()) for name in lists):
        return False
    for name in ("Labels", "ExposedPorts", "Volumes"):
        theirs, ours = getattr(image, name) or {}, getattr(probe, name) or {}
        if len(theirs) != len(ours):
            return False
        if name == "Labels":
            if any(ours.get(key, "") != value for key, value in theirs.items()):
                return False
        elif any(key not in ours for key in theirs):
            return False
    if release.legacy:
        return True
    ours, theirs = probe.Healthcheck, image.Healthcheck
    if (ours is None) != (theirs is None):
        return False
    if ours is None or theirs is None:
        return True
    names = ["Interval", "Timeout", "StartPeriod", "Retries"] + (["StartInterval"] if release.start_interval else [])
    return (ours.Test or ()) == (theirs.Test or ()) and all(getattr(ours, n) == getattr(theirs, n) for n in names)


def _descends(release: Release, state: State, source: Image, local: Image) -> str:
    if not release.restores:
        current = state.get(source.id) or source
        if current.parent is not None:
            return "yes" if current.parent == local.id else "no"
        if local.parent is None:
            return "never"
        return "yes" if local.parent == local.id else "no"
    seen = set()
    current_id = source.id
    while True:
        if current_id in seen:
            return "never"
        seen.add(current_id)
        image = state.get(current_id)
        if image is None or image.parent is None:
            return "no"
        if image.parent == local.id:
            return "yes"
        current_id = image.parent


def _key(release: Release, entry: HistoryEntry) -> tuple[object, ...]:
    created = entry.created
    if not release.dated and created is None:
        created = YEAR_ONE
    return (created, entry.created_by, entry.author, entry.comment, entry.empty_layer)


def _prefix(release: Release, source: Image, parent: Image | None) -> bool:
    if not source.history:
        return False
    if parent is None or not (parent.history or parent.diff_ids):
        return True
    n, layers = len(parent.history), len(parent.diff_ids)
    if n >= len(source.history) or layers > len(source.diff_ids):
        return False
    if [_key(release, e) for e in parent.history] != [_key(release, e) for e in source.history[:n]]:
        return False
    return parent.diff_ids == source.diff_ids[:layers]


def _set_parent(state: State, child: str, parent: str) -> dict[str, str]:
    for place, image in enumerate(state.images):
        if image.id == child:
            if image.parent == parent:
                return {}
            state.images[place] = image.model_copy(update={"parent": parent})
            return {child: parent}
    return {}


def _restore(
    release: Release, state: State, parent: Image | None, source: Image, at: int, config: ContainerConfig
) -> Replayed:
    entry = source.history[at]
    layer = ""
    if not entry.empty_layer:
        place = sum(not e.empty_layer for e in source.history[:at])
        if place >= len(source.diff_ids):
            return Replayed("panic")
        layer = source.diff_ids[place]
    if not release.graph:
        if not layer or state.content.get(layer):
            return Replayed("error")
        if release.features_refused and source.config.os_features:
            return Replayed("error")
    diff_ids = (*(parent.diff_ids if parent else ()), *((layer,) if layer else ()))
    theirs = source.config
    entries = (*(parent.history if parent else ()), entry)
    history = tuple(e.model_copy(update={"created": _written(release, e.created)}) for e in entries)
    config = config.model_copy(
        update={name: ContainerConfig.model_fields[name].default for name in release.not_written}
    )
    if config.Healthcheck is not None and not release.start_interval:
        config = config.model_copy(update={"Healthcheck": config.Healthcheck.model_copy(update={"StartInterval": 0})})
    made = ImageConfig(
        created=_written(release, entry.created),
        author=theirs.author,
        architecture=theirs.architecture,
        os=theirs.os,
        os_version=theirs.os_version,
        os_features=theirs.os_features,
        config=config,
        rootfs=RootFS(type="layers", diff_ids=diff_ids),
        history=history,
    )
    text = _json(release, made)
    known = next((i for i, t in state.restored.items() if t == text), None)
    if known is not None:
        if release.again_is_error:
            return Replayed("error")
        answer = Replayed("hit", known, None, _set_parent(state, known, parent.id) if parent else {})
    else:
        new = f"new{len(state.restored)}"
        state.restored[new] = text
        state.images.append(
            Image(
                id=new,
                config=made,
                built_locally=not release.graph,
                parent=parent.id if parent and not release.graph else None,
                from_scratch=not release.graph and parent is None,
            )
        )
        answer = Replayed("hit", new, made, _set_parent(state, new, parent.id) if parent and release.graph else {})
    state.sources = [source]
    return answer


def _json(release: Release, made: ImageConfig) -> str:
    """Return the config as Go writes it: without empty fields marked omitempty, and with empty values in sets."""
    document = made.model_dump(mode="json")
    config = document["config"]
    left_out = ["ExposedPorts", "Shell", *(["OnBuild"] if "MacAddress" in release.not_written else [])]
    if not release.graph:
        left_out = list(config)
    for name in ("ExposedPorts", "Volumes"):
        if config[name]:
            config[name] = {key: {} for key in config[name]}
    for name in left_out:
        if name != "Healthcheck" and not config[name]:
            del config[name]
    if config.get("Healthcheck"):
        config["Healthcheck"] = {key: value for key, value in config["Healthcheck"].items() if value}
    for part, name in ((document, "os.features"), (document["rootfs"], "diff_ids")):
        if not part[name]:
            del part[name]
    return json.dumps(document, sort_keys=True)


def _written(release: Release, created: Timestamp | None) -> Timestamp | None:
    """Return a time as it is after writing it to JSON and reading it again."""
    if created is None:
        return None if release.dated else YEAR_ONE
    return replace(created, offset=None) if created.offset == 0 else created


def _history_only(
    release: Release, state: State, parent: str, config: ContainerConfig, platform: Platform | None
) -> Replayed:
    if not parent:
        return Replayed("miss")
    found = state.get(parent)
    if found is None:
        return Replayed("miss" if release.not_found_is_miss else "error")
    n, layers = len(found.history), len(found.diff_ids)

    def fits(image: Image) -> bool:
        return (
            len(image.history) == n + 1
            and len(image.diff_ids) == layers + 1
            and [_key(release, e) for e in image.history[:n]] == [_key(release, e) for e in found.history]
            and image.history[n].created_by == " ".join(config.Cmd or ())
        )

    children = [
        image for image in state.images if len(image.diff_ids) > layers and image.diff_ids[:layers] == found.diff_ids
    ]
    for image in (*state.sources, *children):
        if fits(image):
            return Replayed("hit", image.id)
    return Replayed("miss")


def releases(rule: Callable[[str], Match]) -> dict[str, Release]:
    old = Release(graph=True, legacy=True, dated=False, built=False, start_interval=False)
    new = replace(old, legacy=False, built=True, start_interval=True)
    c25 = Release(graph=False, legacy=True, dated=True, built=True, lineage=True, restores=False)
    c24 = Release(graph=False, legacy=True, dated=False, built=False, history_only=True)
    not_oci = (
        "Hostname",
        "Domainname",
        "AttachStdin",
        "AttachStdout",
        "AttachStderr",
        "Tty",
        "OpenStdin",
        "StdinOnce",
        "Image",
        "NetworkDisabled",
        "MacAddress",
        "StopTimeout",
    )

    def plat(base: Release, name: str, **more: Any) -> Release:
        return replace(base, platform=rule(name), **more)

    return {
        "graphdriver-24.0.7": old,
        "graphdriver-25.0.0": replace(old, dated=True, start_interval=True),
        "graphdriver-24.0.9": plat(new, "graphdriver-24.0.9", start_interval=False),
        "graphdriver-25.0.2": plat(new, "graphdriver-25.0.2", dated=True),
        "graphdriver-23.0.18": plat(new, "graphdriver-23.0.18", start_interval=False),
        "graphdriver-25.0.5": plat(new, "graphdriver-25.0.5", dated=True),
        "graphdriver-28.5.2": plat(new, "graphdriver-28.5.2", dated=True),
        "graphdriver-29.0": plat(new, "graphdriver-29.0", dated=True, not_written=("MacAddress",)),
        "graphdriver-29": plat(new, "graphdriver-29", dated=True, not_written=("MacAddress",)),
        "containerd-24.0.7": c24,
        "containerd-24.0.9": replace(c24, not_found_is_miss=True),
        "containerd-25.0.0": c25,
        "containerd-25.0.2": replace(c25, legacy=False),
        "containerd-25.0.5": replace(c25, legacy=False, strict_get=rule("containerd-25.0.5")),
        "containerd-26.1.5": plat(new, "containerd-26.1.5", dated=True, graph=False, not_written=not_oci),
        "containerd-28.5.2": plat(
            new, "containerd-28.5.2", dated=True, graph=False, not_written=not_oci, again_is_error=True
        ),
        "containerd-29.0": plat(
            new, "containerd-29.0", dated=True, graph=False, not_written=not_oci, again_is_error=True
        ),
        "containerd-29": plat(
            new,
            "containerd-29",
            dated=True,
            graph=False,
            not_written=not_oci,
            again_is_error=True,
            features_refused=True,
        ),
    }
