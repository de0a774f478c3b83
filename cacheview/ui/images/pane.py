"""The images pane: filter box, tree, toggles, count, and a message if there is nothing to show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QStackedWidget, QVBoxLayout, QWidget

from cacheview.layers.unavailable import why_no_layers
from cacheview.ui.busy_timer import BusyTimer
from cacheview.ui.filter_box import FilterBox
from cacheview.ui.hairline import Hairline
from cacheview.ui.icons import icon
from cacheview.ui.images.arrange import FilteredNodes, PreparedTree, TreeQuery
from cacheview.ui.images.arranger import Arranger
from cacheview.ui.images.empty import NoImagesPage
from cacheview.ui.images.footer import ImagesFooter
from cacheview.ui.images.menu import ImageMenu
from cacheview.ui.images.model import NODE_ROLE, ImageTreeModel
from cacheview.ui.images.shown_rows import ShownRows
from cacheview.ui.images.tree import Forest, ImageNode
from cacheview.ui.images.view import ImageTree
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.theme import GRID, set_font, strong_font

if TYPE_CHECKING:
    from cacheview.model import Image, ImageStore
    from cacheview.ui.images.marks import Marks
    from cacheview.ui.images.view import TreePlace

__all__ = ["ImagesPane"]

_MIN_WIDTH: Final = 46 * GRID
_MIN_HEIGHT: Final = 10 * GRID


class ImagesPane(QWidget):
    """Lists the images of a store by lineage, with the marks of the current probe.

    Signals:
        image_selected(Image | None): the user selected an image; None: scratch. Not emitted by `reveal`.
        current_changed(Image | None): the current row has changed, whether by the user or not.
        choices_changed(): the toggles or the columns have changed.

    ``menu`` emits the user's requests about an image.
    """

    image_selected = Signal(object)
    current_changed = Signal(object)
    choices_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store: ImageStore | None = None
        self._total: int | None = None
        self._removed: frozenset[str] = frozenset()
        self._hidden: str | None = None  # an image to be revealed that the marks of the previous probe hide
        self._percent = 0  # progress of a running search
        self.model = ImageTreeModel(self)
        self._pages = QStackedWidget(self)
        self.tree = ImageTree(self.model, self._pages)
        self._arranger = Arranger(self)
        self._arranger.arranged.connect(self._show_arranged)
        self._arranger.progressed.connect(self._show_progress)
        self._rows = ShownRows(self.tree, self.model, lambda: self._arranger.is_busy)
        self._busy_timer = BusyTimer(self)
        self._busy_timer.timeout.connect(lambda: self._show_progress(self._percent))
        self._title = QLabel("Images")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._box = FilterBox("Filter: name, ID, instruction", "Filter images by name, ID or instruction")
        self._search = self._box.addAction(icon("filter", "text_faint"), QLineEdit.ActionPosition.LeadingPosition)
        self._box.list_requested.connect(self._enter_tree)
        self._title.setBuddy(self._box)
        self._empty = NoImagesPage()
        self._pages.addWidget(self.tree)
        self._pages.setMinimumHeight(_MIN_HEIGHT)
        self._footer = ImagesFooter()
        self.menu = ImageMenu(self)
        self._lay_out()
        set_font(self._title, strong_font)
        self._box.textChanged.connect(self._arrange_if_known)
        for toggled in (self._footer.intermediate_toggled, self._footer.marked_toggled):
            toggled.connect(self._arrange_if_known)
            toggled.connect(self.choices_changed)
        self._empty.pressed.connect(self.clear_filter)
        self.tree.activated_row.connect(self._activate)
        self.tree.menu_requested.connect(self._open_menu)
        self.tree.columns.changed.connect(self.choices_changed)
        self.tree.current_changed.connect(self._select)
        self.tree.current_changed.connect(lambda _: self.current_changed.emit(self.selected()))
        self.tree.typed.connect(self._type)
        self.tree.touched.connect(self._arranger.finish)
        self.model.marks_changed.connect(self._marks_changed)
        self._show_counts()

    def _lay_out(self) -> None:
        bar = QWidget(self)
        bar.setMinimumHeight(9 * GRID)  # the height of the other panes' headers
        head = QHBoxLayout(bar)
        head.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        head.setSpacing(2 * GRID)
        head.addWidget(self._title)
        head.addWidget(self._box, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(Hairline())
        self._pages.addWidget(Scrolled(self._empty, _MIN_HEIGHT, self._pages))
        self._pages.raise_()  # also after the bar for a screen reader
        layout.addWidget(self._pages, 1)
        layout.addWidget(Hairline())
        layout.addWidget(self._footer)
        self.setTabOrder(self._box, self.tree)
        self.setTabOrder(self.tree, self._footer.intermediate)
        self.setTabOrder(self._footer.intermediate, self._footer.marked)

    # Content

    def set_store(
        self,
        store: ImageStore | None,
        *,
        keep: bool = False,
        new: Iterable[str] = (),
        removed: frozenset[str] = frozenset(),
        forest: Forest | None = None,
        total: int | None = None,
    ) -> None:
        """Show another store. The rows of a large one follow in a later turn; until then, the previous ones stay.

        Args:
            keep: whether it is the same store, read again, so that the selection, folding and scroll position are kept.
            new: ids of images that are marked as new.
            removed: ids of images that the store would no longer have, which are struck through.
            forest: its tree with all images; None: it is created here.
            total: the total number of images, if the store is only a part.
        """
        if keep and not new and store is self._store and forest is not None and forest is self.model.forest:
            self._total = total
            self._rows.return_to(None)
            self._show_counts()
            return
        if store is not self._store:
            self.model.forget_marks()
            self._hidden = None
        self._total, self._store, self._removed = total, store, removed
        self._rows.begin(store, keep=keep, new=new, removed=removed)
        if store is None:
            self._arranger.begin(None)
            self._show_counts()
            return
        self._arranger.begin(PreparedTree(store, intermediate=True, forest=forest) if forest is not None else None)
        self._arrange_if_known(later=True)

    @property
    def place(self) -> TreePlace | None:
        """The user's place in the tree, for `return_to`; None: no row of the store has been shown yet."""
        return self._rows.place

    def return_to(self, place: TreePlace | None) -> None:
        """Return to a place with the next store, if that is the same one again, without emitting ``image_selected``."""
        self._rows.return_to(place)

    def set_marks(self, marks: Marks | None) -> None:
        """Set the marks of the probe. Only those of visible rows are found."""
        self.model.set_marks(marks)

    def reveal(self, image_id: str, *, unhide: bool = True) -> bool:
        """Select an image and scroll to it, without emitting ``image_selected``. The empty id stands for scratch.

        Filters that hide it are cleared, unless ``unhide`` is False. Returns whether it is visible. If the rows of the
        store are still being found, or if only those for the previous probe are shown, it is revealed in the next ones,
        unless anything else is revealed or selected first.
        """
        self._hidden = None
        if not self._has(image_id):
            return False
        self._rows.drop_steps()  # nothing that was to be shown before matters any longer
        if unhide:  # requested by the user, who does not wait
            self._arranger.finish()
        if self._rows.are_as_requested or (unhide and self._rows.are_of_store):
            return self._reveal(image_id, unhide=unhide)
        self._rows.once_shown(lambda: self._reveal(image_id, unhide=unhide))
        return False

    def _reveal(self, image_id: str, *, unhide: bool) -> bool:
        """Reveal an image in the rows of the store."""
        if not self._has(image_id):  # the store may have been read again since
            return False
        if unhide and self.model.forest.node_of(image_id) is None:
            self._footer.intermediate.setChecked(True)
        node = self.model.forest.node_of(image_id)
        if node is not None and unhide and not self.model.passes_filter(node):
            self.clear_filter()
        if node is None or not self.model.passes_filter(node):
            if unhide and not self._rows.are_as_requested:
                self._rows.once_shown(lambda: self._reveal(image_id, unhide=True))
            if not unhide and self._footer.marked.isChecked():
                self._hidden = image_id
            return False
        self._rows.quietly(lambda: self.tree.go_to_image(image_id))
        return True

    def _has(self, image_id: str) -> bool:
        """Whether the store has an image. Every store has scratch."""
        return self._store is not None and (not image_id or image_id in self._store.by_id)

    def selected(self) -> Image | None:
        """Return the image of the current row; None for scratch and for no row."""
        node = self.tree.currentIndex().data(NODE_ROLE)
        return node.image if isinstance(node, ImageNode) else None

    def focus_filter(self) -> None:
        """Move the keyboard focus to the filter box."""
        self._box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._box.selectAll()

    def clear_filter(self) -> None:
        """Clear everything that hides rows: the text, and the toggle for candidates."""
        self._footer.marked.setChecked(False)
        self._box.clear()

    @property
    def intermediate(self) -> bool:
        """Whether unnamed images that others were built on are listed."""
        return self._footer.intermediate.isChecked()

    @intermediate.setter
    def intermediate(self, shown: bool) -> None:
        self._footer.intermediate.setChecked(shown)

    def bring_into_sight(self, parent: str, hit: str | None) -> None:
        """Make the probe's parent the current row, and scroll so that the hit is visible too, if there is one."""
        self.reveal(parent, unhide=False)
        if hit is not None:
            self._rows.once_shown(lambda: self.tree.scroll_to(hit))

    def scroll_to_both(self, parent: str, image_id: str) -> None:
        """Scroll so that an image is visible together with the parent, if the parent is still the current row.

        If possible, the last image that was built on the parent is visible too.
        """

        def scroll() -> None:
            node = self.model.forest.node_of(parent)
            if node is not None and self.tree.current_id() == parent:
                self.tree.keep_in_sight(image_id, *(child.image_id for child in node.children[-1:]))

        self._rows.once_shown(scroll)

    # Changes

    @property
    def is_filtering(self) -> bool:
        """Whether the requested rows are still being found, or cannot be known before the marks."""
        return not self._rows.are_as_requested

    def _arrange_if_known(self, *_: object, later: bool = False) -> None:
        """Show the requested rows, unless which images to list is known only with the marks of another store."""
        if not self._footer.marked.isChecked() or self.model.marks is not None or self._arranger.query is not None:
            self._arrange(later=later)

    def _arrange(self, *, later: bool = False) -> None:
        """Show the requested rows, immediately or when they are found. Until then the previous rows stay.

        ``later``: see `Arranger.request`.
        """
        if self._store is None:
            return
        words = tuple(self._box.text().lower().split())
        self._arranger.request(
            TreeQuery(self._store, self._footer.intermediate.isChecked(), words, self._concerned, self._removed),
            later=later,
        )
        if self._arranger.is_busy:
            self._percent = 0
            self._busy_timer.start()

    @property
    def _concerned(self) -> frozenset[str] | None:
        """The ids to list if only candidates and sources are to be listed; None: all."""
        if not self._footer.marked.isChecked():
            return None
        return self.model.marks.concerned if self.model.marks is not None else frozenset()

    def _show_arranged(self, prepared: PreparedTree, filtered: FilteredNodes | None) -> None:
        self._busy_timer.stop()
        self._rows.show(prepared, filtered)
        self._show_counts()
        self._rows.take_steps()

    def _show_progress(self, percent: int) -> None:
        """Show the progress of a long search. Escape clears the filter, which ends the search."""
        self._percent = percent
        query = self._arranger.query
        if self._arranger.is_busy and not self._busy_timer.isActive():
            is_search = query is not None and bool(query.words)
            self._footer.show_busy(f"Searching… {percent}%" if is_search else "Updating…")

    def _marks_changed(self) -> None:
        self.tree.update_rows(self._looks_different)
        query = self._arranger.query
        if self._footer.marked.isChecked() and (query is None or query.concerned != self._concerned):
            self._arrange()
        hidden, self._hidden = self._hidden, None
        if hidden is not None:
            self._rows.once_shown(lambda: self._reveal_once_more(hidden))

    def _reveal_once_more(self, image_id: str) -> None:
        self._reveal(image_id, unhide=False)
        self._hidden = None  # it is not hidden by the marks of a previous probe any longer

    def _looks_different(self, row: QModelIndex) -> bool:
        """Whether the marks of a row have changed."""
        node = row.data(NODE_ROLE)
        return isinstance(node, ImageNode) and self.model.has_other_marks(node)

    def _show_counts(self) -> None:
        """Show the counts, or why nothing is listed."""
        present = len(self._store.images) - len(self._removed) if self._store is not None else 0
        total = present if self._total is None else self._total
        is_filtered = self.model.is_filtered
        forest = self.model.forest
        shown = self._rows.matching
        if not is_filtered:
            shown = present - forest.hidden + sum(forest.node_of(each) is None for each in self._removed)
        self._footer.show_count(shown, total)
        has_rows = self.model.rowCount() > 0 if self._removed else bool(total and (shown or not is_filtered))
        if has_rows:
            self._pages.setCurrentWidget(self.tree)
            return
        self._empty.show_reason(is_open=self._store is not None, total=total, filter_text=self._box.text().strip())
        self._pages.setCurrentIndex(1)

    # User actions

    def _select(self, current: QModelIndex) -> None:
        node = current.data(NODE_ROLE)
        if not self._rows.is_quiet and isinstance(node, ImageNode):
            self._rows.keep_choice()
            self._hidden = None
            self.image_selected.emit(node.image)

    def _type(self, text: str) -> None:
        """Move text typed in the tree to the filter box, and continue there."""
        if text.strip():
            self._box.setFocus(Qt.FocusReason.OtherFocusReason)
            self._box.setText(text)

    def _activate(self, row: QModelIndex) -> None:
        node = row.siblingAtColumn(0).data(NODE_ROLE)
        if isinstance(node, ImageNode):
            self.menu.activate(node.image)

    def menu_for(self, image: Image | None) -> QMenu:
        """Return the context menu of an image; None: of scratch."""
        why = why_no_layers(self._store) if self._store is not None else ""
        is_removed = image is not None and (image.id in self._removed or not self._has(image.id))
        return self.menu.menu_for(image, why, is_removed=is_removed)

    def _open_menu(self, row: QModelIndex, where: QPoint) -> None:
        node = row.data(NODE_ROLE)
        if isinstance(node, ImageNode):
            menu = self.menu_for(node.image)
            menu.exec(where)
            menu.deleteLater()

    def _enter_tree(self) -> None:
        self._arranger.finish()
        self.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        self._rows.once_shown(self._select_any)

    def _select_any(self) -> None:
        """Select the first row if there is no current one."""
        if not self.tree.currentIndex().isValid():
            self.tree.setCurrentIndex(self.model.index(0, 0))

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(max(_MIN_WIDTH, self._footer.minimumSizeHint().width()), least.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._search.setIcon(icon("filter", "text_faint"))
        elif event.type() is QEvent.Type.FontChange:
            set_font(self._title, strong_font)
