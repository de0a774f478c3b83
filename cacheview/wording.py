"""Counts, plurals and sentences."""

from __future__ import annotations

__all__ = ["counted", "plural", "sentence"]


def plural(count: int, one: str, many: str = "") -> str:
    """Return the word for this count: ``argument`` or ``arguments``.

    ``many`` is the plural unless it is ``one`` plus s.
    """
    return one if count == 1 else many or one + "s"


def counted(count: int, one: str, many: str = "") -> str:
    """Return the count with its word: ``1 source``, ``12,000 sources``. ``many``: see `plural`."""
    return f"{count:,} {plural(count, one, many)}"


def sentence(text: str) -> str:
    """Turn a phrase into a sentence, with a capital and a period. An empty phrase stays empty."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
