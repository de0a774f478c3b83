"""Explains how the rules of a release were chosen, or why none were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cacheview.model import DockerVersion, StoreKind

__all__ = [
    "HOW_TO_CHOOSE",
    "newer_than_known",
    "no_driver",
    "no_rule_set",
    "no_rules",
    "not_a_version",
    "unchecked",
    "unknown_driver",
]

HOW_TO_CHOOSE: Final = (
    "specify the name of a rule set (such as graphdriver-24.0.7), or a release and a storage driver (such as "
    '"Docker 24.0.7, overlay2")'
)
"""Instructions for naming rules, for messages."""


def newer_than_known(release: DockerVersion, newest: DockerVersion) -> str:
    """Explain that the rules of the newest known release are used for a newer one."""
    return f"{release} is newer than {newest}, the newest release whose rules are known."


def unchecked(release: DockerVersion, used: DockerVersion) -> str:
    """Explain that the rules of an earlier release are used for one between known releases."""
    return f"The code of Docker {release} has not been checked, so the rules of {used} are used."


def no_rule_set(name: str, choices: Iterable[str]) -> str:
    """Explain that no rule set has this name."""
    return f"there is no rule set {name!r}; choose from {', '.join(choices)}, or specify a release and a storage driver"


def not_a_version(text: str) -> str:
    """Explain that the text does not name a release."""
    return f"{text!r} is not a Docker version; specify the full version, such as 24.0.7, or a series, such as 29.x"


def no_driver(text: str) -> str:
    """Explain that the text names a release without a storage driver."""
    return f'{text!r} does not specify the image store; add the storage driver, such as "{text}, overlay2"'


def unknown_driver(driver: str) -> str:
    """Explain that there is no such storage driver."""
    return f"unknown storage driver {driver!r}; use overlay2, another graph driver, or containerd"


def no_rules(version: str, store: StoreKind, choices: Iterable[str]) -> str:
    """Explain that the release is older than those whose rules are known."""
    return f"no rules are known for Docker {version} with a {store.store_title}; choose from {', '.join(choices)}"
