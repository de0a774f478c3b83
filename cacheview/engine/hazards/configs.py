"""The differences between two container configs, and the content of a restored image's config."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.engine.candidate import container_config_of
from cacheview.engine.requirement import BuiltLocally
from cacheview.engine.ruleset import RuleSet
from cacheview.model import CONFIG_FIELDS, ContainerConfig, FieldKind, Image, field_kind

__all__ = ["differing", "is_restored", "is_unset", "requires_mark"]

# No release compares these: they name the container rather than describe it.
_NAMING_FIELDS = frozenset({"Hostname", "Domainname", "Image", "MacAddress"})


def differing(probe: ContainerConfig, image: ContainerConfig) -> Iterator[str]:
    """Yield the fields that differ in two configs; null and empty count as equal."""
    for field in CONFIG_FIELDS:
        if field in _NAMING_FIELDS:
            continue
        probe_value, image_value = getattr(probe, field), getattr(image, field)
        if field_kind(field) in (FieldKind.LIST, FieldKind.MAP, FieldKind.SET):
            probe_value, image_value = probe_value or None, image_value or None
        if probe_value != image_value:
            yield field


def is_unset(config: ContainerConfig | None) -> bool:
    """Return whether a container config is missing, or sets no field that a release compares."""
    return config is None or not any(differing(ContainerConfig(), config))


def is_restored(image: Image) -> bool:
    """Return whether an image looks as if the cache created it: no build config, and the step's own command.

    In an image that was built, ``config.Cmd`` is the command that its containers run, and only the history has that of
    the step.
    """
    config = image.config.config
    if config is None or not image.history or not is_unset(container_config_of(image)):
        return False
    return bool(config.Cmd) and " ".join(config.Cmd or ()) == image.history[-1].created_by


def requires_mark(rules: RuleSet) -> bool:
    """Return whether only images that are recorded as built here can be hits of the local cache."""
    return any(isinstance(requirement, BuiltLocally) for requirement in rules.requirements)
