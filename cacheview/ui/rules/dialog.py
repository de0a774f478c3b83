"""The dialog with a rule set in full, or the changes between two: in words and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.ui.chooser import Chooser
from cacheview.ui.dialogs import closing_buttons
from cacheview.ui.images.empty import EmptyPage
from cacheview.ui.rules.describing import as_text, lines, paragraphs, predecessor
from cacheview.ui.rules.lookup import releases_of
from cacheview.ui.rules.model import RulesColumn, RulesModel
from cacheview.ui.theme import GRID, current_tokens, heading_font, plain_font, scaled_font, set_font, small_font
from cacheview.ui.words_table import WordsTable
from cacheview.ui.wrapped import Wrapped
from cacheview.wording import counted

__all__ = ["RulesDialog", "rule_chooser"]

_INITIAL_SIZE: Final = (940, 660)
_COLUMN_CHARACTERS: Final[Mapping[int, int]] = {RulesColumn.WHAT: 28, RulesColumn.CHANGED: 10}


def rule_chooser(name: str) -> Chooser:
    """Return a list of all rule sets, grouped by kind of store. The data of an entry is the rule set's name."""
    box = Chooser()
    box.setAccessibleName(name)
    box.setMaxVisibleItems(len(RULE_SETS) + 2)
    before = None
    for rules in RULE_SETS.values():
        if before is not None and rules.store is not before:
            box.insertSeparator(box.count())
        before = rules.store
        box.addItem(rules.title, rules.name)
    return box


class RulesDialog(QDialog):
    """A dialog that is not modal, so that the window can be used at the same time.

    Signals:
        chosen(str): the user wants to use the rules with this name.
        copied(str): what was put on the clipboard, in words.
    """

    chosen = Signal(str)
    copied = Signal(str)
    _is_made = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.resize(*_INITIAL_SIZE)
        self._in_use = ""
        self.rules = rule_chooser("Rules")
        self.before = rule_chooser("Compared with")
        self.before.insertItem(0, "nothing (show only these rules)", "")
        self.before.insertSeparator(1)
        self._title = Wrapped()
        self._facts = Wrapped()
        for label in (self._title, self._facts):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words = QTextEdit(readOnly=True, acceptRichText=False)
        self.words.setFrameShape(QFrame.Shape.NoFrame)
        self.words.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.words.setTabChangesFocus(True)
        self.words.setAccessibleName("The rules in words")
        self.model = RulesModel(self)
        self.table = self._make_table()
        self._same = EmptyPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._same)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Rules in words or as a table")
        self.tabs.tabBar().setAccessibleName(self.tabs.accessibleName())
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.words, "In &words")
        self.tabs.addTab(self._pages, "As a &table")
        self.only = QCheckBox("&Only what differs")
        self._buttons = closing_buttons(self)
        self.copy = QPushButton("&Copy")
        self.use = QPushButton("&Use these rules")
        for button in (self.copy, self.use):
            button.setAutoDefault(False)
            self._buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self._lay_out()
        self._connect()
        self._set_fonts()
        self._is_made = True

    def _make_table(self) -> WordsTable:
        table = WordsTable("The rules as a table")
        table.setModel(self.model)
        table.set_widths(_COLUMN_CHARACTERS)
        table.wrap()
        return table

    def _lay_out(self) -> None:
        choosers = QGridLayout()
        choosers.setHorizontalSpacing(3 * GRID)
        choosers.setVerticalSpacing(GRID)
        for row, (text, box) in enumerate((("&Rules", self.rules), ("Com&pared with", self.before))):
            label = QLabel(text)
            label.setBuddy(box)
            choosers.addWidget(label, row, 0)
            choosers.addWidget(box, row, 1)
        choosers.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * GRID, 4 * GRID, 4 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(choosers)
        layout.addSpacing(GRID)
        layout.addWidget(self._title)
        layout.addWidget(self._facts)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.only)
        layout.addWidget(self._buttons)

    def _connect(self) -> None:
        self.rules.currentIndexChanged.connect(self._show)
        self.before.currentIndexChanged.connect(self._show)
        self.only.toggled.connect(self._fill_table)
        self.copy.clicked.connect(self._copy_all)
        self.use.clicked.connect(lambda: self.chosen.emit(self.shown.name))
        self.table.copy_requested.connect(self._copy_rows)

    @property
    def shown(self) -> RuleSet:
        """The rule set that is shown."""
        return RULE_SETS[self.rules.currentData()]

    @property
    def compared_with(self) -> RuleSet | None:
        """The rule set that it is compared with; None: none."""
        return RULE_SETS.get(self.before.currentData() or "")

    def show_rules(self, name: str) -> None:
        """Show one rule set in full."""
        self._choose(name, "")

    def show_changes(self, name: str) -> None:
        """Show the changes since the previous rules; for the oldest of a kind of store, those after it."""
        rules = RULE_SETS[name]
        before = predecessor(rules)
        if before is None:
            before = rules
            rules = next((each for each in RULE_SETS.values() if predecessor(each) is before), rules)
        self._choose(rules.name, before.name)

    def set_in_use(self, name: str) -> None:
        """Set the rules that the window uses."""
        self._in_use = name
        self._show_use()

    def _choose(self, rules: str, before: str) -> None:
        for box, name in ((self.rules, rules), (self.before, before)):
            box.blockSignals(True)
            box.setCurrentIndex(box.findData(name))
            box.blockSignals(False)
        self._show()

    def _show(self) -> None:
        rules, before = self.shown, self.compared_with
        self.setWindowTitle("About these rules" if before is None else "Differences between rule sets")
        self._title.setText(rules.title if before is None else f"From {before.title} to {rules.title}")
        value = releases_of(rules)
        if before is not None:
            count = sum(line.differs for line in lines(rules, before, only_differing=True))
            value = counted(count, "difference") if count else "No differences"
        self._facts.setText(value)
        self.only.setVisible(before is not None)
        self._fill_words()
        self._fill_table()
        self._show_use()

    def _show_use(self) -> None:
        self.use.setEnabled(self._in_use != "" and self.rules.currentData() != self._in_use)
        self.use.setToolTip("" if self.use.isEnabled() else "These rules are in use.")

    def _fill_words(self) -> None:
        tokens = current_tokens()
        heading, label, plain = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        heading.setFont(scaled_font(1.0, weight=heading_font().weight()))
        heading.setForeground(QColor(tokens.text))
        label.setForeground(QColor(tokens.text_muted))
        label.setFont(small_font())
        plain.setForeground(QColor(tokens.text))
        plain.setFont(plain_font())
        self.words.clear()
        cursor = QTextCursor(self.words.document())
        block = cursor.blockFormat()
        for number, paragraph in enumerate(paragraphs(self.shown, self.compared_with)):
            block.setLeftMargin(0)
            block.setTopMargin(3 * GRID if number else GRID)
            if number:
                cursor.insertBlock()
            cursor.setBlockFormat(block)
            cursor.insertText(paragraph.heading, heading)
            for word, message in paragraph.message:
                block.setTopMargin(GRID // 2)
                block.setLeftMargin(3 * GRID)
                cursor.insertBlock(block)
                cursor.insertText(f"{word}  " if word else "", label)
                cursor.insertText(message, plain)
        self.words.moveCursor(QTextCursor.MoveOperation.Start)

    def _fill_table(self) -> None:
        rules, before = self.shown, self.compared_with
        only = before is not None and self.only.isChecked()
        result = lines(rules, before, only_differing=only)
        self.table.clearSpans()
        self.model.set_lines(result, before.name if before is not None else "", rules.name)
        for column in (RulesColumn.CHANGED, RulesColumn.BEFORE):
            self.table.setColumnHidden(column, before is None)
        for row, line in enumerate(result):
            if line.is_group:
                self.table.setSpan(row, 0, 1, len(RulesColumn))
        if not result:
            self._same.show_text("No differences", "Choose two different rule sets.")
        self._pages.setCurrentWidget(self.table if result else self._same)
        self.table.resizeRowsToContents()

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self.shown, self.compared_with))
        self.copied.emit("the rules in words" if self.compared_with is None else "what changed, in words")

    def _copy_rows(self) -> None:
        """Copy the selected rows for pasting into a table."""
        chosen = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        shown = [self.model.lines[row] for row in chosen]
        cells = [(line.what, line.before, line.now) if line.before else (line.what, line.now) for line in shown]
        if cells:
            QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in cells))
            self.copied.emit(counted(len(cells), "row"))

    def _set_fonts(self) -> None:
        set_font(self._title, heading_font)
        set_font(self._facts, small_font)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange)
        if event.type() in kinds and self._is_made and self._title.text():
            self._set_fonts()
            self._fill_words()
            self.model.update_look()
            self.table.measure()  # Qt notifies only the dialog, not the table in it
            self.table.resizeRowsToContents()
