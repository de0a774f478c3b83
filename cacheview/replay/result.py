"""The result of a replay: each step as ``docker build`` would print it, and the cache's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # otherwise the window would load all of these to show the first step
    from cacheview.dockerfile.context import SourcesSum
    from cacheview.dockerfile.dispatch import CopySources
    from cacheview.dockerfile.refusal import BuildRefusedError
    from cacheview.engine import ImageCache
    from cacheview.model import ContainerConfig, Image, Probe
    from cacheview.replay.hazards import StepHazard

__all__ = ["Replay", "Step", "StepStatus"]


class StepStatus(Enum):
    """The result of a step."""

    HIT = "hit"
    MISS = "miss"  # looked up, and nothing matches
    NOT_CHECKED = "not asked"  # after a miss in its stage, or without a cache
    UNKNOWN = "unknown"  # neither the store nor the context shows it
    NO_PROBE = "no probe"  # FROM, and ARG before it

    @property
    def word(self) -> str:
        """The word for people; the value is the one in JSON."""
        return "not checked" if self is StepStatus.NOT_CHECKED else self.value


@dataclass(frozen=True)
class Step:
    """One line ``Step n/m``, or one trigger of a ``FROM``.

    Attributes:
        number: from 1, as the builder counts; a trigger has that of its ``FROM``.
        text: the instruction as the builder prints it.
        line: line of the Dockerfile, from 1; 0 for a trigger or a label from the command line.
        stage: index of the stage; -1 before the first.
        added_label: the name of a label that the client or ``--label`` adds as a step; otherwise empty.
        status: see `StepStatus`.
        image: id of the image after the step; empty if there is none, or it is not in the store.
        made_by: for an image that this build creates, the number of the step; 0: it is in the store, or not known.
        probe: the probe that is looked up in the cache, or would be; None: there is none, or it is not known.
        cache: the cache of the lookup if this build has changed it before; None: the store as it is.
        created_by: ``created_by`` in the history of the image; None: not known. Empty if the step creates no image.
        reason: a sentence on why it is unknown or not looked up.
        assumed: for a miss, the image that later steps build on anyway, see `replay_past_misses`; usually empty.
        remedies: for an unknown step, sentences on how to make it known; usually empty.
        possible: for an unknown step, the images in the store that it may hit, possibly none. For a hit on an image
            that this build creates, those of an earlier build that it may be.
        sources: the files of ``COPY`` and ``ADD``, if they are known.
        copy: the sources as the instruction names them.
        from_image: for ``COPY --from``, the image that files are copied from; None: scratch, or not known.
        probe_of_line: returns the probe of another instruction in its place, given its line; may raise `DataError`.
        hazards: for a hit, the changes that it does not detect.
        triggers: for a ``FROM``, the triggers of its base.
        seconds: the time for its checksums and lookups.
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
    probe_of_line: Callable[[str], ContainerConfig] | None = field(default=None, compare=False, repr=False)
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
        steps: the steps of all stages, in order.
        total: the number of steps of the complete build.
        history: ``created_by`` of each entry of the resulting image's history, oldest first, with None for one that is
            not known. None if the build is refused, or its base would be pulled.
        refused: the reason that the builder stops; None: it does not.
        warnings: the builder's warnings.
        hazards: the unexpected effects of the client on the build.
    """

    steps: tuple[Step, ...]
    total: int = 0
    history: tuple[str | None, ...] | None = ()
    refused: BuildRefusedError | None = None
    warnings: tuple[str, ...] = field(default=())
    hazards: tuple[StepHazard, ...] = ()

    @property
    def looked_up(self) -> Iterator[Step]:
        """The steps that are looked up in the cache, or would be, including triggers."""
        for step in self.steps:
            yield from step.triggers
            if step.status is not StepStatus.NO_PROBE:
                yield step

    @property
    def first_miss(self) -> Step | None:
        """The first step that misses the cache; None if there is none, as far as known."""
        return next((step for step in self.looked_up if step.status is StepStatus.MISS), None)

    @property
    def all_cached(self) -> bool | None:
        """Whether every step is a hit; None: not known."""
        cached = {step.cached for step in self.looked_up}
        if False in cached or self.refused is not None:
            return False
        return None if None in cached else True
