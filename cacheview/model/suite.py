"""A suite: stores and probes with expected verdicts, one JSON object per line."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, PrivateAttr

from cacheview.model.base import Model
from cacheview.model.config import ContainerConfig
from cacheview.model.image import SCRATCH, Image, ImageConfig, Platform
from cacheview.model.probe import Probe
from cacheview.model.release import Release, StoreKind
from cacheview.model.store import ImageStore, LayerState, Problem

__all__ = ["Expectation", "Outcome", "StoreDocument", "SuiteCase", "SuiteEngine", "SuiteProbe"]

Outcome = Literal["hit", "miss", "error", "diverges", "panic", "unknown"]


class Expectation(Model):
    """The expected answer of the cache. Fields that are None are not checked; ``error`` is shown, not compared."""

    outcome: Outcome
    image: str | None = None
    created: ImageConfig | None = None
    set_parent: dict[str, str] | None = None
    sources_after: tuple[str, ...] | None = None
    error: str | None = None


class SuiteProbe(Model):
    """A probe of a case, with its expected answer.

    Attributes:
        name, note: for people.
        parent: an id, `SCRATCH`, or ``@prev`` in a walk.
        sources: ids that ``--cache-from`` is expected to bring in, in order; None: not checked.
    """

    name: str = ""
    note: str = ""
    parent: str = SCRATCH
    config: ContainerConfig = ContainerConfig()
    cache_from: tuple[str, ...] | None = None
    platform: Platform | None = None
    sources: tuple[str, ...] | None = None
    expect: Expectation | None = None

    @property
    def probe(self) -> Probe:
        """The probe without the expected answer."""
        # All values have been validated.
        return Probe.model_construct(
            parent=self.parent,
            config=self.config,
            cache_from=self.cache_from or (),
            platform=self.platform,
        )


class SuiteEngine(Model):
    """The engine of a case's store, as far as known.

    Attributes:
        store: the kind of its store; None: not known, as are ``version`` and ``commit``.
        version: as ``docker version`` shows it.
        commit: the commit that it was built from.
        os: its operating system.
    """

    store: StoreKind | None = None
    version: str = ""
    commit: str = ""
    os: str = ""

    @staticmethod
    def of(store: ImageStore) -> SuiteEngine | None:
        """Return the engine of a store; None if nothing is known of it."""
        release = store.release
        if release is not None:
            return SuiteEngine(store=release.kind, version=release.version, commit=release.commit, os=store.engine_os)
        return SuiteEngine(os=store.engine_os) if store.engine_os else None

    @property
    def release(self) -> Release | None:
        """Its release; None: not known."""
        return Release(self.store, self.version, self.commit) if self.store is not None else None


class StoreDocument(Model):
    """A line of a file, with the images of a store."""

    _problems: tuple[Problem, ...] = PrivateAttr(())  # not a part of the file

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Which of its images, or which of their parts, were left out when the line was read, and why."""
        return self._problems

    def with_images(self, images: tuple[Image, ...], problems: tuple[Problem, ...]) -> Self:
        """Return the document with these images instead of its own, and the `problems` with the others."""
        result = self.model_copy(update={"images": images})
        result._problems = problems
        return result


class SuiteCase(StoreDocument):
    """One line of a suite: a store and its probes.

    Attributes:
        rules: name of the rule set that the case is for.
        engine: the store's engine; None: not known.
        platform: of the machine of the store's engine; None: not known.
        walk: whether the probes are looked up one after another in one cache and one store, which they may change.
        layer_content: ``missing`` or ``empty``, by diff id.
    """

    rules: str
    name: str = ""
    engine: SuiteEngine | None = None
    platform: Platform | None = None
    images: tuple[Image, ...] = ()
    probes: tuple[SuiteProbe, ...] = ()
    walk: bool = False
    layer_content: dict[str, LayerState] = Field(default_factory=dict)

    @staticmethod
    def of(store: ImageStore, rules: str) -> SuiteCase:
        """Return a case with a store, and without probes. ``rules``: the name of its rules."""
        return SuiteCase(
            rules=rules,
            engine=SuiteEngine.of(store),
            platform=store.platform,
            images=store.images,
            layer_content=dict(store.layer_content),
        )

    @property
    def store(self) -> ImageStore:
        """Its images and its engine, with the problems. Of images with the same id, the first is kept."""
        images, repeated = ImageStore.unique(self.images)
        return ImageStore(
            images,
            problems=(*repeated, *self.problems),
            rules=self.rules,
            release=self.engine.release if self.engine is not None else None,
            engine_os=self.engine.os if self.engine is not None else "",
            platform=self.platform,
            layer_content=self.layer_content,
        )
