"""The hazards of a verdict, and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from cacheview.engine.hazard import HazardKind
from cacheview.engine.verdict import VerdictReason
from cacheview.engine.words.phrases import command, listed, names
from cacheview.model import Image
from cacheview.wording import counted, plural

__all__ = [
    "HAZARD_TITLES",
    "HazardText",
    "WayToHit",
    "cycle_of_source",
    "discarded",
    "empty_label",
    "further_steps",
    "join_collision",
    "layer_tie",
    "loaded",
    "loop",
    "moved_parent",
    "new_cycle",
    "new_empty_config",
    "orphan",
    "pulled_for_scratch",
    "restore_fails",
    "restored_empty_config",
    "shut_out",
    "tie",
    "uncompared_by_config",
    "uncompared_by_history",
    "unmarked",
]

HAZARD_TITLES: Final[Mapping[HazardKind, str]] = {
    HazardKind.FURTHER_STEPS: "later steps included",
    HazardKind.TIE: "tie between images",
    HazardKind.LABEL_WILDCARD: "empty label matches any label",
    HazardKind.JOIN_COLLISION: "ambiguous command",
    HazardKind.UNCOMPARED_FIELD: "field not compared",
    HazardKind.LOCAL_DISCARDED: "local match ignored",
    HazardKind.SHUT_OUT: "local cache ignored",
    HazardKind.PULLED_FOR_SCRATCH: "pulled image as first step",
    HazardKind.DIVERGENCE: "endless loop",
    HazardKind.MARK_MISSING: "not recorded as built here",
    HazardKind.LOADED: "loaded without parents",
    HazardKind.RESTORE_FAILS: "build fails on restore",
    HazardKind.EMPTY_CONFIG: "empty config",
    HazardKind.MOVED_PARENT: "parent replaced",
    HazardKind.PARENT_CYCLE: "parent cycle",
    HazardKind.PRUNE: "prune removes parents",
    HazardKind.PARENT_MISSING: "parent missing",
    HazardKind.LEGACY_ONLY: "hit only before an upgrade",
    HazardKind.NO_TIME: "no creation time",
    HazardKind.LAYERS_MISSING: "more steps than layers",
}
"""The headings of hazards for people; JSON contains the values of their kinds."""

_LEAVE_OUT = "Leave out --cache-from, or "
_BUILD_WITHOUT_CACHE = "Build without the cache if the image is not your own"


class HazardText(NamedTuple):
    """A sentence about the surprising fact, and one about what to do."""

    sentence: str
    advice: str


def shut_out(match: Image) -> HazardText:
    """Describe a local match that is ignored because there is no source."""
    return HazardText(
        f"The local cache has a match, {match.title}, but ignores it because none of the --cache-from references "
        "brings in an image. Every step of this build misses.",
        f"{_LEAVE_OUT}first pull the images that it names.",
    )


def discarded(match: Image, *, any_ancestor: bool) -> HazardText:
    """Describe a local match that is ignored because no source was built on it.

    ``any_ancestor``: whether any ancestor counts rather than only the parent.
    """
    kin = "an ancestor" if any_ancestor else "the parent"
    return HazardText(
        f"The local cache has a match, {match.title}, but ignores it: with --cache-from, a local match is accepted "
        f"only if it is {kin} of a source.",
        f"{_LEAVE_OUT}specify an image that was built on the matching image.",
    )


def cycle_of_source(match: Image) -> HazardText:
    """Describe the daemon's search for a local match among parents that form a cycle."""
    return HazardText(
        "The daemon never responds to this probe. The recorded parents of a source form a cycle, and the daemon "
        f"looks for {match.title} among them until its stack overflows.",
        f"{_LEAVE_OUT}remove one of the images in the cycle.",
    )


def loop(match: Image) -> HazardText:
    """Describe a source and a local match that both record no parent."""
    return HazardText(
        f"The daemon never responds to this probe. Neither the source nor the local match {match.title} records "
        "a parent, so the daemon recurses until its stack overflows.",
        f"{_LEAVE_OUT}start its list with an image that was built on the matching image.",
    )


_RESTORE_PHRASES = {
    VerdictReason.TOO_FEW_LAYERS: ("the image has fewer layers than its history records, so the daemon panics"),
    VerdictReason.RESTORE_FAILED: "the step has no readable layer, or needs a feature that the store does not support",
    VerdictReason.RESTORED_BEFORE: (
        "an earlier build already created this image, so its name in containerd is already in use"
    ),
}


def restore_fails(source: Image, why: VerdictReason) -> HazardText:
    """Describe a source from whose middle step the daemon cannot create an image."""
    return HazardText(
        f"The build fails here, but would continue without --cache-from. {source.title} contains this step and "
        "has more steps after it, so the daemon must create an image for the step alone, but cannot: "
        f"{_RESTORE_PHRASES[why]}.",
        "Remove the image that the earlier build created, or leave out --cache-from."
        if why is VerdictReason.RESTORED_BEFORE
        else f"{_LEAVE_OUT}specify an image that ends with this step.",
    )


def unmarked(image: Image) -> HazardText:
    """Describe an image that matches except for the mark."""
    return HazardText(
        f"{image.title} matches in every compared field, but is not recorded as built here: it was loaded, or built "
        "by an older engine that did not yet record its own builds.",
        "Build once. The step runs again, its new image is recorded as built here, and the next build finds that "
        "image.",
    )


class WayToHit(Enum):
    """A way to hit an image that has a step in its history but has no parent in the store."""

    SOURCE = "as --cache-from"
    NOT_ALONE = "brings in all later steps"
    NOT_RESTORED = "fails the build"


_WAYS_TO_HIT = {
    WayToHit.SOURCE: "Add --cache-from {title}, or build the image again here.",
    WayToHit.NOT_ALONE: (
        "Build the image again here. With --cache-from, only this step would hit, and its result would include all "
        "later steps of the image."
    ),
    WayToHit.NOT_RESTORED: (
        "Build the image again here. With --cache-from, the build would fail at a step without a layer."
    ),
}


def loaded(image: Image, way: WayToHit) -> HazardText:
    """Describe an image that has the step but does not record a parent."""
    return HazardText(
        f"The history of {image.title} contains exactly this step on this parent, but the image does not record a "
        "parent, because it was loaded, pulled or imported. The local cache looks only at recorded parents.",
        _WAYS_TO_HIT[way].replace("{title}", image.title),
    )


def orphan(image: Image, way: WayToHit) -> HazardText:
    """Describe an image that has the step, but whose recorded parent is not in the store."""
    return HazardText(
        f"The history of {image.title} contains exactly this step on this parent. However, the recorded parent of the "
        "image is not in the store (it was pruned, or could not be read), so the local cache cannot find the image.",
        _WAYS_TO_HIT[way].replace("{title}", image.title),
    )


def pulled_for_scratch(image: Image) -> HazardText:
    """Describe a FROM scratch step that hits an image not created by a build from scratch."""
    return HazardText(
        f"{image.title} was not created by the first step of a FROM scratch build. It has "
        f"{counted(len(image.history), 'history entry', 'history entries')}, so it was pulled, loaded or imported. "
        "A FROM scratch step matches any image that has no parent and has a matching config.",
        "Begin the build with a step that no other image has, such as a unique LABEL.",
    )


def tie(image: Image, others: Sequence[Image], *, dated: bool) -> HazardText:
    """Describe several images that match and were created at the same time.

    ``dated``: whether they have a creation time.
    """
    why = "match, and the cache treats their missing creation times as year 1"
    if dated:
        why = "match and were created at the same instant, to the nanosecond"
    text = f"{why}. The order in which the store lists them decides which one is used."
    return _tie(image, others, text, ", or build again without the cache so that one image is newer than the others")


def layer_tie(image: Image, others: Sequence[Image]) -> HazardText:
    """Describe several images that are the next step by their history and layers."""
    why = "each have the parent's history, followed by this step. The daemon uses the image that the store lists first."
    return _tie(image, others, why)


def _tie(image: Image, others: Sequence[Image], why: str, or_else: str = "") -> HazardText:
    return HazardText(f"{image.title} and {names(others)} {why}", f"Remove all but one of them{or_else}.")


def empty_label(labels: Sequence[str]) -> HazardText:
    """Describe an image that has labels with empty values that the probe does not have."""
    count = len(labels)
    with_value = plural(count, "an empty value", "empty values")
    instead = plural(count, "a different label", "different labels")
    return HazardText(
        f"The image has the {plural(count, 'label', 'labels')} {listed(labels)} with {with_value}, and the probe has "
        f"{instead} instead. The cache treats a label that is missing from the probe as empty, so the image matches.",
        "Give every label a value, because a label with an empty value matches any other label.",
    )


def restored_empty_config(image: Image) -> HazardText:
    """Describe a hit on an image that the cache created, and that does not record the config of its step."""
    return HazardText(
        f"The cache itself created {image.title} from a step in another image, and did not record a build config. It "
        "treats the missing build config as empty, so the image matches this probe regardless of the step.",
        "Remove the image, or give the step a command.",
    )


def new_empty_config() -> HazardText:
    """Describe a hit that creates an image that does not record the config of its step."""
    return HazardText(
        "The new image has no build config, and the cache treats a missing one as empty. From now on, the image "
        "is a local match for any step on this parent whose config is empty.",
        "If the build has steps without a command, remove the new image after the build.",
    )


def uncompared_by_config(fields: Sequence[str], *, needs_mark: bool) -> HazardText:
    """Describe a local match that differs in fields that are not compared.

    ``needs_mark``: whether only images built here can match.
    """
    text = _uncompared(fields, f"these rules do not compare {plural(len(fields), 'it', 'them')}")
    if not needs_mark:
        text += " The rules since Docker 25.0.2, 24.0.9 and 23.0.10 reject the image."
    return HazardText(text, f"{_BUILD_WITHOUT_CACHE}. Docker 25.0.2 and later compare all fields.")


def uncompared_by_history(fields: Sequence[str]) -> HazardText:
    """Describe a source whose step was built with different field values than the probe's."""
    why = "in a history match, only the command is compared"
    return HazardText(
        _uncompared(fields, why),
        f"{_BUILD_WITHOUT_CACHE}. No release compares more than the command in a history match.",
    )


def _uncompared(fields: Sequence[str], why: str) -> str:
    return (
        f"The probe's {listed(fields)} {plural(len(fields), 'differs', 'differ')} from the image's, yet the "
        f"image is a hit: {why}. A crafted image can get into a build this way (cache poisoning, CVE-2024-24557)."
    )


def further_steps(image: Image, further: int) -> HazardText:
    """Describe a hit on an entire source, which has this many steps after this one."""
    later = "that step" if further == 1 else "all of those steps"
    return HazardText(
        f"The cache returns the whole image {image.title}, which has {counted(further, 'more step')} after this one, "
        f"so the next instruction builds on top of {later}.",
        "Pass this step's own image to --cache-from, or leave out --cache-from.",
    )


def join_collision(image: Sequence[str], probe: Sequence[str]) -> HazardText:
    """Describe two different commands that are the same text once their words are joined."""
    return HazardText(
        f"The step was built with the command {command(image)}, but the probe has {command(probe)}. These commands "
        "differ only in where one word ends and the next begins, which the history does not record.",
        "Make sure that the commands differ in more than their spacing.",
    )


def moved_parent(image: Image, old: str, new: str) -> HazardText:
    """Describe a hit that changes the recorded parent of an image. ``old`` and ``new`` name the parents."""
    return HazardText(
        f"This hit makes {new} the parent of {image.title}, instead of {old}. A build on {old} will no longer find "
        f"{image.title}.",
        "If the local cache has the steps of this build, leave out --cache-from. Otherwise, after this build, run "
        f"the build on {old} again.",
    )


def new_cycle(image: Image, new: str) -> HazardText:
    """Describe a hit that turns the recorded parents into a cycle. ``new`` names the new parent."""
    return HazardText(
        f"This hit makes {new} the parent of {image.title}, so the recorded parents form a cycle. A later build with "
        "--cache-from may never end.",
        f"{_LEAVE_OUT}remove one of the images in the cycle.",
    )
