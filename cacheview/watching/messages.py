"""The messages between the process that watches builds and the one that shows them, as values.

They go through a socket that only these two have, one to the other as Python objects, so both are this program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cacheview.report.shown_build import ShownBuild, ShownStep

__all__ = ["Failed", "News", "RecordSaved", "Refused", "SaveRecord", "Started", "StepsHeard", "StepsSent"]


@dataclass(frozen=True)
class Started:
    """Clients may connect. ``url``: what ``DOCKER_HOST`` has to be; ``host``: the engine."""

    url: str
    host: str


@dataclass(frozen=True)
class Refused:
    """Nothing can be watched: why, in a sentence."""

    why: str


@dataclass(frozen=True)
class News:
    """More is known of a build.

    Attributes:
        build: without its steps.
        count: how many steps it has.
        changed: of these, by index, those that are new or not what they were in the news before; all of them where
            there was none.
    """

    build: ShownBuild
    count: int
    changed: Mapping[int, ShownStep]


@dataclass(frozen=True)
class Failed:
    """A fault of cacheview while it watches, which goes on. ``trace``: where, as Python prints it."""

    what: str
    trace: str


@dataclass(frozen=True)
class SaveRecord:
    """Write the record of a build. ``request``: a number that the answer has too; the others as `redacted_record`."""

    request: int
    number: int
    path: str
    env: bool
    labels: bool


@dataclass(frozen=True)
class RecordSaved:
    """It was written; or ``why`` not, in a sentence."""

    request: int
    why: str = ""


@dataclass
class StepsSent:
    """What the other side has of builds that go on: only what is new is sent to it."""

    _sent: dict[int, tuple[ShownStep, ...]] = field(default_factory=dict)

    def news(self, build: ShownBuild) -> News:
        """What is to be sent of a build."""
        steps, before = build.steps, self._sent.pop(build.number, ())
        if not build.is_final:
            self._sent[build.number] = steps
        changed = {at: step for at, step in enumerate(steps) if at >= len(before) or before[at] != step}
        return News(replace(build, steps=()), len(steps), changed)


@dataclass
class StepsHeard:
    """The same on that other side."""

    _heard: dict[int, tuple[ShownStep, ...]] = field(default_factory=dict)

    def build(self, news: News) -> ShownBuild:
        """The build with all of its steps."""
        number, before = news.build.number, self._heard.pop(news.build.number, ())
        if news.changed or news.count != len(before):
            steps = tuple(news.changed.get(at) or before[at] for at in range(news.count))
        else:
            steps = before
        if not news.build.is_final:
            self._heard[number] = steps
        return replace(news.build, steps=steps)
