"""One side of a comparison: the requests of a build, the result of each step, and where it was built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from cacheview.diff.requested_steps import RequestedStep
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine import RuleSet
from cacheview.layers.current_files import CurrentFiles
from cacheview.layers.files import LayerFiles
from cacheview.model import Image, ImageStore, StoreKind
from cacheview.replay.options import BuildOptions
from cacheview.replay.result import Replay

__all__ = ["BuildSide", "Circumstances", "ReplayUnder", "SideKind", "SideStep"]


class SideKind(Enum):
    """The kind of source that a side is made from."""

    RECORD = "record"
    CONTEXT = "context"
    IMAGE = "image"


@dataclass(frozen=True)
class Circumstances:
    """The cache and the options for a build.

    Attributes:
        store, rules: the cache.
        release: the builder.
        options: of the build.
    """

    store: ImageStore
    rules: RuleSet
    release: BuilderRelease
    options: BuildOptions


ReplayUnder = Callable[[Circumstances], Replay]
"""Replays the build of a side under other circumstances. Raises `DataError`."""


@dataclass(frozen=True, slots=True)
class SideStep:
    """One step of a side.

    Attributes:
        requested: the request of the build.
        cached: whether it was a hit; None: not known, or it is not looked up (``FROM``).
        image: id of the image after it, or its first 12 digits; empty: there is none, or it is not known.
        why: why it is not known, in a sentence; empty: it is known, or nothing is looked up.
        is_created: whether the build created the image.
        is_reached: whether the build reached this step.
        is_failed: whether the build ended at this step.
        at: when it began; None: not known.
        base: for ``FROM``, the image; None: scratch, a stage, or not known.
        diff_id: for an image, the layer that the step created; empty: none.
    """

    requested: RequestedStep
    cached: bool | None = None
    image: str = ""
    why: str = ""
    is_created: bool = False
    is_reached: bool = True
    is_failed: bool = False
    at: datetime | None = None
    base: Image | None = None
    diff_id: str = ""

    @property
    def is_looked_up(self) -> bool:
        """Whether it is looked up in the cache."""
        return self.requested.stage >= 0 and self.requested.name != "FROM"


@dataclass(frozen=True)
class BuildSide:
    """One side.

    Attributes:
        kind: the kind of source that it is made from.
        title: its name for users.
        steps: in order, triggers after their ``FROM``.
        options: of the build.
        client: the client that sent it, by its own name or the one in `CLIENTS`; empty: not known.
        engine: the daemon, for people; empty: not known.
        release: its version; empty: not known.
        rules, builder: of the daemon; None: not known.
        store_kind: of the daemon; None: not known.
        store: the images before the build; None: not known.
        location: of the store; empty: none.
        started: when; None: not known.
        files: of the context; None: they cannot be read.
        has_content: whether the content of the files can be read too.
        all_sums: returns the sum of every file that was sent, by path.
        after_target: texts of the steps that ``--target`` leaves out.
        dockerfile: its text, as it was read; empty: not known.
        error: why the build ended early; empty: it did not.
        cut: why there are further steps that are unknown: the builder refuses the Dockerfile or the next step; empty:
            there are none.
        replay: replays the build under other circumstances; None: it cannot be replayed.
        layers: for an image, opens the layers of its store; None: they are not read. It raises `DataError`.
        is_by_buildkit: whether it is an image that BuildKit created.
    """

    kind: SideKind
    title: str
    steps: tuple[SideStep, ...]
    options: BuildOptions = field(default_factory=BuildOptions)
    client: str = ""
    engine: str = ""
    release: str = ""
    rules: RuleSet | None = None
    builder: BuilderRelease | None = None
    store_kind: StoreKind | None = None
    store: ImageStore | None = None
    location: str = ""
    started: datetime | None = None
    files: CurrentFiles | None = None
    has_content: bool = False
    all_sums: Callable[[], Mapping[str, str]] = dict
    after_target: frozenset[str] = frozenset()
    dockerfile: bytes = b""
    error: str = ""
    cut: str = ""
    replay: ReplayUnder | None = None
    layers: Callable[[], LayerFiles] | None = None
    is_by_buildkit: bool = False

    def image(self, image_id: str) -> Image | None:
        """Return the image of its store with this id, complete or abbreviated; None if there is none."""
        if self.store is None or not image_id:
            return None
        match = self.store.by_id.get(image_id)
        if match is not None or ":" in image_id:
            return match
        return next((image for image in self.store.images if image.short_id == image_id), None)

    @property
    def circumstances(self) -> Circumstances | None:
        """The circumstances of the build; None: they are not all known."""
        if self.store is None or self.rules is None or self.builder is None:
            return None
        return Circumstances(self.store, self.rules, self.builder, self.options)
