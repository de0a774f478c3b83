"""A watched build as lines, as they become known: what the daemon does, and what cacheview says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cacheview.model import short_id
from cacheview.report.replays import why_lines
from cacheview.watch.build import BuildState, Row, WatchedBuild

__all__ = ["LiveLines", "outcome_line", "step_line"]


class LiveLines:
    """The lines of all builds: each build's in order, and each line once."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._shown: dict[int, int] = {}
        self._explained: set[int] = set()
        self._ended: set[int] = set()

    def has_ended(self, build: WatchedBuild) -> bool:
        """Whether all of a build has been said. It is heard of again when less of it is kept."""
        return build.number in self._ended

    def news(self, build: WatchedBuild, *, is_final: bool) -> Iterator[str]:
        """What of a build has not been said yet. ``is_final``: nothing more comes of it."""
        number = "" if build.record else f"[{build.number}] "
        return (f"{number}{line}" for line in self._lines(build, is_final=is_final))

    def _lines(self, build: WatchedBuild, *, is_final: bool) -> Iterator[str]:
        if build.number not in self._begun:
            self._begun.add(build.number)
            client = build.request.client or "an unnamed client"
            yield f"{build.began} {build.title}, from {client}".strip()
            if build.unpredicted:
                yield build.unpredicted
        shown, value = self._shown.get(build.number, 0), build.outcome.steps
        ready = len(value) if build.outcome.is_over else len(value) - 1
        rows = list(build.rows)
        for row in rows[shown : max(shown, ready)]:
            yield step_line(row, build.outcome.total)
        self._shown[build.number] = max(shown, ready)
        yield from self._why(build)
        if is_final:
            yield from _end(build)
            self._begun.discard(build.number)
            self._shown.pop(build.number, None)
            self._explained.discard(build.number)
            self._ended.add(build.number)

    def _why(self, build: WatchedBuild) -> Iterator[str]:
        """Of the first step that misses, once the daemon is past it."""
        miss = build.first_miss
        if miss is None or build.number in self._explained or self._shown[build.number] < miss.step.number:
            return
        self._explained.add(build.number)
        yield f"  why step {miss.step.number} misses:"
        yield from (f"  {line.strip()}" for line in why_lines(miss))


def step_line(row: Row, total: int) -> str:
    """One step: the instruction, and whether the daemon used its cache."""
    fact = row.reported
    if fact is None:
        return f"Step {row.number}/{total} : {row.text}"
    hits = sum(bool(hit) for hit in fact.triggers)
    word = "Using cache" if fact.cached else ""
    if fact.triggers:
        word = f"{hits} of {len(fact.triggers)} triggers cached"
    differs = "  <- cacheview says otherwise" if row.differs else ""
    after = " ".join(filter(None, (word, fact.image)))
    return f"Step {row.number}/{total} : {row.text}{f'  ---> {after}' if after else ''}{differs}"


def outcome_line(build: WatchedBuild) -> str:
    """How a build ended, in a few words."""
    outcome = build.outcome
    match build.state:
        case BuildState.SENDING:
            return "sending its context"
        case BuildState.BUILDING:
            return f"step {len(outcome.steps)} of {outcome.total}" if outcome.total else "building"
        case BuildState.FAILED:
            return f"failed: {outcome.error.strip().splitlines()[0][:200] if outcome.error.strip() else ''}"
        case BuildState.BUILT:
            if build.is_replayed:
                return "replayed, not built"
            counts = Counter(step.cached for step in outcome.steps)
            image = f" {short_id(outcome.image)}" if outcome.image else ""
            steps = f": {counts[True]} of {len(outcome.steps)} steps cached" if outcome.steps else ""
            return f"built{image}{steps}"


def _end(build: WatchedBuild) -> Iterator[str]:
    yield outcome_line(build)
    if build.prediction is None:
        if build.unpredicted and not build.request.is_buildkit:
            yield f"not predicted: {build.unpredicted}"
        return
    if not build.differences:
        unknown = sum(step.cached is None for step in build.prediction.replay.asked)
        known = f", {unknown} {'step was' if unknown == 1 else 'steps were'} not known" if unknown else ""
        yield f"as cacheview says{known}"
        return
    who = "THE RECORD DIFFERS" if build.is_replayed else "THE DAEMON DIFFERS"
    yield f"{who} from what cacheview says:"
    yield from (f"  {difference}" for difference in build.differences)
    if build.overlapped or build.is_late:
        yield (
            "  the store may have changed meanwhile: another build ran at the same time"
            if build.overlapped
            else ("  the store may have been listed after the build had begun")
        )
    else:
        yield "  please report this as a bug, with the record of the build"
