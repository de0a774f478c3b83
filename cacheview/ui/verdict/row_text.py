"""The text of the trace's rows: for cells, tool tips and screen readers. No Qt."""

from __future__ import annotations

from cacheview.engine import Check, Explanation, Stage, Subject
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.verdict.rows import ColumnHeads, FoldedChecks, Item, TraceNote
from cacheview.ui.verdict.values import full_pair, row_pair
from cacheview.ui.verdict.words import (
    NOT_CERTAIN,
    STAGE_TITLES,
    check_in_words,
    doubt_in_words,
    outcome_in_words,
    stage_in_words,
    stage_word,
    subject_count,
    subject_in_words,
    subject_name,
    subject_word,
)

__all__ = ["cell", "in_words", "tip"]

_MAX_CHARACTERS = 2_000


def cell(item: Item, column: int, explanation: Explanation) -> str:
    """Return the text of one column: check, probe or image. A row across all columns has two texts, left and right."""
    match item:
        case Stage():
            return (STAGE_TITLES[item.kind], item.note, stage_word(explanation, item))[column]
        case Subject():
            return (f"{item.image.short_id} {subject_name(item)}", subject_count(item), subject_word(item))[column]
        case Check():
            return visible((item.name, *row_pair(item))[column][:_MAX_CHARACTERS])
        case FoldedChecks():
            return (item.title, _of_group(item), "")[column]
        case ColumnHeads():
            return (item.check, item.probe, item.image)[column]
        case TraceNote():
            return item.text if column == 0 else ""
        case _:
            return ""


def in_words(item: Item, explanation: Explanation) -> str:
    """Return the whole row, including its outcome, for a screen reader."""
    match item:
        case Stage():
            return stage_in_words(explanation, item)
        case Subject():
            return subject_in_words(item)
        case Check():
            deciding = explanation.deciding
            return visible(
                check_in_words(item, decided=deciding is not None and deciding.check is item)[:_MAX_CHARACTERS]
            )
        case FoldedChecks():
            return f"{item.title}: {_of_group(item)}"
        case ColumnHeads():
            return f"{item.probe}, {item.image}"
        case _:
            return cell(item, 0, explanation)


def _of_group(group: FoldedChecks) -> str:
    return f"{group.outcome.word}, {NOT_CERTAIN}" if group.is_uncertain else group.outcome.word


def tip(item: Item, column: int, explanation: Explanation) -> str:
    """Return the full text of a cell whose text is cut, for a plain tool tip."""
    match item:
        case Subject():
            image = item.image
            value = (image.id, *image.names, image.instruction, item.note, doubt_in_words(item.doubts))
            return tool_tip("\n".join(filter(None, value)))
        case Check() if column > 0:
            return tool_tip(full_pair(item)[column - 1])
        case Check():
            doubt = doubt_in_words(item.doubts)
            return tool_tip("\n".join(filter(None, (f"{item.name}: {outcome_in_words(item)}", item.note, doubt))))
        case FoldedChecks():
            names = [item.checks[place].name for place in item.places[:50]]
            return tool_tip(", ".join(names) + ("…" if len(item.places) > 50 else ""))
        case Stage():
            return tool_tip(one_line(item.note))
        case _:
            return tool_tip(cell(item, column, explanation))
