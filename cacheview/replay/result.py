"""What a replay reports: each step as ``docker build`` would print it, and what the cache answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # or the window would load all of these to show the first step
    from cacheview.dockerfile.context import SourcesSum
    from cacheview.dockerfile.dispatch import CopySources
    from cacheview.dockerfile.refused import BuildRefusedError
    from cacheview.engine import ImageCache
    from cacheview.model import ContainerConfig, Image, Probe
    from cacheview.replay.hazards import StepHazard

__all__ = ["Replay", "Step", "StepStatus"]


class StepStatus(Enum):
    """What happens to a step."""

    HIT = "hit"
    MISS = "miss"  # looked up, and nothing matches
    NOT_ASKED = "not asked"  # after a miss of its stage, or without a cache
    UNKNOWN = "unknown"  # the store and the context do not report
    NO_PROBE = "no probe"  # FROM, and ARG before it

    @property
    def word(self) -> str:
        """What it is called for people; the value stands in JSON."""
        return "not checked" if self is StepStatus.NOT_ASKED else self.value


@dataclass(frozen=True)
class Step:
    """One line ``Step n/m``, or one trigger of a ``FROM``.

    Attributes:
        number: from 1, as the builder counts; a trigger has that of its ``FROM``.
        text: the instruction as the builder prints it.
        line: of the Dockerfile, from 1; 0 for what comes from elsewhere: a trigger, a label of the command line.
        stage: index of the stage; -1 before the first.
        added_label: the name of a label that the client or ``--label`` adds as a step; empty of any other step.
        status: see `StepStatus`.
        image: id of the image after the step; empty if there is none, or it is not in the store.
        made_by: of an image that this build makes, the number of the step; 0: it is in the store, or not known.
        probe: what is looked up in the cache, or would be; None: nothing, or it is not known.
        cache: where it was looked up, if this build has changed it before; None: the store as it is.
        created_by: what the history of the image says; None: not known. Empty of a step that makes no image.
        reason: why it is unknown or not looked up, in a sentence.
        assumed: of a miss, the image that later steps build on anyway, see `replay_past_misses`; mostly empty.
        remedies: of an unknown step, what would make it known, in sentences; mostly empty.
        possible: of an unknown step, the images of the store that it may hit; there may be none. Of a hit on an image
            that this build makes, those of an earlier build that it may be.
        sources: the files of ``COPY`` and ``ADD``, where they are known.
        copy: what it takes, as its words say.
        from_image: of ``COPY --from``, what its files are copied from; None: scratch, or it is not known.
        instead: the probe of another instruction in its place, given its line; it may raise `DataError`.
        hazards: of a hit, what it does not compare.
        triggers: of a ``FROM``, what its base has it run.
        seconds: that it took to sum its files and to ask the cache.
    """

    number: int
    text: str
    line: int
    stage: int
    status: StepStatus
    image: str = ""
    made_by: int = 0
    probe: Probe | None = None
    cache: ImageCache | None = field(default=None, compare=False, repr=False)
    created_by: str | None = ""
    added_label: str = ""
    reason: str = ""
    assumed: str = ""
    possible: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    sources: SourcesSum | None = None
    copy: CopySources | None = None
    from_image: Image | None = field(default=None, compare=False, repr=False)
    instead: Callable[[str], ContainerConfig] | None = field(default=None, compare=False, repr=False)
    hazards: tuple[StepHazard, ...] = ()
    triggers: tuple[Step, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def cached(self) -> bool | None:
        """Whether the builder prints ``Using cache``; None: not known."""
        return None if self.status is StepStatus.UNKNOWN else self.status is StepStatus.HIT


@dataclass(frozen=True)
class Replay:
    """All steps of a build, up to the one that is refused.

    Attributes:
        steps: in order, those of all stages.
        total: how many there would be.
        history: ``created_by`` of each entry of the resulting image's history, oldest first; None for one that is
            not known. None if the build is refused, or where its base would be pulled.
        refused: why the builder stops; None: it does not.
        warnings: what the builder warns of.
        hazards: what the client does to the build that people do not expect.
    """

    steps: tuple[Step, ...]
    total: int = 0
    history: tuple[str | None, ...] | None = ()
    refused: BuildRefusedError | None = None
    warnings: tuple[str, ...] = field(default=())
    hazards: tuple[StepHazard, ...] = ()

    @property
    def looked_up(self) -> Iterator[Step]:
        """The steps that are looked up in the cache, or would be, triggers among them."""
        for step in self.steps:
            yield from step.triggers
            if step.status is not StepStatus.NO_PROBE:
                yield step

    @property
    def first_miss(self) -> Step | None:
        """The first step that the cache misses; None if there is none, as far as known."""
        return next((step for step in self.looked_up if step.status is StepStatus.MISS), None)

    @property
    def all_cached(self) -> bool | None:
        """Whether every step is a hit; None: not known."""
        cached = {step.cached for step in self.looked_up}
        if False in cached or self.refused is not None:
            return False
        return None if None in cached else True
