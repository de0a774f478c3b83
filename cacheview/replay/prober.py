"""The cache as one stage uses it: the stage's current image, and whether a step has missed.

Source: moby ``imageProber`` in ``builder/dockerfile/imageprobe.go``. After a miss nothing more is looked up until the
next stage. An unknown step may have hit one of several images, or none, so the next step is looked up on each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cacheview.engine.build_cache import BuildCache, BuildEffects
from cacheview.engine.cache import ImageCache
from cacheview.engine.candidate import container_config_of
from cacheview.engine.verdict import UnknownAnswer, Verdict, VerdictOutcome
from cacheview.engine.words.phrases import parent_title
from cacheview.engine.words.verdict import words_of_unknown
from cacheview.model import ContainerConfig, Image, ImageStore, Platform, Probe
from cacheview.replay.new_images import NewImages
from cacheview.replay.result import StepStatus

__all__ = ["CHECKSUM_PLACEHOLDER", "StageProber", "StepAnswer", "key_without_checksum"]

_CHECKSUM: Final = re.compile(r"(?:(?:file|dir|multi):)?[0-9a-f]{64}")
CHECKSUM_PLACEHOLDER: Final = "\0"
"""The placeholder for a checksum that is not known."""
_CHECKSUM_OF_NO_IMAGE: Final = "\1"
"""A checksum that no image is reported to have: it can only hit an image whose command is not known."""
_AFTER_UNKNOWN: Final = "the answer depends on the result of the previous step, which is unknown"
_SOURCES_UNKNOWN: Final = "the store does not show whether the layers of the --cache-from images are unpacked"
_MAX_SHOWN_PARENTS: Final = 3
_MAX_TRIED_CHECKSUMS: Final = 500
"""The most checksums that are tried for files that are not known. Beyond that, the step is unknown."""


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """The answer to a step.

    Attributes:
        status: see `StepStatus`; never `NO_PROBE`.
        images: the images that it hits: one for a hit; for an unknown step, all that it may hit, as far as known.
        perhaps: for a hit on an image that the cache created, the ids of images in the store that it may be.
        probe: the probe that was looked up; None: none, or more than one.
        fatal: the verdict that ends the build here; None: it continues.
        reason: the reason that it is not known, as a sentence.
        cache: the cache of the lookup if the build has changed the store; None: the store as it is.
        remedies: sentences on how to make it known.
        misses_on: for an unknown step or a miss, the images that the step may be built on if it misses.
    """

    status: StepStatus
    images: tuple[Image, ...] = ()
    perhaps: tuple[str, ...] = ()
    probe: Probe | None = None
    fatal: Verdict | None = None
    reason: str = ""
    cache: ImageCache | None = None
    remedies: tuple[str, ...] = ()
    misses_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lookup:
    """One probe and its result.

    Attributes:
        branch: the branch of the stage after a hit.
        cache: the cache of the lookup; the answer may have changed that of the branch.
    """

    branch: _Branch
    verdict: Verdict
    probe: Probe
    cache: ImageCache


@dataclass(frozen=True, slots=True)
class _Branch:
    """A possible state of the stage. ``parent``: an image, scratch, or an image that this build creates."""

    build_cache: BuildCache
    parent: str


class StageProber:
    """Looks up the steps of one stage in the cache.

    Args:
        store: the store before the build.
        build_caches: new caches, since each stage looks up ``--cache-from`` again; several if its images or the current
            content of the store are not known; none if there are too many.
        parents: the ids that the stage may begin with, several if it is not known which.
        new_images: the images that this build has created so far; it grows.
        without_checksum: the ids of those whose files are not known, by parent and command; it grows.
        platform: the platform that the builder requests.
        new_id: returns an id for an image that the cache creates for the current step.
    """

    def __init__(
        self,
        store: ImageStore,
        build_caches: Sequence[BuildCache],
        parents: Iterable[str],
        new_images: NewImages,
        without_checksum: Mapping[tuple[str, str], str],
        platform: Platform | None,
        new_id: Callable[[Image], str],
    ) -> None:
        self._store = store
        self._build_caches = build_caches
        self._branches = [_Branch(build_cache.fork(), parent) for parent in parents for build_cache in build_caches]
        self._new_images = new_images
        self._platform = platform
        self._without_checksum = without_checksum
        self._new_id = new_id
        self._missed: list[BuildEffects] = []
        self._is_busted = False
        self._may_be_busted = self._has_too_many_states = not build_caches

    @property
    def is_busted(self) -> bool:
        """Whether it has certainly missed, so that nothing more is looked up."""
        return self._is_busted

    @property
    def has_too_many_states(self) -> bool:
        """Whether it has more possible states than are followed."""
        return self._has_too_many_states

    def bust_cache(self) -> None:
        """Behave as after a miss."""
        self._is_busted = True

    def stop_following(self) -> None:
        """Stop following its possible states."""
        self._has_too_many_states = True

    def resume(self, parent: str) -> None:
        """Continue from an image as if nothing had been missed."""
        build_caches = [branch.build_cache for branch in self._branches] or self._build_caches
        self._branches = [_Branch(build_cache.fork(), parent) for build_cache in build_caches]
        self._is_busted = False

    @property
    def possible_effects(self) -> tuple[BuildEffects, ...]:
        """The possible changes of the stage to the store; none: there are more states than are followed."""
        if self._has_too_many_states:
            return ()
        possible_effects = [*(branch.build_cache.effects for branch in self._branches), *self._missed]
        return tuple({effects.key: effects for effects in possible_effects}.values())

    @property
    def parents(self) -> tuple[str, ...]:
        """The images of the states that have not missed."""
        return tuple(dict.fromkeys(branch.parent for branch in self._branches))

    def ask(self, make: Callable[[str], ContainerConfig], checksum: str = "") -> StepAnswer:
        """Look up a step whose probe is known."""
        if self._is_busted:
            return StepAnswer(StepStatus.NOT_CHECKED)
        if self._has_too_many_states:
            return self._unknown([])
        config = make(checksum)
        return self._settle([self._look_up(branch, config) for branch in self._branches])

    def ask_any(self, make: Callable[[str], ContainerConfig]) -> StepAnswer:
        """Look up a step whose files are not known, with each checksum that could hit an image."""
        if self._is_busted:
            return StepAnswer(StepStatus.NOT_CHECKED)
        if self._has_too_many_states:
            return self._unknown([])
        lookups = []
        for branch in self._branches:
            checksums = set(self._checksums(branch, make(CHECKSUM_PLACEHOLDER)))
            if len(checksums) > _MAX_TRIED_CHECKSUMS:
                self._has_too_many_states = True
                return self._unknown([])
            checksums.add(_CHECKSUM_OF_NO_IMAGE)
            lookups += [
                self._look_up(_Branch(branch.build_cache.fork(), branch.parent), make(one)) for one in sorted(checksums)
            ]
        results = [each for one in lookups for each in self._hits(one)]
        earlier = list(self._after_equal_steps(make(CHECKSUM_PLACEHOLDER)))
        may_hit = any(one.verdict.outcome is not VerdictOutcome.MISS for one in lookups)
        if not may_hit and not earlier:
            self._is_busted = True
            return StepAnswer(
                StepStatus.MISS,
                reason=self._why_none("regardless of the files that the step copies"),
                misses_on=self.parents,
            )
        self._missed += [branch.build_cache.effects for branch in self._branches]
        misses_on = self.parents
        answer = self._unknown([*(branch for branch, _ in results), *earlier], [image for _, image in results])
        return replace(answer, misses_on=misses_on)

    def _settle(self, lookups: list[_Lookup]) -> StepAnswer:
        results = [each for one in lookups for each in self._hits(one)]
        fatal = [one.verdict for one in lookups if _ends_build(one.verdict)]
        unknown = [one.verdict.unknown for one in lookups if one.verdict.unknown is not None]
        is_one = bool(lookups) and len({branch.parent for branch in self._branches}) == 1
        probe, cache = (lookups[0].probe, self._changed(lookups[0])) if is_one else (None, None)
        if not results and not fatal and not unknown:
            self._is_busted = True
            whatever = "regardless of which of these images the previous step hit"
            reason = "" if probe is not None else self._why_none(whatever)
            return StepAnswer(StepStatus.MISS, probe=probe, cache=cache, reason=reason, misses_on=self.parents)
        if not self._may_be_busted and len(fatal) == len(lookups):
            return StepAnswer(StepStatus.MISS, probe=probe, fatal=fatal[0])
        branches, images = [branch for branch, _ in results], [image for _, image in results]
        is_sure = not self._may_be_busted and not unknown and len(results) == len(lookups)
        if is_sure and len({image.id for image in images}) == 1:
            self._branches = branches
            perhaps = dict.fromkeys(one.verdict.perhaps.id for one in lookups if one.verdict.perhaps is not None)
            return StepAnswer(StepStatus.HIT, tuple(images[:1]), tuple(perhaps), probe, cache=cache)
        self._missed += [one.branch.build_cache.effects for one in lookups if one.verdict.image is None]
        why = self._why(unknown[0], is_first=not self._may_be_busted) if unknown else {}
        misses = (before for before, one in zip(self._branches, lookups, strict=True) if _may_miss(one.verdict))
        why["misses_on"] = tuple(dict.fromkeys(before.parent for before in misses))
        return replace(self._unknown(branches, images, probe, cache), **why)

    def _hits(self, lookup: _Lookup) -> Iterator[tuple[_Branch, Image]]:
        """Yield the state of the stage after each hit that the answer may be, with the image."""
        verdict, build_cache = lookup.verdict, lookup.branch.build_cache
        if verdict.unknown is None:
            if verdict.image is not None:
                yield lookup.branch, verdict.image
            return
        restores = bool(build_cache.cache_from) and build_cache.cache.rules.may_restore
        if verdict.unknown.may_hit_others or not verdict.unknown.images or restores:  # a hit may have changed the cache
            self._has_too_many_states = True
        for image in verdict.unknown.images:
            yield _Branch(build_cache.fork(), image.id), image

    def _unknown(
        self,
        branches: Sequence[_Branch],
        images: Iterable[Image] = (),
        probe: Probe | None = None,
        cache: ImageCache | None = None,
    ) -> StepAnswer:
        distinct = {image.id: image for image in images}
        reason = _AFTER_UNKNOWN if self._may_be_busted and self._build_caches else _SOURCES_UNKNOWN
        self._may_be_busted = True
        self._branches = list(branches)
        return StepAnswer(StepStatus.UNKNOWN, tuple(distinct.values()), probe=probe, reason=reason, cache=cache)

    def _why(self, unknown: UnknownAnswer, *, is_first: bool) -> dict[str, Any]:
        """Return the reason and remedies for a step whose probe is known but whose answer is not."""
        words = words_of_unknown(self._build_caches[0].cache.rules, unknown)
        reason = f"{words.sentence}. {words.reason}".rstrip(".")
        if not is_first:
            reason = f"{words.sentence}, provided that the unknown steps before it are hits"
        remedies = tuple(dict.fromkeys(each.doubt.remedy for each in unknown.doubts))
        return {"reason": reason, "remedies": remedies}

    def _look_up(self, branch: _Branch, config: ContainerConfig) -> _Lookup:
        """Look up a step in the cache."""
        build_cache = branch.build_cache
        by_layers = build_cache.cache.rules.by_layers
        build_cache.add(
            self._new_images.relevant_images(branch.parent, " ".join(config.Cmd or ()), by_layers=by_layers)
        )
        probe = Probe(
            parent=branch.parent, config=config.model_copy(update={"Image": branch.parent}), platform=self._platform
        )
        cache = build_cache.cache
        probe, verdict = build_cache.look_up(probe, self._new_id)
        parent = verdict.image.id if verdict.image is not None else branch.parent
        return _Lookup(_Branch(build_cache, parent), verdict, probe, cache)

    def _why_none(self, whatever: str) -> str:
        parents = [parent_title(branch.build_cache.cache.store, branch.parent) for branch in self._branches]
        if not parents:
            return "the build cannot continue from any image that the previous step may have hit"
        shown = " or ".join(dict.fromkeys(parents[:_MAX_SHOWN_PARENTS]))
        return f"no image built on {shown} matches this step, {whatever}"

    def _changed(self, lookup: _Lookup) -> ImageCache | None:
        """Return the cache of a lookup if it differs from the store as it is."""
        cache = lookup.cache
        is_as_it_is = cache.store is self._store and cache.carried.sources is None
        return None if is_as_it_is else cache

    def _checksums(self, branch: _Branch, template: ContainerConfig) -> Iterator[str]:
        """Yield the checksums that images in the store have in place of the unknown one."""
        prefix, _, suffix = " ".join(template.Cmd or ()).partition(CHECKSUM_PLACEHOLDER)
        cache = branch.build_cache.cache
        sources = (
            entry.created_by for source in cache.sources(branch.build_cache.cache_from)[1] for entry in source.history
        )
        strays = cache.strays(branch.parent)
        children = (*cache.children(branch.parent), *strays.images(strays.all))
        for text in (*map(_command, children), *sources):
            if text.startswith(prefix) and text.endswith(suffix):
                checksum = text[len(prefix) : len(text) - len(suffix)]
                if _CHECKSUM.fullmatch(checksum):
                    yield checksum

    def _after_equal_steps(self, template: ContainerConfig) -> Iterator[_Branch]:
        """Yield the states after equal earlier steps of this build, whose unknown files may be the same."""
        for branch in self._branches:
            image_id = self._without_checksum.get(key_without_checksum(branch.parent, template))
            if image_id is not None:
                yield _Branch(branch.build_cache, image_id)


def key_without_checksum(parent: str, template: ContainerConfig) -> tuple[str, str]:
    """Return the key that distinguishes steps whose files are not known.

    Args:
        parent: id of the image that the step is built on
        template: the step's config, with `CHECKSUM_PLACEHOLDER` for the checksum
    """
    return parent, " ".join(template.Cmd or ())


def _command(image: Image) -> str:
    config = container_config_of(image)
    if config is not None and config.Cmd:
        return " ".join(config.Cmd)
    return image.history[-1].created_by if image.history else ""


def _may_miss(verdict: Verdict) -> bool:
    outcomes = verdict.unknown.outcomes if verdict.unknown is not None else {verdict.outcome}
    return VerdictOutcome.MISS in outcomes


def _ends_build(verdict: Verdict) -> bool:
    return verdict.outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC, VerdictOutcome.DIVERGES)
