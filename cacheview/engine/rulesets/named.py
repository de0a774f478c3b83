"""A rule set by what people call it: its name, or a release and a storage driver."""

from __future__ import annotations

import re

from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.rulesets.releases import Choice, choose, store_kind

__all__ = ["HOW", "named"]

HOW = 'a name such as graphdriver-24.0.7, or a release and a storage driver such as "Docker 24.0.7, overlay2"'
"""What `named` takes, for messages."""

_RELEASE = re.compile(
    r"(?:docker(?:[ -]engine)?[ -]+)?(v?[0-9]+[.][0-9A-Za-z.+~-]*)(?:\s*,\s*|\s+)(.+)", re.IGNORECASE | re.DOTALL
)
_VERSION_ALONE = re.compile(r"(?:docker(?:[ -]engine)?[ -]+)?v?[0-9]+[.][0-9A-Za-z.+~-]*", re.IGNORECASE)


def named(text: str) -> Choice:
    """The rules that are meant, with a note where they are those of the nearest release only.

    Raises KeyError with a message for people: what is wrong and what there is.
    """
    text = text.strip()
    by_name = RULE_SETS.get(text.replace(" ", "-"))
    if by_name is not None:
        return Choice(by_name)
    if _VERSION_ALONE.fullmatch(text):
        raise KeyError(f'{text!r} does not say which image store: add the storage driver, such as "{text}, overlay2"')
    found = _RELEASE.fullmatch(text)
    if found is None:
        raise KeyError(f"no rule set {text!r}; there are: {', '.join(RULE_SETS)}; or give a release and a driver")
    version, driver = found[1], found[2].strip()
    kind = store_kind(driver)
    if kind is None:
        raise KeyError(f"{driver!r} is no storage driver that is known: give overlay2, another one, or containerd")
    choice = choose(version, kind)
    if choice is None:
        raise KeyError(
            f"no rules are known of Docker {version} with a {kind.value} store; there are: {', '.join(RULE_SETS)}"
        )
    return choice
