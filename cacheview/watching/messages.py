"""The messages between the process that watches builds and the one that shows them.

They are pickled objects, sent through a socket that only these two processes have, so both ends are this program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cacheview.report.shown_build import ShownBuild, ShownStep

__all__ = ["Failed", "News", "RecordSaved", "Refused", "SaveRecord", "Started", "StepsReceived", "StepsSent"]


@dataclass(frozen=True)
class Started:
    """Clients may connect. ``url``: the value for ``DOCKER_HOST``; ``host``: the engine."""

    url: str
    host: str


@dataclass(frozen=True)
class Refused:
    """The answer that nothing can be watched, with the reason in a sentence."""

    why: str


@dataclass(frozen=True)
class News:
    """News of a build.

    Attributes:
        build: the build without its steps.
        count: the number of its steps.
        changed: by index, the steps that are new or have changed since the previous news; all of them in the first.
    """

    build: ShownBuild
    count: int
    changed: Mapping[int, ShownStep]


@dataclass(frozen=True)
class Failed:
    """An unexpected exception of cacheview while watching, which continues. ``trace``: the traceback as text."""

    what: str
    trace: str


@dataclass(frozen=True)
class SaveRecord:
    """A request to write the record of a build. ``request``: its number, repeated in the answer."""

    request: int
    number: int
    path: str
    env: bool
    labels: bool


@dataclass(frozen=True)
class RecordSaved:
    """The record was written; otherwise ``why`` is the reason, in a sentence."""

    request: int
    why: str = ""


@dataclass
class StepsSent:
    """The steps of running builds that were sent to the other side, so that only changes are sent."""

    _sent: dict[int, tuple[ShownStep, ...]] = field(default_factory=dict)

    def news(self, build: ShownBuild) -> News:
        """Return the news to send about a build."""
        steps, before = build.steps, self._sent.pop(build.number, ())
        if not build.is_final:
            self._sent[build.number] = steps
        changed = {at: step for at, step in enumerate(steps) if at >= len(before) or before[at] != step}
        return News(replace(build, steps=()), len(steps), changed)


@dataclass
class StepsReceived:
    """The steps of running builds that were received from the other side."""

    _received: dict[int, tuple[ShownStep, ...]] = field(default_factory=dict)

    def build(self, news: News) -> ShownBuild:
        """Return the build with all of its steps."""
        number, before = news.build.number, self._received.pop(news.build.number, ())
        if news.changed or news.count != len(before):
            steps = tuple(news.changed.get(at) or before[at] for at in range(news.count))
        else:
            steps = before
        if not news.build.is_final:
            self._received[number] = steps
        return replace(news.build, steps=steps)
