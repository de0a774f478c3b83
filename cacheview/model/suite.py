"""A suite: stores and probes with expected verdicts, one JSON object per line."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cacheview.model.base import Model
from cacheview.model.config import ContainerConfig
from cacheview.model.image import SCRATCH, Image, ImageConfig, Platform
from cacheview.model.probe import Probe
from cacheview.model.store import LayerState

__all__ = ["Expectation", "Outcome", "SuiteCase", "SuiteProbe"]

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


class SuiteCase(Model):
    """One line of a suite: a store and its probes.

    Attributes:
        rules: name of the rule set that the case is for.
        platform: of the machine of the store's engine; None: not known.
        walk: whether the probes are looked up one after another in one cache and one store, which they may change.
        layer_content: ``missing`` or ``empty``, by diff id.
    """

    rules: str
    name: str = ""
    platform: Platform | None = None
    images: tuple[Image, ...] = ()
    probes: tuple[SuiteProbe, ...] = ()
    walk: bool = False
    layer_content: dict[str, LayerState] = Field(default_factory=dict)
