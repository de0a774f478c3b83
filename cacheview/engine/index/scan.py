"""A probe that is looked up once: each image is compared, and no table is made."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.engine.ruleset import RuleSet
from cacheview.model import ContainerConfig, Image, Probe
from cacheview.model.effort import paced

__all__ = ["is_match", "newest_of"]


def newest_of(images: Sequence[Image], probe: Probe, rules: RuleSet) -> Image | None:
    """The local cache's answer, as `CandidateIndex.newest` finds it."""
    # What distinguishes most images comes first, written out; the rest is compared of the few that are left.
    by_command, command = rules.compares_commands, probe.config.Cmd or ()
    best: tuple[tuple[int, int], Image] | None = None
    for image in paced(images):
        config = image.container_config
        if config is None:
            config = image.config.container_config
        if by_command and ((config.Cmd or ()) if config is not None else ()) != command:
            continue
        created = rules.time(image.created)
        if created is None or (best is not None and created.instant <= best[0]):
            continue  # of equal times the first in store order wins
        if is_match(rules, probe, image, config):
            best = (created.instant, image)
    return best[1] if best is not None else None


def is_match(rules: RuleSet, probe: Probe, image: Image, stored: ContainerConfig | None) -> bool:
    """Whether an image is as required and its config matches. The order makes no difference to that."""
    if not rules.configs_match(probe.config, stored):
        return False
    return all(requirement.matches(probe, image) for requirement in (*rules.requirements, *rules.later))
