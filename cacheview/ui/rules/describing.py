"""A rule set, or the changes between two, as rows of a table and as paragraphs. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cacheview.engine.words.rules import RELEASES, aspects, comparisons, differences, releases
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.engine import RuleSet

__all__ = ["Paragraph", "RuleRow", "as_text", "lines", "paragraphs", "predecessor"]

_ASPECTS_HEADING = "What the daemon does"
_FIELDS_HEADING = "Fields of the container config"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A row of the table.

    Attributes:
        before: the text for the earlier rule set; empty if there is none.
        is_group: whether it is the heading of the rows below.
        is_field: whether `what` is the name of a field.
        is_rule: whether the two are compared. Releases are not, since each rule set has its own.
    """

    what: str
    before: str = ""
    now: str = ""
    is_group: bool = False
    is_field: bool = False
    is_rule: bool = True

    @property
    def differs(self) -> bool:
        """Whether the two rule sets differ in this row."""
        return self.is_rule and bool(self.before) and self.before != self.now


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A heading, and the sentences below it. Each sentence has a word before it, which is usually empty."""

    heading: str
    message: tuple[tuple[str, str], ...]


def lines(rules: RuleSet, before: RuleSet | None = None, *, only_differing: bool = False) -> tuple[RuleRow, ...]:
    """Return all rows of a rule set, compared with the earlier one."""
    results: list[RuleRow] = []
    for heading, value, is_field in ((_ASPECTS_HEADING, aspects, False), (_FIELDS_HEADING, comparisons, True)):
        current, previous = value(rules), value(before) if before is not None else {}
        rows = [RuleRow(what, previous.get(what, ""), words, is_field=is_field) for what, words in current.items()]
        if not is_field:
            rows.insert(
                0, RuleRow(RELEASES, releases(before) if before is not None else "", releases(rules), is_rule=False)
            )
        if only_differing:
            rows = [row for row in rows if row.differs]
        if rows:
            results += [RuleRow(heading, is_group=True), *rows]
    return tuple(results)


def paragraphs(rules: RuleSet, before: RuleSet | None = None) -> tuple[Paragraph, ...]:
    """Return a rule set in words, or its changes since the earlier one."""
    return tuple(_whole(rules) if before is None else _changes(before, rules))


def _whole(rules: RuleSet) -> Iterator[Paragraph]:
    for what, words in {RELEASES: releases(rules), **aspects(rules)}.items():
        yield Paragraph(what, (("", words),))
    compared = ", ".join(rules.compared_fields)
    order = f"{compared}, in this order; the first failure decides" if compared else "none"
    yield Paragraph("Fields that are compared", (("", order),))
    if rules.ignored_fields:
        yield Paragraph("Fields that are not compared", (("", ", ".join(rules.ignored_fields)),))
    yield Paragraph("Read from", (("", rules.source),))


def _changes(before: RuleSet, rules: RuleSet) -> Iterator[Paragraph]:
    if before is rules:
        yield Paragraph("Nothing changed", (("", "These are the same rules. Choose two different rule sets."),))
        return
    changed = differences(before, rules)
    count = "Nothing changed" if not changed else f"{counted(len(changed), 'change')}"
    yield Paragraph(
        count,
        tuple((word, f"{each.title}: {releases(each)}") for word, each in (("from", before), ("to", rules))),
    )
    for difference in changed:
        yield Paragraph(difference.what, (("before", difference.before), ("now", difference.after)))


def as_text(rules: RuleSet, before: RuleSet | None = None) -> str:
    """Return the paragraphs as plain text, for the clipboard."""
    results = [rules.title] if before is None else [f"From {before.name} to {rules.name}"]
    for paragraph in paragraphs(rules, before):
        results += ["", paragraph.heading]
        results += [f"  {word}: {message}" if word else f"  {message}" for word, message in paragraph.message]
    return "\n".join(results)


def predecessor(rules: RuleSet) -> RuleSet | None:
    """Return the previous rule set for the same kind of store; None for the oldest."""
    from cacheview.engine import RULE_SETS

    before = None
    for each in RULE_SETS.values():
        if each is rules:
            return before
        if each.store is rules.store:
            before = each
    return None
