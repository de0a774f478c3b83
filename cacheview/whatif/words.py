"""Sentences about changes to a store, and their cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cacheview.model import Image, familiar, short_id
from cacheview.replay.result import Step, StepStatus
from cacheview.whatif.apply import Applied, ChangedStore
from cacheview.whatif.change import BuilderPrune, Change, Load, Prune, Pull, Remove, SaveLoad, Upgrade
from cacheview.whatif.costs import Cost, Costs, Effect
from cacheview.whatif.draft import Removed, RemovedFor
from cacheview.wording import all_of, counted, plural, sentence

__all__ = [
    "NOTHING_CHANGED",
    "applied_lines",
    "change_title",
    "cost_line",
    "cost_reason",
    "costs_line",
    "effect_sentence",
    "removed_reason",
    "state_of",
]

NOTHING_CHANGED: Final = "The store itself is not changed."
_MAX_LISTED: Final = 10
"""The most images or names that are listed one by one."""

_REASONS: Final = {
    RemovedFor.REQUESTED: ("it is the image that you removed", "they are the images that you removed"),
    RemovedFor.DANGLING: (
        "it has no tag, and prune removes untagged images",
        "they have no tag, and prune removes untagged images",
    ),
    RemovedFor.UNUSED: ("no container uses it", "no container uses them"),
    RemovedFor.PARENT: (
        "it has no name and is removed with the image that was built on it",
        "they have no name and are removed with the images that were built on them",
    ),
    RemovedFor.REPLACED: ("its only name moved to another image", "their only names moved to other images"),
    RemovedFor.NOT_SAVED: ("it is not among the saved images", "they are not among the saved images"),
    RemovedFor.OTHER_STORE: (
        "the other kind of store does not have it",
        "the other kind of store does not have them",
    ),
}
"""For one image, and for several."""


def change_title(change: Change) -> str:
    """Return a change in a few words; if it is a command, as typed."""
    match change:
        case Prune(kind):
            return kind.value
        case BuilderPrune():
            return "docker builder prune"
        case Remove(image, force, prunes):
            return " ".join(filter(None, ("docker rmi", "--force" * force, "--no-prune" * (not prunes), image)))
        case SaveLoad(images, empties):
            what = f"docker save {' '.join(images)}" if images else "docker save of all tags"
            return f"{what}, then docker load into {'an empty store' if empties else 'the same store'}"
        case Load(title):
            return f"docker load of {title}"
        case Pull(title):
            return f"docker pull of the tags in {title}"
        case Upgrade(release):
            return f"an upgrade to {release}"


def effect_sentence(changed: ChangedStore) -> str:
    """Return the effect of all changes on the images of the store, in one sentence."""
    before, after = changed.before.by_id, changed.store.by_id
    doubtful = sum(image.doubt("existence") is not None for image in changed.store.images)
    counts = (
        (sum(image_id not in after for image_id in before), "would be gone"),
        (doubtful, "may be gone"),
        (sum(image_id not in before for image_id in after), "would be new"),
    )
    parts = [f"{counted(count, 'image')} {words}" for count, words in counts if count]
    refused = any(applied.refused for applied in changed.applied)
    if not parts:
        return "The daemon refuses the change." if refused else "No images would be removed."
    return f"{all_of(parts)}."


def removed_reason(removed: Removed) -> str:
    """Return why an image no longer exists."""
    return _REASONS[removed.reason][0]


def applied_lines(applied: Applied) -> Iterator[str]:
    """Yield the effects of one change on the images of the store."""
    if applied.refused:
        yield f"Nothing changes, because the daemon refuses the request: {applied.refused}"
        return
    if applied.removed:
        yield f"Removes {counted(len(applied.removed), 'image')}:"
        by_reason: dict[RemovedFor, list[Image]] = {}
        for each in applied.removed:
            by_reason.setdefault(each.reason, []).append(each.image)
        for reason, images in by_reason.items():
            yield f"  {_listed([_image_title(image) for image in images])}: {_REASONS[reason][len(images) > 1]}"
    removed_ids = {each.image.id for each in applied.removed}
    names = [familiar(each.name) for each in applied.untagged if each.image not in removed_ids]
    if names:
        yield f"Removes {counted(len(names), 'name')} from images that remain: {_listed(names)}"
    for moved in applied.tagged[:_MAX_LISTED]:
        instead = f" instead of {short_id(moved.before)}" if moved.before else ""
        yield f"{familiar(moved.name)} then refers to {short_id(moved.image)}{instead}"
    if len(applied.tagged) > _MAX_LISTED:
        further = len(applied.tagged) - _MAX_LISTED
        yield f"and {further:,} more {plural(further, 'name')}"
    if applied.added:
        yield f"Adds {counted(len(applied.added), 'image')}: {_listed([short_id(image.id) for image in applied.added])}"
    if applied.unknown:
        _, doubt = applied.unknown[0]
        titles = [_image_title(image) for image, _ in applied.unknown]
        yield f"May remove {counted(len(titles), 'image')}: {_listed(titles)}"
        yield f"  {sentence(doubt.reason)} {sentence(doubt.remedy)}"
    if not applied.has_effect:
        yield _no_effect(applied.change)


def _no_effect(change: Change) -> str:
    match change:
        case BuilderPrune():
            return (
                "This prunes BuildKit's cache. The classic builder stores nothing there, so its cache does not change."
            )
        case Upgrade():
            return "The images do not change, but the rules and the builder of that release are used."
        case _:
            return "The images in the store do not change."


def state_of(step: Step | None) -> str:
    """Return the result of a step, in a word or two."""
    if step is None:
        return "not reached"
    match step.status:
        case StepStatus.HIT:
            return "cached"
        case StepStatus.MISS | StepStatus.NOT_CHECKED:
            return "rebuilt"
        case StepStatus.UNKNOWN:
            return "unknown"
        case StepStatus.NO_PROBE if step.reason:
            return "pulled"
        case StepStatus.NO_PROBE:
            return short_id(step.image) if step.image else "built here" if step.made_by else "scratch"


def cost_line(cost: Cost) -> str:
    """Return a step: its result before, its result now, and the reason."""
    step = cost.step
    before, after = state_of(cost.before), state_of(cost.after)
    if before == after:
        before = f"{before}, {short_id(cost.before.image)}" if cost.before is not None else before
        after = f"{after}, {short_id(cost.after.image)}" if cost.after is not None else after
    why = cost_reason(cost)
    return f"Step {step.number}: {before} → {after}: {step.text}{f' ({why})' if why else ''}"


def cost_reason(cost: Cost) -> str:
    """Return the reason, as far as the step itself shows it."""
    if cost.removed is not None:
        return f"{_image_title(cost.removed.image)} is gone: {removed_reason(cost.removed)}"
    if cost.effect is not Effect.SAME and cost.after is not None and cost.after.status is not StepStatus.NOT_CHECKED:
        return cost.after.reason
    return ""


def costs_line(costs: Costs) -> str:
    """Return the counts, in one sentence."""
    counts = (
        (Effect.LOST, "that {is} cached now would be rebuilt"),
        (Effect.GAINED, "that {is} not cached now would be cached"),
        (Effect.UNKNOWN, "would be unknown"),
        (Effect.KNOWN, "that {is} unknown now would be rebuilt"),
        (Effect.ONLY_BEFORE, "would not be reached"),
        (Effect.ONLY_AFTER, "that {is} not reached now would be reached"),
    )
    parts = []
    for effect, words in counts:
        if count := costs.count(effect):
            parts.append(f"{counted(count, 'step')} {words.replace('{is}', plural(count, 'is', 'are'))}")
    if parts:
        return f"{'; '.join(parts)}."
    return (
        "No steps would change."
        if not costs.changed
        else "No results would change, but some steps would use different images."
    )


def _image_title(image: Image) -> str:
    return f"{image.title} ({image.short_id})" if image.names else image.short_id


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - _MAX_LISTED:,} more" if len(texts) > _MAX_LISTED else ""
    return f"{', '.join(texts[:_MAX_LISTED])}{more}"
