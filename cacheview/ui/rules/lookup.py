"""Finds the rules for what the user types about an engine. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cacheview.engine.rulesets.releases import choose, store_kind

if TYPE_CHECKING:
    from cacheview.engine import RuleSet

__all__ = ["DRIVERS", "FoundRules", "find", "releases_of"]

DRIVERS: Final = (
    *("overlay2", "containerd", "fuse-overlayfs", "btrfs", "zfs", "vfs", "windowsfilter"),
    *("devicemapper", "aufs", "overlay"),
)
"""Storage drivers to choose from, as ``docker info`` shows them, the most common first. Others can be typed."""

_MAX_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class FoundRules:
    """The result for the typed text.

    Attributes:
        rules: the rule set; None: there is none.
        name: the name by which `daemon_of` finds the rules and the version's builder.
        text: what was found, or why nothing was found, and what to do.
        note: a note on these rules; usually empty.
        is_unfinished: whether nothing was found because nothing was typed yet.
    """

    rules: RuleSet | None
    text: str
    note: str = ""
    name: str = ""
    is_unfinished: bool = False


def find(version: str, driver: str, commit: str = "") -> FoundRules:
    """Return the rules of a version with a storage driver, or a containerd store."""
    version, driver, commit = (text.strip()[:_MAX_CHARACTERS] for text in (version, driver, commit))
    if not version and not commit:
        text = "Enter a version as shown by `docker version`, such as 24.0.7, v25.0.0-rc.3 or 20.10.24+dfsg1."
        return FoundRules(None, text, is_unfinished=True)
    if not driver:
        return FoundRules(None, "Choose the storage driver that `docker info` shows.", is_unfinished=True)
    kind = store_kind(driver)
    if kind is None:
        return FoundRules(None, f"Unknown storage driver “{driver}”. Choose the driver that `docker info` shows.")
    choice = choose(version, kind, commit)
    if choice is not None:
        # A commit determines the rule set, and its builder with it.
        name = choice.rules.name if choice.rules.commit else f"{version}, {kind.value}"
        return FoundRules(choice.rules, choice.rules.title, choice.note, name)
    if not version:
        return FoundRules(None, f"The commit {commit} alone is not enough. Enter the version too.")
    from cacheview.engine import RULE_SETS

    oldest = next(span.first for rules in RULE_SETS.values() if rules.store is kind for span in rules.spans)
    return FoundRules(
        None,
        f"No rules are known for “{version}” with a {kind.store_title}: the oldest known rules are "
        f"for {oldest}. Enter a version such as 24.0.7.",
    )


def releases_of(rules: RuleSet) -> str:
    """Return the name of a rule set, and the releases that it applies to."""
    return f"{rules.name}, for {', '.join(map(str, rules.spans)) or 'no release'}"
