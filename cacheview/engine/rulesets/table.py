"""Generates the Markdown tables of the rule sets for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.words.rules import aspects, comparisons, releases
from cacheview.model import CONFIG_FIELDS, StoreKind

__all__ = ["markdown"]


def markdown() -> str:
    """Return tables of the releases, the behavior and the comparisons of config fields of each rule set."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    by_name = {name: aspects(rules) for name, rules in RULE_SETS.items()}
    yield "| rule set | releases |"
    yield "|---|---|"
    yield from (f"| `{name}` | {releases(rules)} |" for name, rules in RULE_SETS.items())
    yield ""
    yield from _table("aspect", list(next(iter(by_name.values()))), by_name)
    yield ""
    yield from _table("field", CONFIG_FIELDS, {name: comparisons(rules) for name, rules in RULE_SETS.items()})


def _table(heading: str, rows: Sequence[str], words: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield one row for each distinct behavior: its description, and the rule sets that have it."""
    yield f"| {heading} | how | rule sets |"
    yield "|---|---|---|"
    for row in rows:
        names_by_text: dict[str, list[str]] = {}
        for name, of_rules in words.items():
            names_by_text.setdefault(of_rules[row], []).append(name)
        for place, (text, names) in enumerate(names_by_text.items()):
            head = row if not place else ""
            yield f"| {head} | {text} | {_listed(names)} |"


def _listed(names: Sequence[str]) -> str:
    """Return rule sets by kind of store: ``graph driver: all; containerd: 24.0.7, 24.0.9``."""
    if len(names) == len(RULE_SETS):
        return "all"
    parts = []
    for kind in StoreKind:
        of_kind = [name for name, rules in RULE_SETS.items() if rules.store is kind]
        listed = [name for name in of_kind if name in names]
        if listed:
            releases = "all" if listed == of_kind else ", ".join(name.partition("-")[2] for name in listed)
            parts.append(f"{kind}: {releases}")
    return "; ".join(parts)


if __name__ == "__main__":
    print(markdown())
