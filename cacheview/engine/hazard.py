"""Verdicts that are right by the rules, and surprising all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cacheview.engine.cache import ImageCache
from cacheview.engine.doubts import doubts_about, prefix_doubts
from cacheview.engine.history import created_by
from cacheview.engine.index import container_config_of
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import CONFIG_FIELDS, SCRATCH, ContainerConfig, FieldKind, Image, Probe, field_kind

__all__ = ["Hazard", "HazardKind", "hazards"]


class HazardKind(Enum):
    """The hazards of RULES, by name."""

    FURTHER_STEPS = "further steps"
    TIE = "tie of created"
    LABEL_WILDCARD = "label wildcard"
    JOIN_COLLISION = "join collision"
    UNCOMPARED_FIELD = "field not compared"
    LOCAL_DISCARDED = "local match thrown away"
    PULLED_FOR_SCRATCH = "pulled image for scratch"
    DIVERGENCE = "divergence"


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard where it occurs.

    Attributes:
        sentence: what is surprising, in words that a user of Docker understands.
        advice: what to do about it.
        image: the image that it is about.
        fields: the config fields that it is about; may be empty.
    """

    kind: HazardKind
    sentence: str
    advice: str
    image: Image
    fields: tuple[str, ...] = ()


# In no release are these compared: they name the container, not what it does.
_NAMING_FIELDS = frozenset({"Hostname", "Domainname", "Image", "MacAddress"})


def hazards(cache: ImageCache, probe: Probe, verdict: Verdict) -> tuple[Hazard, ...]:
    """All hazards of a verdict. None is told of values that are not known exactly."""
    found: list[Hazard] = []
    if verdict.outcome is VerdictOutcome.HIT and verdict.stage is StageKind.LOCAL:
        found.extend(_of_local_hit(cache, probe, verdict))
    if verdict.outcome is VerdictOutcome.HIT and verdict.stage is StageKind.HISTORY:
        found.extend(_of_history_hit(cache, probe, verdict))
    if verdict.local is not None and verdict.stage not in (StageKind.LOCAL, StageKind.DESCENT):
        found.append(
            Hazard(
                HazardKind.LOCAL_DISCARDED,
                f"The local cache has a match, {verdict.local.title}, and it is thrown away: with --cache-from it "
                "counts only if one of the sources has it as its parent.",
                "Leave out --cache-from, or name an image that was built on this match.",
                verdict.local,
            )
        )
    if verdict.outcome is VerdictOutcome.DIVERGES and verdict.local is not None:
        found.append(
            Hazard(
                HazardKind.DIVERGENCE,
                f"The daemon would never answer: neither the source nor the local match {verdict.local.title} has a "
                "parent recorded, so it asks the same question again and again until it dies of stack overflow.",
                "Leave out --cache-from, or name only images that were built here on a parent.",
                verdict.local,
            )
        )
    return tuple(found)


def _of_local_hit(cache: ImageCache, probe: Probe, verdict: Verdict) -> Iterator[Hazard]:
    image = verdict.image
    assert image is not None
    index = cache.candidates(probe.parent)
    matches = [index.image(position) for position in index.matches(probe)]
    ties = [
        other
        for other in matches[1:]
        if other.created is not None
        and image.created is not None
        and other.created.instant == image.created.instant
        and not doubts_about(other, "container_config", "created", "parent")
    ]
    if doubts_about(image, "created"):
        ties = []
    if ties:
        yield Hazard(
            HazardKind.TIE,
            f"{image.title} and {_names(ties)} match and were created at the same instant, to the nanosecond: "
            "which of them is the answer depends on the order in which the store lists them.",
            "Remove one of them, or build again without cache so that one is newer.",
            image,
        )
    stored = container_config_of(image) or ContainerConfig()
    known = not doubts_about(image, "container_config")
    wild = [key for key, value in (stored.Labels or {}).items() if not value and key not in (probe.config.Labels or {})]
    if wild and known:
        yield Hazard(
            HazardKind.LABEL_WILDCARD,
            f"The image has the label {_words(wild)} with an empty value and the probe has other labels instead: "
            "a label that the probe lacks reads as empty, so it matches.",
            "Give labels a value: an empty one matches any label in its place.",
            image,
            ("Labels",),
        )
    uncompared = tuple(field for field in _differing(probe.config, stored) if not _is_compared(cache, field))
    if uncompared and known and container_config_of(image) is not None:  # what is not stored is not known to differ
        yield _uncompared(image, uncompared, "these rules do not compare it")
    origin = doubts_about(image, "from_scratch", "parent", "container_config", "history", "history.created_by")
    if probe.parent == SCRATCH and not image.is_first_step and not origin:
        entries = len(image.history)
        yield Hazard(
            HazardKind.PULLED_FOR_SCRATCH,
            f"{image.title} was not made by the first step of a FROM scratch build: it has {entries} history "
            f"entr{'y' if entries == 1 else 'ies'}, so it was pulled, loaded or imported. A step FROM scratch takes "
            "any image without a parent whose config matches.",
            "Begin the build with a step that no other image has, such as a LABEL of its own.",
            image,
        )


def _is_compared(cache: ImageCache, field: str) -> bool:
    return field in cache.rules.compared_fields and field in cache.rules.image_fields


def _of_history_hit(cache: ImageCache, probe: Probe, verdict: Verdict) -> Iterator[Hazard]:
    image = verdict.image
    assert image is not None
    parent = cache.store.by_id.get(probe.parent)
    step = len(parent.history) if parent is not None else 0
    further = len(image.history) - step - 1
    lengths = (*doubts_about(image, "history"), *(doubts_about(parent, "history") if parent is not None else ()))
    if further and not lengths:
        yield Hazard(
            HazardKind.FURTHER_STEPS,
            f"The answer is the whole image {image.title}, which has {further} further "
            f"step{'' if further == 1 else 's'} after the one that was asked for: the next instruction builds on top "
            "of all of them.",
            "Name as --cache-from the image of the step itself, or leave --cache-from out.",
            image,
        )
    made = _image_of_step(cache, image, step)
    stored = container_config_of(made) if made is not None else None
    if made is None or stored is None or doubts_about(made, "container_config") or lengths:
        return  # what the step was made with is not known, so nothing can be said of it
    ours, theirs = probe.config.Cmd or (), stored.Cmd or ()
    if ours != theirs and " ".join(theirs) == created_by(probe.config):
        yield Hazard(
            HazardKind.JOIN_COLLISION,
            f"The step was made with the command {_command(theirs)} and the probe has {_command(ours)}: "
            "they are told apart only by where their words end, and the history does not keep that.",
            "Make the commands differ in more than their spacing.",
            made,
            ("Cmd",),
        )
    differing = tuple(field for field in _differing(probe.config, stored) if field != "Cmd")
    if differing:
        yield _uncompared(made, differing, "a history match compares nothing but the command")


def _image_of_step(cache: ImageCache, source: Image, step: int) -> Image | None:
    """The image whose last history entry is the step: the source or one it was built on; None: not in the store."""
    current: Image | None = source
    for _ in range(len(source.history) - step):
        if current is None or len(current.history) <= step:
            return None
        if len(current.history) == step + 1:
            alike = current.history_keys == source.history_keys[: step + 1]
            return current if alike and not prefix_doubts(current, source) else None
        current = cache.store.by_id.get(current.parent) if current.parent else None
    return None


def _uncompared(image: Image, fields: tuple[str, ...], why: str) -> Hazard:
    one = len(fields) == 1
    return Hazard(
        HazardKind.UNCOMPARED_FIELD,
        f"{_words(fields)} differ{'s' if one else ''} from the image's, and it is a hit all the same: {why}. "
        "An image made for the purpose can be taken from the cache this way (CVE-2024-24557).",
        "Build without cache if the image is not your own; Docker 25.0.2 and 24.0.9 compare all fields.",
        image,
        fields,
    )


def _differing(probe: ContainerConfig, image: ContainerConfig) -> Iterator[str]:
    """The fields in which two configs say different things; null and empty say the same."""
    for field in CONFIG_FIELDS:
        if field in _NAMING_FIELDS:
            continue
        ours, theirs = getattr(probe, field), getattr(image, field)
        if field_kind(field) in (FieldKind.LIST, FieldKind.MAP, FieldKind.SET):
            ours, theirs = ours or None, theirs or None
        if ours != theirs:
            yield field


def _names(images: list[Image]) -> str:
    shown = ", ".join(image.title for image in images[:3])
    return shown if len(images) <= 3 else f"{shown} and {len(images) - 3} more"


def _words(words: tuple[str, ...] | list[str]) -> str:
    shown = list(words[:5]) + ([f"{len(words) - 5} more"] if len(words) > 5 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _command(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
