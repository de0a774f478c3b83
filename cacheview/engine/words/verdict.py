"""Verdicts in plain words: the answer and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckKind, Path, path_text
from cacheview.engine.origin import Likelihood, origin_of
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.trace import Trace
from cacheview.engine.verdict import StageKind, UnknownAnswer, VerdictOutcome, VerdictReason
from cacheview.engine.words.doubts import origin_reason, unknown_aspects
from cacheview.engine.words.phrases import known_as, parent_title, plain
from cacheview.engine.writable import argument_of, is_same_but_for_files
from cacheview.model import SCRATCH, Aspect, ContainerConfig, Image, ImageStore, short_id
from cacheview.wording import counted, sentence

__all__ = [
    "VerdictWords",
    "no_candidates",
    "plain_change",
    "words_of",
    "words_of_unknown",
]

_ONLY_BUILT_LOCALLY: frozenset[Aspect] = frozenset({"built_locally"})


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """A verdict in words: a headline and a reason.

    Attributes:
        sentence: the verdict in one sentence, without the word for its outcome (hit, miss, …) before it.
        reason: the reason, in a sentence or two; may be empty.
        values: a sentence that follows the reason, with both values if it compares two.
    """

    sentence: str
    reason: str = ""
    values: str = ""


def plain_change(path: Path, old: object, new: object, store: ImageStore) -> str:
    """Return one change of an edit as a phrase: ``set Env[1] to "A=1"``."""
    if path == ("parent",):
        return f"set the parent to {parent_title(store, str(new))}"
    if path == ("cache_from",) and not new:
        return "leave out --cache-from"
    name = path_text(path)
    if new is ABSENT:
        return f"remove {name}"
    if old is ABSENT:
        return f"add {name} = {plain(new)}"
    return f"set {name} to {plain(new)}"


def no_candidates(trace: Trace, title: str) -> str:
    """Explain why the parent of a probe has no candidates. ``title`` is the name of the parent."""
    if not trace.store.images:
        return "the store has no images"
    if trace.rules.by_layers:
        return f"the store has no image that adds a layer to {title}"
    if trace.probe.parent != SCRATCH:
        return f"the store has no image whose parent is {title}"
    if trace.rules.marks_first_steps:
        return "the store has no image that is recorded as the first step of a FROM scratch build"
    return "every image in the store records a parent"


def words_of(trace: Trace, check: Check | None, nearest: Image | None) -> VerdictWords:
    """Return the sentence of a verdict, and its reason.

    Args:
        check: the check that decided; None: no single check did.
        nearest: the candidate or source that the check belongs to; None: it belongs to a stage.
    """
    verdict = trace.verdict
    parent = parent_title(trace.store, trace.probe.parent)
    match verdict.outcome:
        case VerdictOutcome.HIT:
            assert verdict.image is not None
            return _of_hit(trace, verdict.image, parent)
        case VerdictOutcome.ERROR:
            return _of_error(trace)
        case VerdictOutcome.PANIC:
            return VerdictWords(
                "the daemon panics and the build fails",
                f"The source has fewer layers than its history records: {verdict.error}.",
            )
        case VerdictOutcome.DIVERGES:
            assert verdict.local is not None
            why = "but neither it nor the source records a parent."
            if verdict.why is VerdictReason.PARENT_CYCLE:
                why = "but the source's recorded parents form a cycle."
            reason = f"{verdict.local.title} matches locally, {why}"
            return VerdictWords("the daemon never responds to this probe", reason)
        case VerdictOutcome.MISS:
            return _of_miss(trace, check, nearest, parent)
        case VerdictOutcome.UNKNOWN:
            assert verdict.unknown is not None
            return words_of_unknown(trace.rules, verdict.unknown)


def words_of_unknown(rules: RuleSet, unknown: UnknownAnswer) -> VerdictWords:
    """Return an unknown answer in words."""
    images = unknown.images
    if unknown.may_hit_others or not images:
        possible = [_OUTCOME_PHRASES[each] for each in VerdictOutcome if each in unknown.outcomes]
        return VerdictWords(f"the answer may be {_or(possible)}", f"For at least one image, {_unreported(unknown)}.")
    what = sentence(_unreported(unknown))
    who = known_as(images[0]) if len(images) == 1 else f"one of {len(images)} images"
    if unknown.outcomes == {VerdictOutcome.HIT}:
        return VerdictWords(f"a hit on {who}, but it is not known which one", what)
    if unknown.outcomes <= {VerdictOutcome.HIT, VerdictOutcome.MISS} and unknown.aspects == _ONLY_BUILT_LOCALLY:
        return _if_built_here(rules, images, who)
    others = unknown.outcomes - {VerdictOutcome.HIT}
    rest = [_OUTCOME_PHRASES[each] for each in VerdictOutcome if each in others]
    return VerdictWords(f"a hit on {who}, or {_or(rest)}", what)


def _unreported(unknown: UnknownAnswer) -> str:
    """Return the facts about an image that are not known, as a clause."""
    aspects = unknown_aspects(unknown)
    if "existence" not in unknown.aspects:
        return f"the store does not report {aspects}"
    return f"{'it is not known' if len(unknown.aspects) == 1 else 'these facts are not known:'} {aspects}"


_OUTCOME_PHRASES = {
    VerdictOutcome.HIT: "a hit",
    VerdictOutcome.MISS: "a miss",
    VerdictOutcome.ERROR: "an error",
    VerdictOutcome.DIVERGES: "an endless loop",
    VerdictOutcome.PANIC: "a panic",
}


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _if_built_here(rules: RuleSet, images: tuple[Image, ...], who: str) -> VerdictWords:
    origin = origin_of(images[0], rules)
    which = "the image" if len(images) == 1 else f"the newest, {known_as(images[0])},"
    why = origin_reason(origin)
    origins = {
        Likelihood.YES: sentence(f"{which} was most likely built here: {why}"),
        Likelihood.NO: sentence(f"{which} was most likely not recorded as built here: {why}"),
        Likelihood.UNCLEAR: f"It is unclear whether {which} was built here: {why}.",
    }
    return VerdictWords(
        f"a hit on {who}, if it was built here", f"Every other compared field matches. {origins[origin.likely]}"
    )


def _of_error(trace: Trace) -> VerdictWords:
    verdict, probe = trace.verdict, trace.probe
    match verdict.why:
        case VerdictReason.REFERENCE_NOT_FOUND:
            return VerdictWords(
                "a --cache-from reference cannot be resolved",
                f"{verdict.error}. Under these rules, the build fails at this point. Leave out the reference, or pull "
                "the image first.",
            )
        case VerdictReason.PARENT_NOT_FOUND:
            why = "The daemon looks up" if trace.rules.sources_must_exist else "With --cache-from, the daemon looks up"
            return VerdictWords(
                f"the store has no image {short_id(probe.parent)}",
                f"{why} the parent and does not find it. Choose a parent that is in the store.",
            )
        case VerdictReason.PARENT_OF_OTHER_PLATFORM:
            return VerdictWords(
                f"the parent {parent_title(trace.store, probe.parent)} is for a platform other than the builder's",
                "With --cache-from, the daemon looks up the parent for the builder's platform and does not find it.",
            )
        case VerdictReason.RESTORED_BEFORE:
            return VerdictWords(
                "the image for this step already exists from an earlier build, so the build fails",
                f"{verdict.error}. Remove that image, or leave out --cache-from.",
            )
        case _:
            return VerdictWords(
                "the image for this step cannot be created from the source, so the build fails",
                f"{verdict.error}. Leave out --cache-from, or specify an image that ends with this step.",
            )


def _of_hit(trace: Trace, image: Image, parent: str) -> VerdictWords:
    if trace.rules.by_layers:
        reason = f"It has one more layer and one more history entry than {parent}, and that entry is this command."
        return VerdictWords(f"{known_as(image)} is used", reason)
    if trace.verdict.only_source is not None:
        source = known_as(trace.verdict.only_source)
        reason = f"The history of the source {source} begins with that of {parent}, followed by this command"
        if not trace.verdict.is_new:
            rest = "and then by other commands; an earlier build created an image from the source for just this step."
            return VerdictWords(f"{known_as(image)} is used", f"{reason} {rest}")
        rest = "and then by other commands, so the daemon creates an image from the source for just this step."
        perhaps = trace.verdict.perhaps
        if perhaps is not None:
            words = (
                f"a newly created image is used, or {known_as(perhaps)} if an earlier build created that image for "
                "this step"
            )
            return VerdictWords(words, f"{reason} {rest}")
        return VerdictWords("a newly created image is used", f"{reason} {rest}")
    if trace.verdict.stage is StageKind.HISTORY:
        reason = f"Its history begins with that of {parent} and continues with this command."
        if trace.probe.parent == SCRATCH:
            reason = "Its history begins with this command."
        return VerdictWords(f"the source {known_as(image)} is used", reason)
    matches = len(trace.index.matches(trace.probe))
    others = f" It is the newest of the {matches} images that match." if matches > 1 else ""
    kin = "the parent" if trace.rules.reads_one_parent else "an ancestor"
    accepted = f" It is {kin} of a source, so the cache accepts the match." if trace.probe.cache_from else ""
    article, relation = _kin(trace, parent)
    return VerdictWords(
        f"{known_as(image)} is used", f"It is {article} {relation}, and every compared field matches.{others}{accepted}"
    )


def _kin(trace: Trace, parent: str) -> tuple[str, str]:
    """Return the article before the noun for the candidates, and the noun."""
    if trace.probe.parent != SCRATCH:
        return "a", f"child of {parent}"
    if trace.rules.marks_first_steps:
        return "the", "first step of a FROM scratch build"
    return "an", "image without a parent"


def _of_miss(trace: Trace, check: Check | None, nearest: Image | None, parent: str) -> VerdictWords:
    verdict = trace.verdict
    _, kin = _kin(trace, parent)
    reason, values = _reason(check, nearest, trace.probe.config)
    if verdict.why is VerdictReason.PARENT_NOT_FOUND:
        return VerdictWords(
            f"the store has no image {short_id(trace.probe.parent)}", "Under these rules, that is a miss."
        )
    if trace.probe.cache_from:
        if not verdict.sources:
            discarded = f"; {verdict.local.title} matches locally but is ignored" if verdict.local is not None else ""
            return VerdictWords(f"the --cache-from references bring in no images{discarded}", reason, values)
        if verdict.local is not None:
            return VerdictWords(
                f"{known_as(verdict.local)} matches locally, but no source was built on it", reason, values
            )
        return VerdictWords(f"no {kin} and no source has this step", reason, values)
    if verdict.why is VerdictReason.SCRATCH_NOT_LOOKED_UP:
        return VerdictWords("under these rules, the first step of a FROM scratch build is not looked up")
    if not len(trace.index):
        return VerdictWords(no_candidates(trace, parent))
    is_of_config = check is None or check.kind.is_of_config  # otherwise the config may well match
    return VerdictWords(f"no {kin} {'has this config' if is_of_config else 'matches'}", reason, values)


def _reason(check: Check | None, nearest: Image | None, config: ContainerConfig) -> tuple[str, str]:
    """Return why the nearest image failed, and both values if two were compared. ``config`` is that of the probe."""
    if check is None:
        return "", ""
    if nearest is None:
        return (f"{plain(check.probe)}: {check.note}." if check.note else ""), ""
    who = known_as(nearest)
    match check.kind:
        case CheckKind.BUILT_LOCALLY:
            return f"The nearest image, {who}, is not recorded as built here.", ""
        case CheckKind.CREATED:
            return (
                f"The nearest image, {who}, has a matching config but no creation time, so it is never a match.",
                "",
            )
        case CheckKind.LENGTH:
            return (
                f"{check.field} has {_elements(check.probe)} in the probe and {check.image or 'none'} in the nearest "
                f"image, {who}.",
                "",
            )
        case CheckKind.NOT_SET:
            name = path_text(check.path)
            return f"The nearest image is {who}. {name} must not be set in the probe or the image.", _values(check)
        case CheckKind.NOT_EMPTY:
            return f"The nearest image, {who}, has no history.", ""
    if is_same_but_for_files(check.probe, check.image):
        return (
            f"The nearest image, {who}, comes from the same step with different files. The store has only the checksum "
            "of the files.",
            "",
        )
    argument = argument_of(check, config)
    if argument:
        return f"The nearest image, {who}, differs in build argument {argument}.", _values(check)
    if check.image is UNKNOWN:  # an unknown check is not a failure, so there is no failed check to name
        return f"The build config of {who} is not known, so it may or may not match.", ""
    return f"The nearest image, {who}, differs in {check.name}.", _values(check)


def _elements(count: object) -> str:
    return counted(count, "element") if isinstance(count, int) and count else "no elements"


def _values(check: Check) -> str:
    side = "parent" if check.kind.is_of_history else "probe"
    probe_value = "has none" if check.probe is ABSENT else f"has {plain(check.probe)}"
    image_value = "has none" if check.image is ABSENT else f"has {plain(check.image)}"
    return f"The {side} {probe_value}, and the image {image_value}."
