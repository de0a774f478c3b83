"""Finds out whether an image is the one that the cache would restore, because an earlier build may have created it."""

from __future__ import annotations

from typing import Final

from cacheview.engine.doubts import doubts_about, prefix_doubts
from cacheview.engine.restore import identity
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets.releases import choose
from cacheview.engine.stage_check import Certainty, joined
from cacheview.engine.words.doubts import ENGINE_VERSION
from cacheview.model import Doubt, Image, ImageConfig, ImageStore

__all__ = ["is_restored"]

_VERSION_DOUBT: Final = Doubt(aspect="config.other", reason=ENGINE_VERSION[0], remedy=ENGINE_VERSION[1])


def is_restored(
    rules: RuleSet, store: ImageStore, config: ImageConfig, source: Image, image: Image
) -> tuple[Certainty, tuple[Doubt, ...]]:
    """Return whether an image has exactly the config restored from a source, and the doubts if it is *maybe*."""
    by_daemon = _is_of_daemon(rules, store, image.config)
    if by_daemon is Certainty.NO:
        return Certainty.NO, ()
    history_doubts = prefix_doubts(image, source, rules)
    other_doubts = joined(doubts_about(source, "config.other"), doubts_about(image, "config.other"))
    unread: dict[str, None] = {"history": None, "created": None} if history_doubts else {}
    if other_doubts:
        unread["os_features"] = None
    probe_value, image_value = config.model_copy(update=unread), image.config.model_copy(update=unread)
    if identity(rules, probe_value) != identity(rules, image_value):
        return Certainty.NO, ()
    doubts = joined(history_doubts, other_doubts, () if by_daemon is Certainty.YES else (_VERSION_DOUBT,))
    return (Certainty.MAYBE if doubts else Certainty.YES), doubts


def _is_of_daemon(rules: RuleSet, store: ImageStore, config: ImageConfig) -> Certainty:
    """Return whether a config names the version that the store's daemon writes into the config of a restored image."""
    if rules.restoring.is_oci:
        return Certainty.YES  # this config has no field for a version
    if not rules.restoring.writes_version:
        return Certainty.NO if config.docker_version else Certainty.YES
    if not config.docker_version:
        return Certainty.NO
    version = store.release.version if store.release is not None else ""
    if version and _has_rules(rules, version):
        return Certainty.YES if version == config.docker_version else Certainty.NO
    return Certainty.MAYBE if _has_rules(rules, config.docker_version) else Certainty.NO


def _has_rules(rules: RuleSet, version: str) -> bool:
    choice = choose(version, rules.store)
    return choice is not None and choice.rules is rules
