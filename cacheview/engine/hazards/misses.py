"""The hazards of an answer that is no hit, or not the local one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from cacheview.engine.cache import ImageCache
from cacheview.engine.doubts import doubts_about
from cacheview.engine.hazards.configs import asks_for_mark
from cacheview.engine.hazards.kinds import Hazard, HazardKind
from cacheview.engine.history import created_by, has_nothing_to_compare, matches_history
from cacheview.engine.index import CandidateIndex, iterate_bits
from cacheview.engine.requirement import BuiltLocally
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome, Why
from cacheview.model import SCRATCH, Image, Probe
from cacheview.model.effort import paced

__all__ = ["of_discarded", "of_divergence", "of_failed_restore", "of_miss"]


def of_discarded(cache: ImageCache, verdict: Verdict) -> Iterator[Hazard]:
    """Of a local match that does not count beside sources."""
    local = verdict.local
    if local is None or verdict.stage in (StageKind.LOCAL, StageKind.DESCENT):
        return
    if not verdict.sources:
        yield Hazard(
            HazardKind.SHUT_OUT,
            f"The local cache has a match, {local.title}, but it is ignored: the --cache-from references bring in no "
            "image, so local matches are ignored too. Every step of this build misses.",
            "Leave out --cache-from, or pull the images that it names first.",
            local,
        )
    else:
        yield Hazard(
            HazardKind.LOCAL_DISCARDED,
            f"The local cache has a match, {local.title}, but it is ignored: with --cache-from it "
            f"counts only if one of the sources has it as {_kin(cache.rules)}.",
            "Leave out --cache-from, or name an image that was built on this match.",
            local,
        )


def _kin(rules: RuleSet) -> str:
    return "an ancestor" if rules.follows_ancestors else "its parent"


def of_divergence(verdict: Verdict) -> Iterator[Hazard]:
    """Of a question that the daemon asks forever."""
    if verdict.outcome is not VerdictOutcome.DIVERGES or verdict.local is None:
        return
    if verdict.why is Why.PARENT_CYCLE:
        yield Hazard(
            HazardKind.DIVERGENCE,
            "The daemon would never answer: the recorded parents of a source form a cycle, and it looks for "
            f"{verdict.local.title} among them until its stack overflows.",
            "Leave out --cache-from, or remove one of the images of the cycle.",
            verdict.local,
        )
        return
    yield Hazard(
        HazardKind.DIVERGENCE,
        f"The daemon would never answer: neither the source nor the local match {verdict.local.title} has a "
        "parent recorded, so it asks the same question again and again until its stack overflows.",
        "Leave out --cache-from, or name first an image that was built on this match.",
        verdict.local,
    )


_RESTORES = {
    Why.TOO_FEW_LAYERS: "its history has more steps with a layer than it has layers, and the daemon panics",
    Why.RESTORE_FAILED: "the step has no layer that could be read, or needs what the store cannot unpack",
    Why.RESTORED_BEFORE: "an earlier build created that image, and the name that containerd would give it is in use",
}


def of_failed_restore(verdict: Verdict) -> Iterator[Hazard]:
    """Of a source whose step the daemon cannot create an image of."""
    if verdict.why not in _RESTORES:
        return
    source = verdict.source
    assert source is not None
    why = _RESTORES[verdict.why]
    yield Hazard(
        HazardKind.RESTORE_FAILS,
        f"The build fails where without --cache-from it would go on: {source.title} contains this step but continues "
        f"after it; the daemon must create an image for the step alone and fails: {why}.",
        "Remove the image that the earlier build created, or leave out --cache-from."
        if verdict.why is Why.RESTORED_BEFORE
        else "Leave out --cache-from, or name an image that ends with this step.",
        source,
    )


def of_miss(cache: ImageCache, probe: Probe, verdict: Verdict) -> Iterator[Hazard]:
    """Of images that are as asked for, and no hit."""
    if verdict.outcome is not VerdictOutcome.MISS or cache.rules.by_layers:
        return
    if verdict.local is None and asks_for_mark(cache.rules):
        unmarked = _unmarked(cache, probe)
        if unmarked is not None:
            yield Hazard(
                HazardKind.MARK_MISSING,
                f"{unmarked.title} matches on every compared field, but is not recorded as built here: "
                "it was made by an engine that did not write this mark, before an upgrade, or it was loaded.",
                "Build once: the step runs again, its image gets the mark, and the next build finds it.",
                unmarked,
            )
            return
    if not probe.cache_from:
        loaded = _loaded(cache, probe)
        if loaded is not None:
            yield Hazard(
                HazardKind.LOADED,
                f"{loaded.title} has this very step in its history, on this parent, and no parent is recorded of it: "
                "it was loaded, pulled or imported, and the local cache looks only at recorded parents.",
                _advice_for_loaded(cache, probe, loaded),
                loaded,
            )
            return
        orphan = _orphan(cache, probe)
        if orphan is not None:
            yield Hazard(
                HazardKind.PARENT_MISSING,
                f"{orphan.title} has this very step in its history, on this parent, and the store lacks the image that "
                "it records as its parent (it was pruned, or could not be read): so no step leads to it any more.",
                _advice_for_loaded(cache, probe, orphan),
                orphan,
            )


def _unmarked(cache: ImageCache, probe: Probe) -> Image | None:
    """The newest image that would be the answer if it had the mark."""
    index = cache.candidates(probe.parent)
    if probe.parent == SCRATCH and cache.rules.marks_first_steps:
        old = [image for image in cache.store.children.get(SCRATCH, ()) if image.is_first_step]
        index = CandidateIndex(old, cache.rules)
    others = [
        requirement
        for requirement in (*cache.rules.requirements, *cache.rules.later)
        if not isinstance(requirement, BuiltLocally)
    ]
    for position in paced(iterate_bits(index.alike(probe) & index.dated)):
        image = index.image(position)
        if doubts_about(image, "built_locally", "from_scratch", "container_config", "created", "parent"):
            continue
        if all(requirement.matches(probe, image) for requirement in others):
            return image
    return None


def _loaded(cache: ImageCache, probe: Probe) -> Image | None:
    """An image without a recorded parent whose history goes on from the parent's with this step."""
    return _with_step(cache, probe, cache.store.children.get(SCRATCH, ()))


def _orphan(cache: ImageCache, probe: Probe) -> Image | None:
    """An image whose recorded parent the store lacks, and whose history goes on from the parent's with this step."""
    store = cache.store
    lost = (parent for parent in store.children if parent != SCRATCH and parent not in store.by_id)
    return _with_step(cache, probe, itertools.chain.from_iterable(store.children[parent] for parent in lost))


def _with_step(cache: ImageCache, probe: Probe, images: Iterable[Image]) -> Image | None:
    parent = cache.store.by_id.get(probe.parent)
    if probe.parent != SCRATCH and (parent is None or has_nothing_to_compare(parent)):
        return None
    step, told = len(parent.history) if parent is not None else 0, created_by(probe.config)
    if not told:
        return None
    for image in paced(images):
        history = image.config.history or ()
        if len(history) <= step or history[step].created_by != told or (parent is None and len(history) == 1):
            continue
        if doubts_about(image, "parent", "history", "history.created", "history.created_by", "diff_ids"):
            continue
        if matches_history(image, parent, probe.config, cache.rules):
            return image
    return None


def _advice_for_loaded(cache: ImageCache, probe: Probe, loaded: Image) -> str:
    parent = cache.store.by_id.get(probe.parent)
    step = len(parent.history) if parent is not None else 0
    if step < len(loaded.history) - 1:
        if not cache.rules.may_restore:
            return "Build it again here. With --cache-from only this step would hit, and bring all later ones along."
        if cache.rules.restoring.needs_layer and any(entry.empty_layer for entry in loaded.history[step:-1]):
            return "Build it again here: with --cache-from the build fails at a step without a layer."
    return f"Give --cache-from {loaded.title}, or build it again here."
