"""Finds the rule set for a release and a storage driver, such as "Docker 24.0.7, overlay2"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cacheview.engine.ruleset import RuleSet, Span
from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.words import choosing as words
from cacheview.model import DockerVersion, Release, StoreKind

__all__ = ["RuleSetChoice", "choose", "newest_rules", "store_kind"]

_GRAPH_DRIVERS = frozenset(
    (
        *("aufs", "btrfs", "devicemapper", "fuse-overlayfs", "graph driver", "graphdriver", "overlay", "overlay2"),
        *("vfs", "windowsfilter", "zfs"),
    )
)
_SNAPSHOTTERS = frozenset(("containerd", "nydus", "overlayfs", "native", "soci", "stargz", "windows"))

_EXCEPTIONS: Final = (
    # GetCache of daemon/containerd/cache.go (8bd01768) looks up the empty id, which 24.0.3 no longer does.
    (
        StoreKind.CONTAINERD,
        Span("v24.0.0-rc.3", "v24.0.2"),
        "containerd-24.0.7",
        "Before Docker 24.0.3, a FROM scratch step fails the build. Under these rules (those of 24.0.3), such "
        "a step is a miss. There is no other difference.",
    ),
)
"""Releases with the rules of a rule set except for one difference: the kind of store, the releases, the name of the
rule set, and the difference.
"""


@dataclass(frozen=True, slots=True)
class RuleSetChoice:
    """A rule set, and how it was found.

    Attributes:
        note: how the rules differ from those of the release, in a sentence; usually empty.
        version, commit: of the requested release, as specified; empty: not specified.
    """

    rules: RuleSet
    note: str = ""
    version: str = ""
    commit: str = ""

    @property
    def puller(self) -> Release:
        """The daemon as it pulls images."""
        return Release(self.rules.store, self.version, self.commit)


def store_kind(name: str) -> StoreKind | None:
    """Return the kind of store that a storage driver or a snapshotter creates; None: the name is not known."""
    folded = name.strip().casefold()
    if folded in _GRAPH_DRIVERS:
        return StoreKind.GRAPH_DRIVER
    return StoreKind.CONTAINERD if folded in _SNAPSHOTTERS else None


def newest_rules(store: StoreKind) -> RuleSet:
    """Return the rules of the newest release for this kind of store."""
    _, rules = max(((rules.newest, rules) for rules in _of_store(store) if rules.newest), key=lambda pair: pair[0])
    return rules


def choose(version: str, store: StoreKind, commit: str = "") -> RuleSetChoice | None:
    """Return the rules of a release.

    Args:
        version: as ``docker version`` shows it, or a tag: see `DockerVersion.parse`.
        commit: the git commit that the daemon was built from, if known.

    Returns:
        The rule set. If the release is not one of those compared, it is the rule set of the nearest release, with a
        note. None: the text contains no version, or one older than the oldest rule set of this kind. Before
        24.0.0-rc.3, a containerd store has no cache (``MakeImageCache`` panics).
    """
    for rules in RULE_SETS.values():
        if rules.store is store and rules.commit and commit.startswith(rules.commit):
            return RuleSetChoice(rules, "", version, commit)
    release = DockerVersion.parse(version)
    if release is None:
        return None
    of_store = _of_store(store)
    for rules in of_store:
        if any(_contains(span, release) for span in rules.spans):
            return RuleSetChoice(rules, "", version, commit)
    for kind, span, name, note in _EXCEPTIONS:
        if kind is store and _contains(span, release):
            return RuleSetChoice(RULE_SETS[name], note, version, commit)
    last_releases = [(span.versions()[1], rules) for rules in of_store for span in rules.spans]
    earlier = [(last, rules) for last, rules in last_releases if last < release]
    if not earlier:
        return None
    last, rules = max(earlier, key=lambda pair: pair[0])
    newest = max(last for last, _ in last_releases)
    note = words.newer_than_known(release, newest) if last == newest else words.unchecked(release, last)
    return RuleSetChoice(rules, note, version, commit)


def _of_store(store: StoreKind) -> list[RuleSet]:
    """Return the rule sets for this kind of store that belong to releases."""
    return [rules for rules in RULE_SETS.values() if rules.store is store and rules.spans]


def _contains(span: Span, release: DockerVersion) -> bool:
    first, last = span.versions()
    return first <= release <= last
