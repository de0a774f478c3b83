"""Counts, plurals and sentences."""

from __future__ import annotations

__all__ = ["counted", "plural", "sentence"]


def plural(count: int, one: str, many: str = "") -> str:
    """The word for this count: ``argument``, ``arguments``. ``many``: a plural that is not ``one`` with an s."""
    return one if count == 1 else many or one + "s"


def counted(count: int, one: str, many: str = "") -> str:
    """The count with its word: ``1 source``, ``12,000 sources``. ``many``: as of `plural`."""
    return f"{count:,} {plural(count, one, many)}"


def sentence(text: str) -> str:
    """A phrase as a sentence: with a capital and a period. An empty one stays empty."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
