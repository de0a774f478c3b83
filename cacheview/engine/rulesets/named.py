"""Finds rule sets by the names that people use: their own name, or a release and a storage driver."""

from __future__ import annotations

import re
from typing import Final

from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.rulesets.releases import RuleSetChoice, choose, store_kind
from cacheview.engine.words import choosing as words
from cacheview.model import DockerVersion, StoreKind

__all__ = ["kind_named", "named", "with_driver"]

_DOCKER: Final = re.compile(r"docker(?:[ -]engine)?[ -]+", re.IGNORECASE)
_SEPARATOR: Final = re.compile(r"\s*,\s*|\s+")


def named(text: str) -> RuleSetChoice:
    """Return the rules with that name, with a note if they are only those of the nearest release.

    Raises KeyError with a message for people: the reason and the known names.
    """
    text = text.strip()
    by_name = RULE_SETS.get(text.replace(" ", "-"))
    if by_name is not None:
        return RuleSetChoice(by_name)
    prefix = _DOCKER.match(text)
    version, *rest = _SEPARATOR.split(text[prefix.end() :] if prefix is not None else text, maxsplit=1)
    if DockerVersion.parse(version) is None:
        if prefix is not None or version.isdecimal():
            raise KeyError(words.not_a_version(version))
        raise KeyError(words.no_rule_set(text, RULE_SETS))
    driver = rest[0] if rest else ""
    if not driver:
        raise KeyError(words.no_driver(text))
    kind = store_kind(driver)
    if kind is None:
        raise KeyError(words.unknown_driver(driver))
    choice = choose(version, kind)
    if choice is None:
        raise KeyError(words.no_rules(version, kind, RULE_SETS))
    return choice


def kind_named(text: str) -> StoreKind | None:
    """Return the kind of store that a name of rules is for, even if there are no such rules; None: it names no kind.

    ``graphdriver-99.0`` begins with the kind, and ``Docker 19.03, overlay2`` ends with a storage driver.
    """
    text = text.strip()
    prefix = _DOCKER.match(text)
    _, *driver = _SEPARATOR.split(text[prefix.end() :] if prefix is not None else text, maxsplit=1)
    words = (*driver, text.replace(" ", "-").partition("-")[0])
    return next((kind for word in words if (kind := store_kind(word)) is not None), None)


def with_driver(text: str, kind: StoreKind) -> str:
    """Return the name of rules, with a kind of store added if it is only a release."""
    prefix = _DOCKER.match(text.strip())
    version = text.strip()[prefix.end() if prefix is not None else 0 :]
    is_alone = text.strip() not in RULE_SETS and len(_SEPARATOR.split(version)) == 1
    return f"{text.strip()}, {kind.value}" if is_alone and DockerVersion.parse(version) is not None else text
