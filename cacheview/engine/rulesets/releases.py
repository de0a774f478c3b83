"""From what people know, "Docker 24.0.7, overlay2", to the rule set."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import Version

from cacheview.engine.ruleset import RuleSet, Span, StoreKind
from cacheview.engine.rulesets import CONTAINERD_71EBFC7, RULE_SETS
from cacheview.model import ImageStore

__all__ = ["Choice", "choose", "fitting", "newest_builder", "store_kind"]

_VERSION = re.compile(
    r"(?:docker-)?v?([0-9]+\.[0-9]+(?:\.[0-9]+)?)(?:-(alpha|beta|rc|dev)\.?([0-9]*))?(?![0-9.])", re.IGNORECASE
)
_COMMIT = re.compile("71ebfc7[0-9a-f]*")

_GRAPH_DRIVERS = frozenset(
    (
        *("aufs", "btrfs", "devicemapper", "fuse-overlayfs", "graph driver", "graphdriver", "overlay", "overlay2"),
        *("vfs", "windowsfilter", "zfs"),
    )
)
_NEARLY = (
    # GetCache of daemon/containerd/cache.go (8bd01768) looks up the empty id, which 24.0.3 no longer does.
    (
        StoreKind.CONTAINERD,
        Span("v24.0.0-rc.3", "v24.0.2"),
        "containerd-24.0.7",
        "Before 24.0.3 a step on scratch ends the build with an error, where by these rules, of 24.0.3, it is a miss. "
        "What is compared of two images is the same.",
    ),
)
"""Releases whose rules are those of a rule set but for one thing: its store, the releases, the rule set, that thing."""

_SNAPSHOTTERS = frozenset(("containerd", "nydus", "overlayfs", "native", "soci", "stargz", "windows"))


@dataclass(frozen=True)
class Choice:
    """A rule set, and what is to be known of the choice, in a sentence; mostly empty."""

    rules: RuleSet
    note: str = ""


def store_kind(name: str) -> StoreKind | None:
    """The kind of store that a storage driver or a snapshotter makes; None for a name that is not known."""
    folded = name.strip().casefold()
    if folded in _GRAPH_DRIVERS:
        return StoreKind.GRAPH_DRIVER
    return StoreKind.CONTAINERD if folded in _SNAPSHOTTERS else None


def choose(version: str, store: StoreKind, commit: str = "") -> Choice | None:
    """The rules of a release.

    Args:
        version: as ``docker version`` tells it, or a tag: ``24.0.7``, ``v25.0.0-rc.3``, ``20.10.24+dfsg1``.
        commit: the git commit that the engine was built from, where it is known.

    Returns:
        The rule set; that of the nearest release where this one is not among those compared, with a note that says so.
        None: the text has no version, or one that came before the oldest rule set of such a store: before 24.0.0-rc.3
        a containerd store has no cache (``MakeImageCache`` panics).
    """
    if store is StoreKind.CONTAINERD and _COMMIT.fullmatch(commit):
        return Choice(CONTAINERD_71EBFC7)
    found = _VERSION.match(version.strip())
    if found is None:
        return None
    release = _parsed(found)
    of_store = [rules for rules in RULE_SETS.values() if rules.store is store and rules.spans]
    for rules in of_store:
        if any(_first(span) <= release <= _last(span) for span in rules.spans):
            return Choice(rules)
    for kind, span, name, note in _NEARLY:
        if kind is store and _first(span) <= release <= _last(span):
            return Choice(RULE_SETS[name], note)
    before = [(_last(span), rules) for rules in of_store for span in rules.spans if _last(span) < release]
    if not before:
        return None
    last, rules = max(before, key=lambda pair: pair[0])
    newest = max(_last(span) for other in of_store for span in other.spans)
    if last == newest:
        return Choice(rules, f"{release} is newer than the newest release whose rules are known, {newest}.")
    return Choice(rules, f"{release} is between the releases that were compared: these are the rules of {last}.")


def fitting(store: ImageStore, named: str = "") -> Choice:
    """The rules of a store: those it was opened for by name, else those of its engine.

    Where only the kind of its engine's store is known, those of the engine that built the newest image, else of the
    newest release of that kind; where nothing is, those of `CONTAINERD_71EBFC7`.
    """
    if named in RULE_SETS:
        return Choice(RULE_SETS[named])
    release = store.release
    if release is None:
        return Choice(CONTAINERD_71EBFC7)
    kind = StoreKind(release.kind)
    chosen = choose(release.version, kind, release.commit)
    if chosen is not None:
        return chosen
    if not release.version and (built := newest_builder(store)):
        chosen = choose(built, kind)
        if chosen is not None:
            told = f"The version of its engine is not known; Docker {built} built its newest image"
            return Choice(chosen.rules, f"{told}: it is asked by the rules of that, {chosen.rules.title}.")
    newest = [rules for rules in RULE_SETS.values() if rules.store is kind][-1]
    told = f"the version {release.version} has no known rules" if release.version else "the version is not known"
    return Choice(newest, f"Of the engine of this store {told}: it is asked by the newest rules, {newest.title}.")


def newest_builder(store: ImageStore) -> str:
    """The engine version that the newest image of a store was built by; empty where no image tells."""
    told = [image for image in store.images if image.parent and image.created and image.config.docker_version]
    newest = max(told, key=lambda image: image.created.instant if image.created else (0, 0), default=None)
    if newest is None:
        return ""
    # It goes into sentences, also on a terminal.
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in newest.config.docker_version[:64])


def _parsed(match: re.Match[str]) -> Version:
    number, stage, count = match.groups()
    return Version(number + (f".{stage}{count or 0}" if stage else ""))


def _version(tag: str) -> Version:
    match = _VERSION.fullmatch(tag)
    assert match is not None, tag
    return _parsed(match)


def _first(span: Span) -> Version:
    return _version(span.first)


def _last(span: Span) -> Version:
    return _version(span.last)
