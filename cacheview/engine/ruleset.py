"""Rule sets: the exact matching rules of one image-store kind over a range of releases, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from cacheview.engine.comparison import (
    Comparison,
    Equal,
    NeverTrue,
    SameElements,
    SameKeys,
    SameLength,
    SameValues,
)
from cacheview.model import CONFIG_FIELDS, ContainerConfig

__all__ = ["CONTAINERD_71EBFC7", "RULE_SETS", "ConfigCheck", "RuleSet", "rule_set"]


@dataclass(frozen=True)
class ConfigCheck:
    """One row of the table of config checks: a field, and how it is compared."""

    field: str
    comparison: Comparison

    @cached_property
    def name(self) -> str:
        return self.comparison.name(self.field)


@dataclass(frozen=True)
class RuleSet:
    """The rules of one kind of store in some releases.

    Attributes:
        name: as suites name it.
        title: for people.
        source: the code that the rules are read from.
        config_checks: what is compared of two container configs, in order; the daemon stops at the first failure.
        image_fields: the fields that the store reads of an image's container config; all others read as their zero
            value on the image's side, whatever its JSON holds.
    """

    name: str
    title: str
    source: str
    config_checks: tuple[ConfigCheck, ...]
    image_fields: frozenset[str]

    @cached_property
    def compared_fields(self) -> tuple[str, ...]:
        """The fields that some check reads, in the order of the checks."""
        return tuple(dict.fromkeys(check.field for check in self.config_checks))

    @cached_property
    def ignored_fields(self) -> tuple[str, ...]:
        """The fields that no check reads, in Docker's order."""
        return tuple(field for field in CONFIG_FIELDS if field not in self.compared_fields)

    @cached_property
    def _checks_by_field(self) -> Mapping[str, tuple[ConfigCheck, ...]]:
        return {
            field: tuple(check for check in self.config_checks if check.field == field)
            for field in self.compared_fields
        }

    def read_image(self, config: ContainerConfig | None, field: str) -> object:
        """A field of an image's container config as the daemon reads it; of none, the zero value."""
        if config is None or field not in self.image_fields:
            return ContainerConfig.model_fields[field].default
        return getattr(config, field)

    def field_matches(self, field: str, probe: ContainerConfig, image: ContainerConfig | None) -> bool:
        """Whether all checks of one field pass."""
        ours, theirs = getattr(probe, field), self.read_image(image, field)
        return all(check.comparison.matches(ours, theirs) for check in self._checks_by_field[field])


_EQUAL, _LENGTH, _ELEMENTS = Equal(), SameLength(), SameElements()

# What a containerd-store image config has: the OCI fields, and Docker's three extensions
# (moby image/spec/specs-go/v1/image.go).
_OCI_FIELDS = frozenset(
    (
        *("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels"),
        *("StopSignal", "ArgsEscaped", "Healthcheck", "OnBuild", "Shell"),
    )
)

CONTAINERD_71EBFC7 = RuleSet(
    name="containerd-71ebfc7",
    title="containerd store, moby 71ebfc7 (25.0 development)",
    source="moby daemon/containerd/cache.go at 71ebfc7",
    config_checks=(
        ConfigCheck("OpenStdin", NeverTrue()),
        *(ConfigCheck(field, _EQUAL) for field in ("AttachStdout", "AttachStderr", "User", "OpenStdin", "Tty")),
        *(ConfigCheck(field, _LENGTH) for field in ("Cmd", "Env", "Labels", "ExposedPorts", "Entrypoint", "Volumes")),
        ConfigCheck("Cmd", _ELEMENTS),
        ConfigCheck("Env", _ELEMENTS),
        ConfigCheck("Labels", SameValues()),
        ConfigCheck("ExposedPorts", SameKeys()),
        ConfigCheck("Entrypoint", _ELEMENTS),
        ConfigCheck("Volumes", SameKeys()),
    ),
    image_fields=_OCI_FIELDS,
)

RULE_SETS: Mapping[str, RuleSet] = MappingProxyType({rules.name: rules for rules in (CONTAINERD_71EBFC7,)})
"""All rule sets by name, oldest first."""


def rule_set(name: str) -> RuleSet:
    """The rule set of that name; spaces may stand for hyphens. Raises KeyError with the names that there are."""
    try:
        return RULE_SETS[name.strip().replace(" ", "-")]
    except KeyError:
        raise KeyError(f"no rule set {name!r}; there are: {', '.join(RULE_SETS)}") from None
