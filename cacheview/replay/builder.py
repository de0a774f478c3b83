"""The builder of a store: that of its engine, else of the rules that it is asked by."""

from __future__ import annotations

from cacheview.dockerfile.release import MOBY_71EBFC7, RELEASES, BuilderRelease, builder_release
from cacheview.engine.ruleset import RuleSet, StoreKind
from cacheview.engine.rulesets import CONTAINERD_71EBFC7
from cacheview.engine.rulesets.releases import choose, newest_builder
from cacheview.model import ImageStore

__all__ = ["builder_of"]


def builder_of(store: ImageStore, rules: RuleSet) -> BuilderRelease:
    """The classic builder that goes with a store and its rules.

    That of the store's engine, or else of the one that built the newest image, where its rules are those that are
    asked; else of the newest release that the rules hold for.
    """
    release = store.release
    if release is not None and release.version:
        version, kind, commit = release.version, StoreKind(release.kind), release.commit
    else:
        version, kind, commit = newest_builder(store), rules.store, ""
    choice = choose(version, kind, commit) if version else None
    if choice is not None and choice.rules is rules:
        return builder_release(version, commit)
    if rules is CONTAINERD_71EBFC7:
        return MOBY_71EBFC7
    if not rules.spans:
        return RELEASES[-1][1]
    return builder_release(rules.spans[-1].last or rules.spans[-1].first)
