"""The reason for a step's miss, and what would make it a hit, in terms of a Dockerfile and the command line.

The engine reports which values of a probe differ, but people do not write these values: an instruction sets several at
once, a build argument is among the words of a command, and the parent results from earlier steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cacheview.engine import Explanation, ImageCache
from cacheview.engine.candidate import container_config_of
from cacheview.engine.history import created_by
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.engine.words.phrases import known_as
from cacheview.engine.writable import BUILD_ARGUMENTS
from cacheview.model import ContainerConfig, DataError, Image
from cacheview.model.image import familiar, instruction_of
from cacheview.replay.result import Step
from cacheview.wording import plural

__all__ = ["Remedy", "remedy_of"]

_MAX_CANDIDATES: Final = 20
_MAX_REFERENCES: Final = 20
_MAX_ANCESTORS: Final = 200
_MAX_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy for a miss.

    Attributes:
        reason: a sentence on how the step differs from the nearest candidate; empty: see the engine's explanation.
        edits: short descriptions of edits, each of which makes the step a hit; none if no edit would.
    """

    reason: str = ""
    edits: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        """The edits in one phrase."""
        return ", or ".join(self.edits)


def remedy_of(step: Step, explanation: Explanation, cache: ImageCache) -> Remedy:
    """Return the remedy for a step that misses.

    Args:
        step: the step, with its probe.
        explanation: the explanation of the miss.
        cache: the cache of its lookup.
    """
    edits = list(_of_references(explanation, cache))
    reason = ""
    for near in itertools.islice(explanation.nearest(), _MAX_CANDIDATES):
        result = _of_arguments(explanation, near.image) or _of_line(step, explanation, near.image, cache)
        if result is not None:
            reason, edit = result
            if edit and not edits:
                edits.append(edit)
            break
    return Remedy(reason, tuple(edits))


# --cache-from


def _of_references(explanation: Explanation, cache: ImageCache) -> Iterator[str]:
    """Yield edits of the references: removing all, or adding one."""
    probe = explanation.trace.probe
    fresh = ImageCache(cache.store, cache.rules)  # a build looks up its references once; here they vary
    if probe.cache_from and _is_hit(fresh.verdict(probe.model_copy(update={"cache_from": ()}))):
        yield "leave out --cache-from"
    for name in itertools.islice(_references(explanation, cache), _MAX_REFERENCES):
        verdict = fresh.verdict(probe.model_copy(update={"cache_from": (*probe.cache_from, name)}))
        if _is_hit(verdict) and not _brings_more(verdict, explanation, cache):
            yield f"add --cache-from {name}"
            return


def _is_hit(verdict: Verdict) -> bool:
    return verdict.outcome is VerdictOutcome.HIT


def _brings_more(verdict: Verdict, explanation: Explanation, cache: ImageCache) -> bool:
    """Whether the answer is an image with further steps after the one that was looked up."""
    parent = cache.store.by_id.get(explanation.trace.probe.parent)
    length = len(parent.history) if parent is not None else 0
    return verdict.image is not None and len(verdict.image.history) > length + 1


def _references(explanation: Explanation, cache: ImageCache) -> Iterator[str]:
    """Yield names of images that have the step in their history or were built on the local match, shortest first."""
    probe, local = explanation.trace.probe, explanation.verdict.local
    parent = cache.store.by_id.get(probe.parent)
    place, value = len(parent.history) if parent is not None else 0, created_by(probe.config)
    for image in sorted(cache.store.images, key=lambda image: len(image.history)):
        if not image.names:
            continue
        has_step = len(image.history) > place and image.history[place].created_by == value
        if has_step or (local is not None and _is_built_on(image, local, cache)):
            yield familiar(image.names[0])


def _is_built_on(image: Image, ancestor: Image, cache: ImageCache) -> bool:
    current: Image | None = image
    for _ in range(_MAX_ANCESTORS):
        if current is None or current.id == ancestor.id:
            return current is not None
        current = cache.store.by_id.get(current.parent) if current.parent else None
    return False


# Build arguments


def _of_arguments(explanation: Explanation, image: Image) -> tuple[str, str] | None:
    """Return the reason and edit for a ``RUN`` that differs only in the build arguments before its command."""
    image_value, probe_value = container_config_of(image), explanation.trace.probe.config
    if image_value is None or not _differs_in_command_alone(explanation, image):
        return None
    probe_arguments, probe_command = _arguments(probe_value)
    image_arguments, image_command = _arguments(image_value)
    if probe_command != image_command or (probe_arguments is None and image_arguments is None):
        return None
    changes = list(_changes(probe_arguments or {}, image_arguments or {}))
    if not changes:
        what = "with" if image_arguments is not None else "without"
        names = "a proxy argument (such as HTTP_PROXY) that no ARG declares"
        edit = f"add {names}" if image_arguments is not None else f"leave out {names}"
        return f"The nearest image is {known_as(image)}, which was built {what} {names}.", edit
    text = "; ".join(phrase for phrase, _ in changes)
    word = plural(len(changes), "a different build argument", "different build arguments")
    edits = "; ".join(edit for _, edit in changes)
    return f"The nearest image is {known_as(image)}, which was built with {word} ({text}).", edits


def _arguments(config: ContainerConfig) -> tuple[Mapping[str, str] | None, tuple[str, ...]]:
    """Return the build arguments before a command, and the command; None if there are none, not even hidden ones."""
    words = config.Cmd or ()
    prefix = BUILD_ARGUMENTS.fullmatch(words[0]) if words else None
    if prefix is None:
        return None, words
    count = int(prefix[1])
    pairs = (word.partition("=") for word in words[1 : count + 1])
    return {name: value for name, _, value in pairs}, words[count + 1 :]


def _changes(probe_value: Mapping[str, str], image_value: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each difference as a phrase and as an edit."""
    for name in sorted(probe_value.keys() | image_value.keys()):
        wanted, stored = probe_value.get(name), image_value.get(name)
        if wanted == stored:
            continue
        if stored is None:
            yield f"{name}: {_shown(wanted)}, was not set", f"leave out {name}"
        else:
            difference = (
                f"{_shown(wanted)}, was {_shown(stored)}" if wanted is not None else f"not set, was {_shown(stored)}"
            )
            yield f"{name}: {difference}", f"use --build-arg {name}={_shown(stored) if stored else ''}"


def _shown(value: str | None) -> str:
    text = value or ""
    return (text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…") or "empty"


def _differs_in_command_alone(explanation: Explanation, image: Image) -> bool:
    rules, stored = explanation.trace.rules, container_config_of(image)
    config = explanation.trace.probe.config
    return all(field == "Cmd" or rules.field_matches(field, config, stored) for field in rules.compared_fields)


# Another instruction


def _of_line(step: Step, explanation: Explanation, image: Image, cache: ImageCache) -> tuple[str, str] | None:
    """Return the reason and edit for a step that would be a hit with the candidate's instruction."""
    if step.probe_of_line is None or step.copy is not None or not image.history:
        return None
    line = instruction_of(image.history[-1].created_by)
    if not line or len(line) > _MAX_CHARACTERS or "\n" in line:
        return None
    try:
        config = step.probe_of_line(line)
    except DataError:
        return None
    probe = explanation.trace.probe
    config = config.model_copy(update={"Image": probe.config.Image})
    verdict = cache.verdict(probe.model_copy(update={"config": config}))
    if not _is_hit(verdict) or verdict.image is None or verdict.image.id != image.id:
        return None
    place = f" on line {step.line}" if step.line else ""
    edit = f"change the instruction{place} to {line}"
    return f"The nearest image is {image.title}, which was created by {line}.", edit
