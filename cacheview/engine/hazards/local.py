"""The hazards of a hit of the local cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.cache import ImageCache
from cacheview.engine.candidate import container_config_of
from cacheview.engine.doubts import doubts_about
from cacheview.engine.hazards.configs import asks_for_mark, differing, is_restored, says_nothing, uncompared
from cacheview.engine.hazards.kinds import Hazard, HazardKind
from cacheview.engine.layers import is_next_step
from cacheview.engine.words.phrases import listed, names
from cacheview.model import SCRATCH, ContainerConfig, Image, Probe

__all__ = ["of_layer_match", "of_local_hit"]


def of_local_hit(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    """Of an image that matched by its container config."""
    yield from _ties(cache, probe, image)
    known = not doubts_about(image, "container_config")
    if known:
        yield from _of_configs(cache, probe, image)
    taken = not (cache.rules.by_layers or cache.rules.marks_first_steps or asks_for_mark(cache.rules))
    origin = doubts_about(image, "from_scratch", "parent", "container_config", "history", "history.created_by")
    if taken and probe.parent == SCRATCH and not image.is_first_step and not origin:
        entries = len(image.history)
        yield Hazard(
            HazardKind.PULLED_FOR_SCRATCH,
            f"{image.title} was not made by the first step of a FROM scratch build: it has {entries} history "
            f"entr{'y' if entries == 1 else 'ies'}, so it was pulled, loaded or imported. A step FROM scratch takes "
            "any image without a parent whose config matches.",
            "Begin the build with a step that no other image has, such as a LABEL of its own.",
            image,
        )


def _ties(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    time = cache.rules.time
    created = time(image.created)
    if created is None or doubts_about(image, "created"):
        return
    index = cache.candidates(probe.parent)
    ties = []
    for position in index.matches(probe):
        other = index.image(position)
        theirs = time(other.created)
        if theirs is None or theirs.instant != created.instant:
            break  # they come in the order of their times, the latest first
        if other.id != image.id and not doubts_about(other, "container_config", "created", "parent", "built_locally"):
            ties.append(other)
    if ties:
        when = "have no time of creation, which reads as year 1"
        if image.created is not None:
            when = "were created at the same instant, to the nanosecond"
        yield _tie(image, ties, f"match and {when}: which of them is the answer depends on the order in which")


def _tie(image: Image, ties: Sequence[Image], why: str) -> Hazard:
    return Hazard(
        HazardKind.TIE,
        f"{image.title} and {names(ties)} {why} the store lists them.",
        "Remove one of them, or build again without cache so that one is newer.",
        image,
    )


def _of_configs(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    kept = container_config_of(image)
    stored = kept or ContainerConfig()
    wild = [key for key, value in (stored.Labels or {}).items() if not value and key not in (probe.config.Labels or {})]
    if wild:
        yield Hazard(
            HazardKind.LABEL_WILDCARD,
            f"The image has the label {listed(wild)} with an empty value and the probe has other labels instead: "
            "a label that the probe lacks reads as empty, so it matches.",
            "Give labels a value: an empty one matches any label in its place.",
            image,
            ("Labels",),
        )
    # It is a hit, so what differs is not compared, or not all of it.
    fields = tuple(field for field in differing(probe.config, stored) if field != "Labels")
    if fields and kept is not None:  # what is not stored is not known to differ
        why, advice = "these rules do not compare it", "Build without cache if the image is not your own."
        if not asks_for_mark(cache.rules):
            why = "these rules do not compare it, and those since Docker 25.0.2, 24.0.9 and 23.0.10 refuse the image"
        yield uncompared(image, fields, why, f"{advice} Docker 25.0.2 and later compare all fields.")
    if is_restored(image) and says_nothing(probe.config):
        yield Hazard(
            HazardKind.EMPTY_CONFIG,
            f"{image.title} was made by the cache itself, of a step of another image, and nothing is recorded of what "
            "it was made with: that reads as an empty config, which is what is asked for, whatever its step was.",
            "Remove it, or give the step a command.",
            image,
        )


def of_layer_match(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    """Of a child that matched by its history and layers alone."""
    parent = cache.store.by_id.get(probe.parent)
    assert parent is not None
    ties = [
        other
        for other in cache.children(probe.parent)
        if other.id != image.id
        and is_next_step(other, parent, probe.config, cache.rules)
        and not doubts_about(other, "history", "history.created", "history.created_by", "diff_ids")
    ]
    if ties:
        yield _tie(image, ties, "both come next by their history: the answer is the first in the order in which")
