"""The images pane: filter box, tree, toggles, count, and a message if there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
from cacheview.ui.images.model import NODE_ROLE, ImagesColumn, ImageTreeModel
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
        self._revealing = False
        self._keeps_place = False  # whether the place in the tree is kept when the next rows are shown
        self._next_place: TreePlace | None = None  # the place to return to then, if it is another one
        self._new: Iterable[str] | None = ()
        self._removed: frozenset[str] = frozenset()
        self._before_filter: tuple[set[str], str | None] | None = None  # the expanded rows, and the current image
        self._matching = 0  # images that match the filter
        self._percent = 0  # progress of a running search
        self._image_to_reveal: str | None = None  # the image to reveal once it has a row
        self._next_steps: list[Callable[[], object]] = []  # what to do once the rows of a large store are shown
        self.model = ImageTreeModel(self)
        self.tree = ImageTree(self.model)
        self._arranger = Arranger(self)
        self._arranger.arranged.connect(self._show_arranged)
        self._arranger.progressed.connect(self._show_progress)
        self._busy_timer = BusyTimer(self)
        self._busy_timer.timeout.connect(lambda: self._show_progress(self._percent))
        self._title = QLabel("Images")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._box = FilterBox("Filter: name, ID, instruction", "Filter images by name, ID or instruction")
        self._search = self._box.addAction(icon("filter", "text_faint"), QLineEdit.ActionPosition.LeadingPosition)
        self._box.list_requested.connect(self._enter_tree)
        self._title.setBuddy(self._box)
        self._empty = NoImagesPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tree)
        self._pages.addWidget(Scrolled(self._empty, _MIN_HEIGHT))
        self._pages.setMinimumHeight(_MIN_HEIGHT)
        self._footer = ImagesFooter()
        self.menu = ImageMenu(self)
        self._lay_out()
        set_font(self._title, strong_font)
        self._box.textChanged.connect(self._arrange)
        for toggled in (self._footer.intermediate_toggled, self._footer.marked_toggled):
            toggled.connect(self._arrange)
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
        bar = QWidget()
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
        """Show another store. The rows of a large one follow in the next turn; until then, the previous ones stay.

        Args:
            keep: whether it is the same store, read again, so that the selection, folding and scroll position are kept.
            new: ids of images that are marked as new.
            removed: ids of images that the store would no longer have, which are struck through.
            forest: its tree with all images; None: it is created here.
            total: the total number of images, if the store is only a part.
        """
        if keep and not new and store is self._store and forest is not None and forest is self.model.forest:
            self._total, self._next_place = total, None
            self._show_counts()
            return
        self._next_steps.clear()
        if not keep:
            self._next_place = None
        if store is not self._store:
            self.model.forget_marks()
        self._total, self._store, self._keeps_place, self._new, self._removed = total, store, keep, new, removed
        if store is None:
            self.tree.columns.set_empty({ImagesColumn.SIZE})
            self._arranger.begin(None)
            self._quietly(lambda: self.model.set_store(None, new=()))
            self._show_counts()
            return
        self._arranger.begin(PreparedTree(store, intermediate=True, forest=forest) if forest is not None else None)
        if not self._footer.marked.isChecked():  # which images to list is known only with the marks
            self._arrange(later=True)

    @property
    def place(self) -> TreePlace:
        """The user's place in the tree, for `return_to`."""
        return self._next_place or self.tree.place()

    def return_to(self, place: TreePlace) -> None:
        """Return to a place with the next store, if that is the same one again, without emitting ``image_selected``."""
        self._next_place = place

    def set_marks(self, marks: Marks | None) -> None:
        """Set the marks of the probe. Only those of visible rows are found."""
        self.model.set_marks(marks)

    def reveal(self, image_id: str, *, unhide: bool = True) -> bool:
        """Select an image and scroll to it, without emitting ``image_selected``. The empty id stands for scratch.

        Filters that hide it are cleared, unless ``unhide`` is False. Returns whether it is visible.
        """
        if self._store is None or (image_id and image_id not in self._store.by_id):
            return False
        if self._arranger.is_waiting and not unhide:
            self._next_steps.append(lambda: self.reveal(image_id, unhide=False))
            return False
        self._arranger.finish()
        if unhide and self.model.forest.node_of(image_id) is None:
            self._footer.intermediate.setChecked(True)
        node = self.model.forest.node_of(image_id)
        if node is None:
            self._image_to_reveal = image_id if self._arranger.is_busy else None
            return False
        self._image_to_reveal = None
        if unhide and not self.model.passes_filter(node):
            self.clear_filter()
        if not self.model.passes_filter(node):
            return False
        self._quietly(lambda: self.tree.go_to_image(image_id))
        return True

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
            self._once_shown(lambda: self.tree.scroll_to(hit))

    def scroll_to_both(self, parent: str, image_id: str) -> None:
        """Scroll so that an image is visible together with the parent, if the parent is still the current row.

        If possible, the last image that was built on the parent is visible too.
        """

        def scroll() -> None:
            node = self.model.forest.node_of(parent)
            if node is not None and self.tree.current_id() == parent:
                self.tree.keep_in_sight(image_id, *(child.image_id for child in node.children[-1:]))

        self._once_shown(scroll)

    def _once_shown(self, do: Callable[[], object]) -> None:
        """Do something now, or, if the rows of a large store are shown in a later turn, then."""
        if self._arranger.is_waiting:
            self._next_steps.append(do)
        else:
            do()

    # Changes

    @property
    def is_filtering(self) -> bool:
        """Whether the requested rows are still being found."""
        return self._arranger.is_busy

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
        was_filtered = self.model.is_filtered
        place = None
        if prepared.forest is not self.model.forest:
            place = self.place if self._next_place or (self._keeps_place and self.model.rows) else None
            self._quietly(lambda: self._show_tree(prepared, place))
        self._next_place = None
        if filtered is not None or was_filtered:
            self._quietly(lambda: self._show_filtered(filtered, was_filtered=was_filtered))
        if filtered is not None and place is not None:
            self._quietly(lambda: self.tree.go_to(place))
        self._show_counts()
        if self._image_to_reveal is not None:
            self.reveal(self._image_to_reveal, unhide=False)
        steps, self._next_steps = self._next_steps, []
        for step in steps:
            step()

    def _show_tree(self, prepared: PreparedTree, place: TreePlace | None) -> None:
        """Show another tree: of another store, or with or without intermediate images. New rows are not folded up.

        ``place``: the user's place, as far as its rows still exist; None: another store begins at its top.
        """
        marks = self.model.marks
        folded = place.folded if place is not None else None
        self.tree.columns.set_empty(set() if prepared.forest.has_sizes else {ImagesColumn.SIZE})
        self.model.set_store(prepared.store, new=self._new, removed=self._removed, tree=prepared.forest, folded=folded)
        self.model.set_marks(marks)
        if place is not None:
            self.tree.go_to(place)
        else:
            self._before_filter = None
        self._keeps_place, self._new = True, None

    def _show_filtered(self, filtered: FilteredNodes | None, *, was_filtered: bool) -> None:
        current = self.tree.current_id()
        if filtered is not None and not (was_filtered and self._before_filter is not None):
            self._before_filter = (self.tree.expanded_ids(), current)
        self.model.set_filtered(filtered.nodes if filtered is not None else None)
        self._matching = filtered.matching if filtered is not None else 0
        if filtered is None and self._before_filter is not None:
            expanded, before = self._before_filter
            self._before_filter = None
            self.tree.expand_ids(expanded)
            current = before if current is None else current
        if current is not None:
            self.tree.go_to_image(current)
        if not self.tree.currentIndex().isValid():
            self.tree.scrollToTop()

    def _show_progress(self, percent: int) -> None:
        """Show the progress of a long search. Escape clears the filter, which ends the search."""
        self._percent = percent
        query = self._arranger.query
        if self._arranger.is_busy and not self._busy_timer.isActive():
            is_search = query is not None and bool(query.words)
            self._footer.show_busy(f"Searching… {percent}%" if is_search else "Updating…")

    def _quietly(self, change: Callable[[], object]) -> None:
        """Run a function that may change the current row, without treating this as the user's choice."""
        before, self._revealing = self._revealing, True
        try:
            change()
        finally:
            self._revealing = before

    def _marks_changed(self) -> None:
        self.tree.update_rows(self._looks_different)
        query = self._arranger.query
        if self._footer.marked.isChecked() and (query is None or query.concerned != self._concerned):
            self._arrange()

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
        shown = self._matching
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
        if not self._revealing and isinstance(node, ImageNode):
            self._image_to_reveal = None
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
        return self.menu.menu_for(image, why, is_removed=image is not None and image.id in self._removed)

    def _open_menu(self, row: QModelIndex, where: QPoint) -> None:
        node = row.data(NODE_ROLE)
        if isinstance(node, ImageNode):
            menu = self.menu_for(node.image)
            menu.exec(where)
            menu.deleteLater()

    def _enter_tree(self) -> None:
        self._arranger.finish()
        self.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.tree.currentIndex().isValid():
            self.tree.setCurrentIndex(self.tree.model().index(0, 0))

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(max(_MIN_WIDTH, self._footer.minimumSizeHint().width()), least.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._search.setIcon(icon("filter", "text_faint"))
        elif event.type() is QEvent.Type.FontChange:
            set_font(self._title, strong_font)
