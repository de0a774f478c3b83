"""A watched build as lines that are printed as it proceeds, with the daemon's results and cacheview's prediction."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.report.shown_build import ShownBuild, ShownStep
from cacheview.wording import counted

__all__ = ["LiveLines"]


class LiveLines:
    """The lines of all builds. Those of each build are in order, and each line is printed once."""

    def __init__(self) -> None:
        self._titled: set[int] = set()
        self._shown: dict[int, int] = {}
        self._explained: set[int] = set()
        self._ended: set[int] = set()

    def has_ended(self, number: int) -> bool:
        """Whether all lines of a build have been printed. A build is reported again when parts of it are discarded."""
        return number in self._ended

    def news(self, build: ShownBuild, *, is_final: bool) -> Iterator[str]:
        """Yield the new lines of a build. ``is_final``: no more lines will follow."""
        number = "" if build.record else f"[{build.number}] "
        return (f"{number}{line}" for line in self._lines(build, is_final=is_final))

    def _lines(self, build: ShownBuild, *, is_final: bool) -> Iterator[str]:
        if build.number not in self._titled:
            self._titled.add(build.number)
            client = build.client or "an unnamed client"
            yield f"{build.began} {build.title}, from {client}".strip()
            if build.unpredicted:
                yield build.unpredicted
        shown = self._shown.get(build.number, 0)
        ready = build.done if build.is_over else build.done - 1
        for step in build.steps[shown : max(shown, ready)]:
            yield _step_line(step, build.total)
        self._shown[build.number] = max(shown, ready)
        yield from self._why(build)
        if is_final:
            yield from _end(build)
            self._titled.discard(build.number)
            self._shown.pop(build.number, None)
            self._explained.discard(build.number)
            self._ended.add(build.number)

    def _why(self, build: ShownBuild) -> Iterator[str]:
        """Yield the reason that the first step misses, once the daemon is past that step."""
        if not build.missed or build.number in self._explained or self._shown[build.number] < build.missed:
            return
        self._explained.add(build.number)
        yield f"  why step {build.missed} misses:"
        yield from (f"  {line.strip()}" for line in build.why)


def _step_line(step: ShownStep, total: int) -> str:
    """Return the line of one step: the instruction, and whether the daemon used its cache."""
    fact = step.reported
    if fact is None:
        return f"Step {step.number}/{total} : {step.text}"
    hits = sum(bool(hit) for hit in fact.triggers)
    word = "Using cache" if fact.cached else ""
    if fact.triggers:
        word = f"{hits} of {len(fact.triggers)} triggers cached"
    differs = "  <- predicted differently" if step.differs else ""
    after = " ".join(filter(None, (word, fact.image)))
    return f"Step {step.number}/{total} : {step.text}{f'  ---> {after}' if after else ''}{differs}"


def _end(build: ShownBuild) -> Iterator[str]:
    yield build.outcome
    if not build.is_predicted:
        if build.unpredicted and not build.is_buildkit:
            yield f"not predicted: {build.unpredicted}"
        return
    if not build.differences:
        unknown = build.unknown
        unknowns = f"; {counted(unknown, 'step was', 'steps were')} unknown" if unknown else ""
        yield f"as predicted{unknowns}"
        return
    who = "THE RECORD DIFFERS" if build.is_replayed else "THE DAEMON DIFFERS"
    yield f"{who} from the prediction:"
    yield from (f"  {difference}" for difference in build.differences)
    if build.overlapped or build.is_late:
        yield (
            "  the store may have changed in the meantime, because another build ran at the same time"
            if build.overlapped
            else ("  the store may have been listed after the build began")
        )
    else:
        yield "  please report this as a bug, with the record of the build"
