"""Opens the stores of running daemons as a user would."""

from __future__ import annotations

from cacheview.engine import ImageCache, RuleSet, Verdict
from cacheview.engine.candidate import container_config_of
from cacheview.model import SCRATCH, Image, ImageStore, Probe, Release
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedCase

__all__ = ["ask", "opened", "probe_of", "store_at"]


def opened(location: str, puller: Release | None = None) -> OpenedCase:
    """Open the only store at a location, which must be read without problems.

    Args:
        puller: the engine that would pull images from a registry.
    """
    result = open_store(location, puller=puller)
    assert result.problems == (), list(map(str, result.problems))
    (case,) = result.cases
    assert case.store.problems == ()
    return case


def store_at(location: str) -> ImageStore:
    return opened(location).store


def probe_of(image: Image) -> Probe:
    """Return the probe that the builder must have sent before the step that created an image. The image stores it.

    Only the host name differs: the stored config is that of the step's container, which had a host name by then. No
    rule compares it (moby image/cache/compare.go, 20.10 and later).
    """
    config = container_config_of(image)
    assert config is not None
    return Probe(parent=image.parent or SCRATCH, config=config)


def ask(case: OpenedCase, probe: Probe, rules: RuleSet) -> Verdict:
    return ImageCache(case.store, rules).verdict(probe)
