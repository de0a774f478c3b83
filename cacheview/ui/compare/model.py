"""The rule sets and the answer of each as a Qt model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.ui.columns import heading
from cacheview.ui.compare.line import (
    IN_USE_LABEL,
    NOT_LOOKED_UP_TEXT,
    STORE_RULES_LABEL,
    RuleSetAnswer,
    answer_of,
    in_words,
    short_name,
)
from cacheview.ui.plain import tool_tip

__all__ = ["MatrixColumn", "MatrixModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole


class MatrixColumn(IntEnum):
    """The columns, in order."""

    RULES = 0
    VERDICT = 1
    DECIDING = 2


_TITLES: Final = ("Rules", "Verdict", "Decided by")


class MatrixModel(QAbstractTableModel):
    """A row for each rule set. Answers are added and replaced in place.

    After a change of the probe, call `expect`, then `add_answers` with the answers that arrive, and `set_answers`
    at the end. Only then do rows move next to others with the same answer. The previous probe's answers stay until they
    are replaced, or until `blank` is called.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines = [RuleSetAnswer(rules) for rules in RULE_SETS.values()]
        self._blank: dict[str, RuleSetAnswer] = {}
        self._in_use: RuleSet | None = None
        self._of_store: RuleSet | None = None
        self.is_cut_short = False
        """Whether some answers for the expected probe are missing and will not arrive."""

    @property
    def lines(self) -> Sequence[RuleSetAnswer]:
        """The rows in order."""
        return self._lines

    def line(self, index: _Index) -> RuleSetAnswer:
        """Return the answer in a row."""
        return self._lines[index.row()]

    def row_of(self, rules: RuleSet) -> QModelIndex:
        """Return the row of a rule set. Raises ValueError if it is not listed."""
        return self.index(next(row for row, line in enumerate(self._lines) if line.rules is rules), 0)

    def is_in_use(self, line: RuleSetAnswer) -> bool:
        """Whether the row has the rules that the window uses."""
        return line.rules is self._in_use

    def is_of_store(self, line: RuleSetAnswer) -> bool:
        """Whether to mark the row as the store's own rules."""
        return line.rules is self._of_store and self._of_store is not self._in_use

    def is_banded(self, row: int) -> bool:
        """Whether the row has the alternate background, as the rows of every other group do."""
        return bool(self._lines[row].group % 2)

    def begins_group(self, row: int) -> bool:
        """Whether the row above has a different answer or reason."""
        return row > 0 and self._lines[row].group != self._lines[row - 1].group

    # Changes

    def mark(self, in_use: RuleSet, of_store: RuleSet | None) -> None:
        """Mark the rule set in use, and the store's own; None: the store's own is not known."""
        if (in_use, of_store) != (self._in_use, self._of_store):
            self._in_use, self._of_store = in_use, of_store
            self._changed(range(len(self._lines)))

    def expect(self) -> None:
        """Expect the answers of another probe. The rows still show the previous one."""
        self.is_cut_short = False
        self._blank = {line.rules.name: RuleSetAnswer(line.rules, group=line.group) for line in self._lines}

    def add_answers(self, by_rules: Mapping[str, RuleSetAnswer]) -> None:
        """Show the answers that have arrived, given by the name of their rule set."""
        changed = []
        for row, old in enumerate(self._lines):
            new = by_rules.get(old.rules.name)
            if new is None:
                continue
            new = replace(new, group=old.group)
            self._blank.pop(old.rules.name, None)
            if new.why is None and old.why is not None and new.looks_like(old):
                # The reason is most likely the same and arrives in a moment, so the old one stays to avoid flicker.
                self._blank[old.rules.name] = new
                new = replace(new, why=old.why)
            if new != old:
                self._lines[row] = new
                changed.append(row)
        self._changed(changed)

    def blank(self) -> None:
        """Remove the answers to the previous probe, since the lookup is taking long."""
        changed = []
        for row, old in enumerate(self._lines):
            if (new := self._blank.pop(old.rules.name, old)) != old:
                self._lines[row] = new
                changed.append(row)
        self._changed(changed)

    def cut_short(self) -> int:
        """Mark missing answers as not looked up, since no more arrive. Returns how many verdicts there are."""
        self.is_cut_short = True
        self.blank()
        self._lines = [replace(line, missing=NOT_LOOKED_UP_TEXT) for line in self._lines]
        self._changed(range(len(self._lines)))
        return sum(line.verdict is not None for line in self._lines)

    def set_answers(self, lines: Sequence[RuleSetAnswer]) -> None:
        """Show the complete answers, in the order of the groups."""
        self._blank = {}
        if [line.rules for line in lines] == [line.rules for line in self._lines]:
            regrouped = [line.group for line in lines] != [line.group for line in self._lines]
            changed = [row for row, line in enumerate(lines) if regrouped or line != self._lines[row]]
            self._lines = list(lines)
            self._changed(changed)
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {line.rules.name: row for row, line in enumerate(lines)}
        names = [self._lines[index.row()].rules.name for index in before]
        self._lines = list(lines)
        after = [self.index(places[name], index.column()) for name, index in zip(names, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _changed(self, rows: Sequence[int]) -> None:
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), len(MatrixColumn) - 1))

    # For Qt

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(MatrixColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> object:
        return heading(_TITLES, section, orientation, role)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        if not index.isValid():
            return None
        line, column = self._lines[index.row()], MatrixColumn(index.column())
        if role == _Role.DisplayRole:
            return _cell(line, column)
        if role == _Role.ToolTipRole:
            return tool_tip(self._tip(line, column))
        if role == _Role.AccessibleTextRole:
            if column is MatrixColumn.RULES:
                return in_words(line, in_use=self.is_in_use(line), of_store=self.is_of_store(line))
            return _cell(line, column)
        return None

    def _tip(self, line: RuleSetAnswer, column: MatrixColumn) -> str:
        verdict = line.verdict
        if column is MatrixColumn.RULES:
            marks = [IN_USE_LABEL] if self.is_in_use(line) else []
            marks += [STORE_RULES_LABEL] if self.is_of_store(line) else []
            return "\n".join((line.rules.title, f"from {line.rules.source}", *marks))
        if column is MatrixColumn.DECIDING or verdict is None:
            return line.why or ""
        image = verdict.image if not verdict.is_new else None
        value = (image.id, *image.names, image.instruction) if image is not None else ()
        return "\n".join(filter(None, (_cell(line, column), *value)))


def _cell(line: RuleSetAnswer, column: MatrixColumn) -> str:
    if column is MatrixColumn.RULES:
        return f"{short_name(line.rules)}  {line.rules.releases}"
    if column is MatrixColumn.DECIDING:
        return line.missing if line.why is None else line.why
    if line.verdict is None:
        return line.missing
    return f"{line.verdict.outcome.value.upper()} {answer_of(line)}".rstrip()
