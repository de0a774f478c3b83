"""Checks the replay of recorded builds, step by step, against the daemon's results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cacheview.cases import daemon_of
from cacheview.dockerfile.release import BuilderRelease
from cacheview.model import DataError, ImageStore
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.file import ExpectedBuild, ExpectedStep, ReplayCase
from cacheview.replay.new_images import is_same_message
from cacheview.replay.recorded import ImageFacts, RecordedImageFiles
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.stores.opened_location import OpenedCase
from cacheview.wording import counted

__all__ = ["BuildResult", "build_result", "checksums_of", "differences", "replay_case", "store_of"]

_PRINTED_ID_DIGITS: Final = 12
_DAEMON_PREFIX: Final = "Error response from daemon: "
_STEPS_THAT_MAY_FAIL: Final = ("RUN", "COPY --CHOWN", "ADD --CHOWN")  # a command, and an owner whose name is looked up


@dataclass(frozen=True, slots=True)
class BuildResult:
    """One build and its result.

    Attributes:
        replay: the prediction.
        differences: the differences from the daemon's result, in words; empty: it passed.
        unknown: for each unknown step, the reason.
    """

    replay: Replay
    differences: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there is no difference. An unknown step is not one."""
        return not self.differences


def build_result(case: ReplayCase, rules: str = "") -> BuildResult:
    """Replay a build and compare it with its result.

    Args:
        rules: the rules to use, as for `daemon_of`, with the builder of that release; empty: those of its engine.

    Raises:
        DataError: its engine is not known, or its record is malformed or does not contain the store.
    """
    value = replay_case(case, rules)
    unknown = tuple(step.reason for step in value.looked_up if step.status is StepStatus.UNKNOWN)
    return BuildResult(value, tuple(differences(value, case.expect)), unknown)


def store_of(case: ReplayCase) -> ImageStore:
    """Return the images before a build.

    Raises `DataError` if the record does not contain them, or their kind of store is not known.
    """
    if case.images is None:
        raise DataError("the record does not contain the store, so nothing can be looked up")
    return case.as_case.store


def checksums_of(case: ReplayCase, release: BuilderRelease | None = None) -> ContextChecksums:
    """Return the checksums of the files in the context of a build. Raises `DataError` if the context is malformed."""
    return ContextChecksums(
        case.context_source, case.dockerfile_path, release or case.release, case.sent_by, dockerfile=case.text
    )


def replay_case(case: ReplayCase, rules: str = "") -> Replay:
    """Replay a build without comparing it. Raises what `build_result` raises."""
    store = store_of(case)
    rule_set, release = case.rules, case.release
    if rules:
        daemon = daemon_of(OpenedCase("", store, ""), rules)
        rule_set, release = daemon.rules, daemon.builder
    return replay(
        case.text,
        checksums_of(case, release),
        store,
        rule_set,
        release,
        case.options,
        name=case.dockerfile_path,
        image_files=RecordedImageFiles(ImageFacts(case.image_sums, case.image_owners)),
    )


def differences(actual: Replay, expected: ExpectedBuild) -> Iterator[str]:
    """Yield the differences between a replay and the daemon's result, in words."""
    if expected.steps is None:
        yield from _differences_without_steps(actual, expected)
        return
    images = {number: step.image for number, step in enumerate(expected.steps, 1)}
    for step, reported in zip(actual.steps, expected.steps, strict=False):
        is_last = step.number == len(expected.steps) and not expected.ok
        yield from _step_differences(step, reported, images, is_last=is_last)
    yield from _end_differences(actual, expected, len(expected.steps))
    if expected.ok and actual.history is not None and expected.created_by is not None:
        yield from _history_differences(actual.history, expected.created_by)


def _differences_without_steps(actual: Replay, expected: ExpectedBuild) -> Iterator[str]:
    """Yield the differences of a build whose steps were not printed, so only its end is known."""
    if expected.ok and actual.refused is not None:
        yield f"predicted a refusal ({actual.refused}), but the daemon built the image"


def _end_differences(actual: Replay, expected: ExpectedBuild, recorded: int) -> Iterator[str]:
    predicted = len(actual.steps)
    refused = actual.refused
    if expected.ok:
        if refused is not None:
            yield f"predicted a refusal ({refused}), but the daemon built the image"
        elif predicted != recorded:
            yield f"predicted {counted(predicted, 'step')}, but the daemon ran {recorded}"
    elif predicted < recorded:
        yield f"{_end_phrase(actual)}, but the daemon continued to step {recorded} and reported: {expected.error[:200]}"
    elif refused is not None and predicted == recorded:
        has_message = is_same_message(refused.message, expected.error.removeprefix(_DAEMON_PREFIX))
        if not has_message and not _may_fail(actual.steps[-1] if actual.steps else None):
            yield f"predicted the refusal {refused.message[:300]!r}, but the daemon reported {expected.error[:300]!r}"
    elif not _may_fail(actual.steps[recorded - 1] if recorded else None):
        yield f"{_end_phrase(actual)}, but the daemon stopped at step {recorded} and reported: {expected.error[:200]}"


def _end_phrase(actual: Replay) -> str:
    return (
        f"predicted {counted(len(actual.steps), 'step')}"
        if actual.refused is None
        else f"predicted a refusal at step {len(actual.steps)} ({actual.refused})"
    )


def _may_fail(step: Step | None) -> bool:
    """Whether the build may end here for a reason that a replay cannot know, such as a failing command."""
    if step is None:
        return False
    return any(
        bool(one.reason)
        or (not one.cached and (one.created_by is None or one.text.upper().startswith(_STEPS_THAT_MAY_FAIL)))
        for one in (*step.triggers, step)
    )


def _step_differences(step: Step, reported: ExpectedStep, images: dict[int, str], *, is_last: bool) -> Iterator[str]:
    place = f"step {step.number} {step.text[:60]!r}"
    if step.text != reported.instruction:
        yield f"{place}: the daemon printed {reported.instruction[:80]!r}"
    if None not in (step.cached, reported.cached) and step.cached != reported.cached:
        yield f"{place}: predicted {_result(step.cached)}, but the daemon reported {_result(reported.cached)}"
    triggers = [trigger.cached for trigger in step.triggers]
    pairs = zip(triggers, reported.triggers, strict=False)
    if any(None not in (predicted, recorded) and predicted != recorded for predicted, recorded in pairs):
        predicted_results, reported_results = (", ".join(map(_result, each)) for each in (triggers, reported.triggers))
        yield f"{place}: predicted {predicted_results} for the triggers, but the daemon reported {reported_results}"
    base_is_known = step.created_by is not None  # otherwise its triggers are not known either
    if len(triggers) != len(reported.triggers) and base_is_known and not is_last:
        yield f"{place}: predicted {counted(len(triggers), 'trigger')}, but the daemon ran {len(reported.triggers)}"
    # A replay does not know the ids of images that the build creates: the id from the daemon's own step is used.
    image = images.get(step.made_by, "") if step.made_by and step.cached else step.image
    is_reported = step.cached or (image and step.status is StepStatus.NO_PROBE)
    if is_reported and not _is_same(image, reported.image):
        yield f"{place}: predicted the image {image[:19]}, but the daemon reported {reported.image[:19]}"


def _result(cached: bool | None) -> str:
    return {True: "a hit", False: "a miss", None: "unknown"}[cached]


def _is_same(image: str, reported: str) -> bool:
    """Whether two ids may refer to one image. The daemon may have printed only the first digits of its own."""
    return image == reported or (
        len(reported) == _PRINTED_ID_DIGITS and image.removeprefix("sha256:").startswith(reported)
    )


def _history_differences(predicted: tuple[str | None, ...], recorded: tuple[str, ...]) -> Iterator[str]:
    if len(predicted) != len(recorded):
        count = counted(len(predicted), "entry", "entries")
        yield f"predicted a history of {count}, but the daemon's history has {len(recorded)}"
        return
    for number, (entry, reported) in enumerate(zip(predicted, recorded, strict=True), 1):
        if entry is not None and entry != reported:
            yield f"history entry {number}: predicted {entry[:120]!r}, but the daemon wrote {reported[:120]!r}"
