"""The lookup of a single probe: each image is compared, and no table is created."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.engine.ruleset import RuleSet
from cacheview.model import ContainerConfig, Image, Probe
from cacheview.model.effort import paced

__all__ = ["is_match", "newest_of"]


def newest_of(images: Sequence[Image], probe: Probe, rules: RuleSet) -> Image | None:
    """Return the local cache's answer, like `CandidateIndex.newest`."""
    # The comparison that rules out the most images comes first, inlined; the rest is done for the few that are left.
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
            continue  # on a tie, the first in store order wins
        if is_match(rules, probe, image, config):
            best = (created.instant, image)
    return best[1] if best is not None else None


def is_match(rules: RuleSet, probe: Probe, image: Image, stored: ContainerConfig | None) -> bool:
    """Return whether an image meets the requirements and has a matching config. The order does not matter."""
    if not rules.configs_match(probe.config, stored):
        return False
    return all(requirement.matches(probe, image) for requirement in (*rules.requirements, *rules.later))
