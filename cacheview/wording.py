"""Counts, plurals, lists and sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

__all__ = ["all_of", "counted", "plural", "sentence"]

_LOWER_CASE: Final = re.compile(r"(?:cacheview|containerd)\b")


def plural(count: int, one: str, many: str = "") -> str:
    """Return the word for this count: ``argument`` or ``arguments``.

    ``many``: the plural; empty: ``one`` plus s.
    """
    return one if count == 1 else many or one + "s"


def counted(count: int, one: str, many: str = "") -> str:
    """Return the count with its word: ``1 source``, ``12,000 sources``. ``many``: see `plural`."""
    return f"{count:,} {plural(count, one, many)}"


def all_of(words: Sequence[str]) -> str:
    """Return one or more words as a list: ``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def sentence(text: str) -> str:
    """Turn a phrase into a sentence, with a capital and a period. An empty phrase stays empty.

    Names of programs that are written in lower case stay so.
    """
    text = text.strip()
    first = text[:1] if _LOWER_CASE.match(text) else text[:1].upper()
    return f"{first}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
