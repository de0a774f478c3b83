"""The pane with a tree of files, what many of them have in common, and both versions of one file side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from cacheview.layers.changes import ChangeMark, FileChange, change_in_words
from cacheview.ui.busy_timer import BusyTimer
from cacheview.ui.dock_pane import DockPane
from cacheview.ui.files.contents import ContentsView
from cacheview.ui.files.head import FilesHead
from cacheview.ui.files.model import FilesModel
from cacheview.ui.files.reading import FilesShown, reading_contents
from cacheview.ui.files.side_by_side import SideBySide
from cacheview.ui.files.tree import FileNode, file_tree
from cacheview.ui.files.view import FilesTree
from cacheview.ui.filter_box import FilterBox
from cacheview.ui.hairline import Hairline
from cacheview.ui.icons import icon
from cacheview.ui.loading import Loader, Report, Work
from cacheview.ui.plain import error_words, one_line, visible
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.sizes import size_text
from cacheview.ui.theme import GRID, plain_font, set_font, small_font
from cacheview.ui.two_panes import TwoPaneSplitter
from cacheview.ui.verdict.labels import ElidedLabel, WrappedText
from cacheview.wording import counted, plural

if TYPE_CHECKING:
    from cacheview.model import ImageStore
    from cacheview.ui.session import Session

__all__ = ["FilesPane"]

_FILTER_DELAY_MS: Final = 120  # after the last key press before the filter is applied
_MAX_NOTES: Final = 6
_MIN_NOTES_HEIGHT: Final = 14 * GRID
_MAX_NOTES_SHARE: Final = 0.3
"""The maximum share of the pane's height for the notes, which scroll if they need more."""


class FilesPane(DockPane[FilesHead]):
    """Shows files, or reads a layer to show its files. They stay until others are requested.

    Signals:
        settled(): the files are shown, or why there are none.
        again_requested(): the user wants the content to be read again.
        helped(): the user clicked the button of the message that is shown instead of files.
    """

    settled = Signal()
    again_requested = Signal()
    helped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(FilesHead(), parent)
        self._store: ImageStore | None = None
        self._shown: FilesShown | None = None
        self._help = ""
        self.model = FilesModel(self)
        self.tree = FilesTree(self.model)
        self.contents = ContentsView()
        self._evidence = WrappedText(plain_font)
        self._notes = WrappedText(small_font, "text_muted")
        self._box = FilterBox("Filter: path, added, mode, owner…", "Filter the files by path or difference")
        self._count = ElidedLabel(small_font, "text_muted")
        self._search = self._box.addAction(icon("filter", "text_faint"), QLineEdit.ActionPosition.LeadingPosition)
        self._loader, self._builder, self._reader = Loader(self), Loader(self), Loader(self)
        self._busy_timer = BusyTimer(self)
        self._pause = QTimer(self, singleShot=True, interval=_FILTER_DELAY_MS)
        self._make_rows()
        self._connect()
        self.show_nothing()

    def _make_rows(self) -> None:
        self._box.setMaximumWidth(90 * GRID)
        notes = QWidget()
        self._lines = column = QVBoxLayout(notes)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._evidence)
        column.addWidget(self._notes)
        self._notes_area = Scrolled(notes, _MIN_NOTES_HEIGHT)
        row = QHBoxLayout()
        row.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        row.setSpacing(3 * GRID)
        row.addWidget(self._box, 1)
        row.addWidget(self._count, 1)
        self._parts = TwoPaneSplitter(self.tree, self.contents, shares=(1, 1))
        self.contents.hide()
        files = QWidget()
        inner = QVBoxLayout(files)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self._notes_area)
        inner.addWidget(Hairline())
        inner.addLayout(row)
        inner.addWidget(self._parts, 1)
        self._lay_out(files)

    def _connect(self) -> None:
        self._loader.progressed.connect(self._progress)
        self._loader.succeeded.connect(self._show_listing)
        self._loader.failed.connect(self._fail)
        self._loader.canceled.connect(lambda: self._show_empty("Reading was canceled", "Nothing was written.", ""))
        self._builder.succeeded.connect(self._show_tree)
        self._reader.succeeded.connect(self._show_contents)
        self._reader.failed.connect(lambda error: self.contents.show_text("", f"The file cannot be shown: {error}"))
        self._busy_timer.timeout.connect(self._show_busy)
        self._pause.timeout.connect(self._build)
        self._box.textChanged.connect(lambda _: self._pause.start())
        self._box.list_requested.connect(lambda: self.tree.setFocus(Qt.FocusReason.OtherFocusReason))
        self._content.pressed.connect(self.helped)
        self.tree.moved.connect(lambda _: self._read() if not self.contents.isHidden() else None)
        self.tree.entered_row.connect(self._enter)
        self.tree.copy_requested.connect(self._copy_rows)
        self.tree.menu_requested.connect(self._open_menu)
        self.contents.closed.connect(lambda: self.show_contents(False))
        head = self.head
        head.same_requested.connect(lambda _: self._build())
        head.contents_requested.connect(self.show_contents)
        head.copy_requested.connect(self._copy_all)
        head.again_requested.connect(self.again_requested)
        head.cancel_requested.connect(self._loader.cancel)

    # The interface of a dock's pane

    def attach(self, session: Session) -> None:
        """Drop the files if they are of a different store. After a reload of the same store, they stay."""
        if self._store is not None and self._store.location != session.store.location:
            self.show_nothing()

    def _content_focus(self) -> QWidget:
        return self.tree

    def stop(self) -> None:
        """Stop running work, and wait for it."""
        self._busy_timer.stop()
        self._pause.stop()
        for loader in (self._loader, self._builder, self._reader):
            loader.close()

    # Content

    @property
    def shown(self) -> FilesShown | None:
        """The current content; None: there is none."""
        return self._shown

    @property
    def notes(self) -> tuple[str, ...]:
        """The lines above the files."""
        lines = (*self._evidence.text().split("\n"), *self._notes.text().split("\n"))
        return tuple(filter(None, lines)) if self._content.has_content else ()

    def show_files(self, shown: FilesShown, store: ImageStore, help_: str = "") -> None:
        """Show files. ``help_``: the text of the button below the message if there are none; empty: no button."""
        self._store, self._help = store, help_
        self._loader.cancel()
        self._show_listing(shown)

    def read(self, work: Work, title: str, store: ImageStore, help_: str = "") -> None:
        """Show the result of work, which is a `FilesShown`."""
        self._store, self._help = store, help_
        self.head.show_text(one_line(title))
        self._busy_timer.start()
        self._loader.start(work)

    def show_nothing(self) -> None:
        """Show a message about how to list files, since none were requested."""
        self._store = self._shown = None
        self._help = ""
        options = (
            "“Which files differ” for a COPY or ADD that misses in the replay",
            "“Files in this layer” for an image",
        )
        self._show_empty("No files are shown", f"To list files, choose {', or '.join(options)}.", "")

    def show_contents(self, shown: bool) -> None:
        """Show or hide the contents of the selected file."""
        self.head.contents_button.setChecked(shown)
        self.contents.setVisible(shown)
        if shown:
            half = max(self._parts.width(), self._parts.height()) // 2
            self._parts.setSizes([half, half])
            self._read()
        elif self._content.has_content:
            self.tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_listing(self, shown: FilesShown) -> None:
        self._shown = shown
        self._settle()
        self.head.show_text(one_line(shown.title))
        if shown.problem:
            self._show_empty(one_line(shown.problem), _sentence(shown.remedy), self._help)
            return
        self._evidence.show_text(shown.evidence)
        lines = [one_line(f"• {note.text}. {note.advice}" if note.advice else f"• {note.text}") for note in shown.notes]
        if len(lines) > _MAX_NOTES:
            lines[_MAX_NOTES:] = [f"and {len(lines) - _MAX_NOTES:,} more"]
        self._notes.show_text("\n".join(lines))
        self._fit()
        self.contents.show_text("", "Select a file.")
        self._build()

    def _build(self) -> None:
        shown = self._shown
        if shown is None or shown.problem:
            return
        text, with_same = self._box.text(), self.head.same_button.isChecked()

        def work(report: Report) -> FileNode:
            report(0, None, "Listing the files")
            return file_tree(shown.changes, text, with_same=with_same)

        self._builder.start(work)

    def _show_tree(self, root: FileNode) -> None:
        shown = self._shown
        if shown is None:
            return
        node = self.model.node(self.tree.currentIndex())
        self.model.show(root)
        self.tree.unfold()
        self.head.copy_button.setEnabled(bool(root.children))
        self._show_counts(shown, root)
        self._content.show_content()
        kept = self.model.index_of(node.path) if node is not None else QModelIndex()
        first = self.model.index(0, 0)
        while not kept.isValid() and first.isValid() and self.model.rowCount(first):
            first = self.model.index(0, 0, first)
        self.tree.setCurrentIndex(kept if kept.isValid() else first)
        if self.head.close_button.hasFocus():
            self.take_focus()
        self.settled.emit()

    def _show_counts(self, shown: FilesShown, root: FileNode) -> None:
        differing = sum(change.differs for change in shown.changes)
        same = len(shown.changes) - differing
        text = f"{counted(root.files, 'file')} shown, {size_text(root.size)}"
        unchanged = f"; {counted(same, 'unchanged file')} {plural(same, 'is', 'are')} hidden"
        if not root.files:
            text = "No files match the filter" if self._box.text().strip() else "No files differ"
        self._count.show_text(text if not same or self.head.same_button.isChecked() else text + unchanged)

    def _show_empty(self, text: str, hint: str, button: str) -> None:
        self._settle()
        self.model.show(FileNode("", None))
        self.head.copy_button.setEnabled(False)
        if self._shown is None:
            self.head.show_text("")
        self._content.show_text(text, hint, button)
        self._enable()
        self.settled.emit()

    def _enable(self) -> None:
        has_files = self._shown is not None and not self._shown.problem
        can_read = self._shown is not None and self._shown.is_read
        self.head.again_button.setVisible(can_read and not self._loader.is_busy)
        for button in (self.head.same_button, self.head.contents_button):
            button.setEnabled(has_files)

    def _settle(self) -> None:
        self._busy_timer.stop()
        self.head.set_busy(False)
        self._enable()

    def _show_busy(self) -> None:
        self.head.show_progress(0, None)
        self.head.set_busy(True)
        self._content.show_text("Reading the layer…", "Nothing is extracted; cacheview keeps the results.")

    def _progress(self, done: int, total: int | None, what: str) -> None:
        if not self._busy_timer.isActive():
            self.head.show_progress(done, total)
            read = size_text(done) + (f" of {size_text(total)}" if total else "")
            self.head.show_text(f"{what}: {read}" if done else f"{what}…")

    def _fail(self, error: Exception) -> None:
        self._shown = None
        self._show_empty("The files could not be read", error_words(error), "")

    # User actions

    def _enter(self, index: QModelIndex) -> None:
        node = self.model.node(index)
        if node is not None and node.children:
            self.tree.setExpanded(index, not self.tree.isExpanded(index))
        elif node is not None:
            self.show_contents(True)

    def _selected(self) -> FileChange | None:
        node = self.model.node(self.tree.currentIndex())
        return node.change if node is not None else None

    def _read(self) -> None:
        shown, change = self._shown, self._selected()
        if shown is None or change is None:
            self.contents.show_text("", "Select a file.")
        elif shown.contents is None:
            self.contents.show_text(change.path, "Neither version can be read: no layer is available.")
        else:
            self._reader.start(reading_contents(shown, change))

    def _show_contents(self, result: SideBySide) -> None:
        change = self._selected()
        if self._shown is not None and change is not None and change.path == result.path:
            self.contents.show_contents(result, self._shown.sides)

    def menu_of(self, index: QModelIndex) -> QMenu:
        """Return the context menu of a file."""
        menu = QMenu(self)
        node = self.model.node(index)
        if node is not None and node.change is not None and not node.children:
            show = menu.addAction("Show &contents side by side")
            show.triggered.connect(lambda: self._enter(index))
            menu.setDefaultAction(show)
            menu.addSeparator()
        menu.addAction("Copy &path").triggered.connect(lambda: self._copy_paths(index))
        menu.addAction("Copy as &text").triggered.connect(self._copy_rows)
        return menu

    def _open_menu(self, index: QModelIndex, where: QPoint) -> None:
        menu = self.menu_of(index)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    # Copying

    def _copy_paths(self, index: QModelIndex) -> None:
        node = self.model.node(index)
        if node is not None:
            self._copy_to_clipboard(visible(node.path), "the path")

    def _copy_rows(self) -> None:
        rows = sorted(self.tree.selectionModel().selectedRows(), key=lambda index: self.tree.visualRect(index).top())
        nodes = [node for index in rows if (node := self.model.node(index)) is not None]
        if nodes:
            self._copy_to_clipboard("\n".join(map(_line, nodes)), counted(len(nodes), "file"))

    def _copy_all(self) -> None:
        shown = self._shown
        if shown is not None:
            lines = [*map(visible, (shown.title, *self.notes))]
            lines += [_line(node) for node in self.model.root.below() if node.change is not None]
            self._copy_to_clipboard("\n".join(lines), "the files as text")

    # Events

    def _fit(self) -> None:
        """Set the height of the notes to what they need, up to a share of the pane's height."""
        needed = self._lines.totalHeightForWidth(self.width())
        self._notes_area.setFixedHeight(
            max(0, min(needed, max(_MIN_NOTES_HEIGHT, int(_MAX_NOTES_SHARE * self.height()))))
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._parts.turn_for(self.size())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._search.setIcon(icon("filter", "text_faint"))
            set_font(self._evidence, plain_font)
            set_font(self._notes, small_font)
            set_font(self._count, small_font)
            self.model.update_look()


def _line(node: FileNode) -> str:
    words = change_in_words(node.change, with_mark=True) if node.change is not None else counted(node.files, "file")
    size = size_text(node.size) if node.change is None or node.change.mark is not ChangeMark.REMOVED else ""
    return "\t".join(visible(part) for part in (node.path, words, size) if part)


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text}." if text and not text.endswith(".") else text
