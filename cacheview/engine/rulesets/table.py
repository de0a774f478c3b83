"""The rule sets as Markdown tables: made of the data alone, for the README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.rulesets.words import NOT_COMPARED, aspects, comparisons
from cacheview.model import CONFIG_FIELDS

__all__ = ["markdown"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def markdown() -> str:
    """Which releases, what each rule set does, which fields it compares; then what the letters stand for."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    told = {name: aspects(rules) for name, rules in RULE_SETS.items()}
    yield "| rule set | releases |"
    yield "|---|---|"
    yield from (f"| `{name}` | {words['Releases']} |" for name, words in told.items())
    yield ""
    names = [name for name in next(iter(told.values())) if name != "Releases"]
    yield from _table("aspect", names, told)
    yield ""
    yield from _table("field", CONFIG_FIELDS, {name: comparisons(rules) for name, rules in RULE_SETS.items()})


def _table(what: str, rows: list[str] | tuple[str, ...], told: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A letter stands for the same words in the whole table."""
    letters: dict[str, str] = {}
    lines = []
    for row in rows:
        marks = []
        for words in told.values():
            said = words[row]
            if said != NOT_COMPARED and said not in letters:
                letters[said] = _letter(len(letters))
            marks.append("–" if said == NOT_COMPARED else letters[said])
        lines.append(f"| {row} | {' | '.join(marks)} |")
    yield f"| {what} | {' | '.join(_short(name) for name in told)} |"
    yield "|---" * (len(told) + 1) + "|"
    yield from lines
    yield ""
    yield from (f"- **{letter}**: {words}" for words, letter in letters.items())
    if any("–" in line for line in lines):
        yield f"- **–**: {NOT_COMPARED}"


def _short(name: str) -> str:
    """``g 24.0.7`` for a graph driver, ``c 24.0.7`` for containerd."""
    store, _, release = name.partition("-")
    return f"{store[0]} {release}"


def _letter(number: int) -> str:
    return _LETTERS[number] if number < len(_LETTERS) else f"{_LETTERS[number // 26 - 1]}{_LETTERS[number % 26]}"


if __name__ == "__main__":
    print(markdown())
