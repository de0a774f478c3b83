"""A rule set by what people call it: its name, or a release and a storage driver."""

from __future__ import annotations

import re
from typing import Final

from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.rulesets.releases import Choice, choose, store_kind
from cacheview.model import DockerVersion

__all__ = ["HOW", "named"]

HOW: Final = 'a name such as graphdriver-24.0.7, or a release and a storage driver such as "Docker 24.0.7, overlay2"'
"""What `named` takes, for messages."""

_DOCKER: Final = re.compile(r"docker(?:[ -]engine)?[ -]+", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\s*,\s*|\s+")


def named(text: str) -> Choice:
    """The rules that are meant, with a note where they are those of the nearest release only.

    Raises KeyError with a message for people: what is wrong and what there is.
    """
    text = text.strip()
    by_name = RULE_SETS.get(text.replace(" ", "-"))
    if by_name is not None:
        return Choice(by_name)
    prefix = _DOCKER.match(text)
    version, *rest = _BETWEEN.split(text[prefix.end() :] if prefix is not None else text, maxsplit=1)
    if DockerVersion.parse(version) is None:
        if prefix is not None or version.isdecimal():
            raise KeyError(
                f"{version!r} is not a version of Docker: write all of it, as in 24.0.7, or 29.x for the newest"
            )
        raise KeyError(f"no rule set {text!r}; there are: {', '.join(RULE_SETS)}; or give a release and a driver")
    driver = rest[0] if rest else ""
    if not driver:
        raise KeyError(f'{text!r} does not say which image store: add the storage driver, such as "{text}, overlay2"')
    kind = store_kind(driver)
    if kind is None:
        raise KeyError(f"unknown storage driver {driver!r}: give overlay2, another one, or containerd")
    choice = choose(version, kind)
    if choice is None:
        raise KeyError(
            f"no rules are known of Docker {version} with a {kind.value} store; there are: {', '.join(RULE_SETS)}"
        )
    return choice
