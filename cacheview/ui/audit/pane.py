"""The pane with the hazards in the open store, and the images that the selected hazard affects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QTableView, QWidget

from cacheview.engine import HAZARD_TITLES
from cacheview.ui.audit.head import AuditHead
from cacheview.ui.audit.models import HazardsColumn, HazardsModel, ImagesModel
from cacheview.ui.dock_pane import LookupPane
from cacheview.ui.loading import Report
from cacheview.ui.plain import error_words, visible
from cacheview.ui.theme import GRID, icon_size
from cacheview.ui.two_panes import TwoPaneSplitter
from cacheview.ui.words_table import WordsTable
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.engine import RuleSet
    from cacheview.engine.audit import StoreHazard
    from cacheview.model import ImageStore
    from cacheview.ui.session import Session

_Subject = tuple["ImageStore", "RuleSet"]

__all__ = ["AuditPane"]

_SHARES: Final = (2, 1)
_NARROW: Final = 96
"""The width of the table of hazards, in digits of the font, below which the advice has no column of its own."""


class AuditPane(LookupPane[AuditHead, _Subject]):
    """Finds hazards while it is visible, and again when the rules or the store change.

    Signals:
        image_activated(str): the user wants to see the image with this id.
    """

    image_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(AuditHead(), parent)
        self._is_awaited = False
        self.head.copy_requested.connect(self._copy_all)
        self.model = HazardsModel(self)
        self.hazards = self._make_hazards()
        self.images_model = ImagesModel(self)
        self.images = self._make_images()
        self._splitter = TwoPaneSplitter(self.hazards, self.images, shares=_SHARES)
        self._splitter.splitterMoved.connect(self._stack_texts)
        self._lay_out(self._splitter)
        self._content.pressed.connect(lambda: self._cancel() if self._loader.is_busy else self.look_up_again())
        self._loader.progressed.connect(self._show_progress)
        self._loader.succeeded.connect(self._show)
        self._loader.failed.connect(self._fail)
        self.head.copy_button.setEnabled(False)
        self._content.show_text("No store is open", "Open a store to list its hazards.")

    def _make_hazards(self) -> WordsTable:
        table = WordsTable("Hazards in the store")
        table.setModel(self.model)
        table.setWordWrap(True)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.set_widths({HazardsColumn.KIND: 18, HazardsColumn.COUNT: 8, HazardsColumn.ADVICE: 23})
        table.wrap()
        table.selectionModel().currentRowChanged.connect(self._show_images)
        table.entered_row.connect(self._enter_images)
        table.copy_requested.connect(self._copy_hazard)
        return table

    def _make_images(self) -> WordsTable:
        table = WordsTable("Images with this hazard")
        table.setModel(self.images_model)
        table.setWordWrap(False)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.set_widths({1: 12})
        # All rows have the same height, which is not measured: there may be 10,000.
        table.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
        table.clicked.connect(self._activate)
        table.entered_row.connect(self._activate)
        table.copy_requested.connect(self._copy_images)
        return table

    def _connect_session(self, session: Session) -> None:
        for changed in (session.rules_changed, session.store_changed):
            changed.connect(self.look_up)

    def _content_focus(self) -> QWidget:
        return self.hazards

    def take_focus(self) -> None:
        self._is_awaited = not self._content.has_content
        super().take_focus()

    def look_up(self) -> None:
        """Find the hazards if the pane is visible and does not already show them."""
        session = self._session
        if session is None:
            return
        subject = (session.store, session.cache.rules)
        shown = self._subject
        if shown is not None and shown[0] is subject[0] and shown[1] is subject[1]:
            return
        if not self.isVisible():
            self._subject = None
            self._forget()  # the hazards keep much of a store in memory, which may be closed
            return
        self._subject = subject
        self.head.copy_button.setEnabled(False)
        if self.model.hazards:
            self._busy_timer.start()
        else:
            self._show_busy()

        def work(report: Report) -> object:
            from cacheview.engine.audit import audit

            return audit(*subject, progress=lambda done, total: report(done, total, "Looking for hazards"))

        self._loader.start(work)

    # Results

    def _show(self, store_hazards: Sequence[StoreHazard]) -> None:
        self._busy_timer.stop()
        assert self._subject is not None
        store, rules = self._subject
        images = counted(len(store.images), "image")
        hazards = counted(len(store_hazards), "hazard") if store_hazards else "No hazards"
        self.head.show_text(f"{hazards} in {images}. Rules: {rules.title}")
        self.head.copy_button.setEnabled(bool(store_hazards))
        previous = self._chosen()
        image = self.images_model.images[self.images.currentIndex().row()].id if self._has_image() else ""
        places = [table.verticalScrollBar().value() for table in (self.hazards, self.images)]
        self.model.set_hazards(store_hazards)
        self.hazards.resizeRowsToContents()
        if not store_hazards:
            self._forget()
            self._content.show_text("No hazards under these rules", f"{images} checked. Rules: {rules.title}.")
            self.settled.emit()
            return
        same = [row for row, each in enumerate(store_hazards) if previous is not None and each.kind is previous.kind]
        self.hazards.setCurrentIndex(self.model.index(same[0] if same else 0, 0))
        self._content.show_content()
        if self._is_awaited and self.head.close_button.hasFocus():
            self.take_focus()
        self._is_awaited = False
        if same:
            # The selection and scroll position stay, even while the engine's events add other images.
            self.images.setCurrentIndex(self.images_model.index(self.images_model.row_of(image), 0))
            for table, place in zip((self.hazards, self.images), places, strict=True):
                table.verticalScrollBar().setValue(place)
        self.settled.emit()

    def _chosen(self) -> StoreHazard | None:
        row = self.hazards.currentIndex().row()
        return self.model.hazards[row] if 0 <= row < len(self.model.hazards) else None

    def _has_image(self) -> bool:
        return 0 <= self.images.currentIndex().row() < len(self.images_model.images)

    def _forget(self) -> None:
        self.model.set_hazards(())
        self.images_model.set_images(())

    def _show_busy(self) -> None:
        self._forget()
        self.head.show_text("")
        self._show_searching("Checking every image.")

    def _show_searching(self, hint: str) -> None:
        self._content.show_text("Looking for hazards…", hint, "Cancel")

    def _show_progress(self, done: int, total: int, _description: str) -> None:
        if not self._content.has_content and not self._busy_timer.isActive():
            self._show_searching(f"Checking every image: {100 * done // total}%.")

    def _cancel(self) -> None:
        self._busy_timer.stop()
        self._loader.cancel()
        self._forget()
        self.head.show_text("")
        self._content.show_text("The audit was canceled", "Nothing was changed.", "Audit again")

    def _fail(self, error: Exception) -> None:
        self._busy_timer.stop()
        self._forget()
        self.head.show_text("")
        self._content.show_text("The store could not be audited", error_words(error), "Audit again")

    # User actions

    def _show_images(self, current: QModelIndex) -> None:
        hazard = self.model.hazards[current.row()] if current.isValid() else None
        self.images_model.set_images(hazard.images if hazard is not None else ())
        self.images.scrollToTop()

    def _stack_texts(self) -> None:
        """Put what happens and what to do in one column or in two, whichever suits the width."""
        figure = self.hazards.fontMetrics().horizontalAdvance("0")
        is_narrow = self.hazards.width() < _NARROW * figure
        if is_narrow is not self.model.is_stacked:
            self.model.is_stacked = is_narrow
            self.hazards.setColumnHidden(HazardsColumn.ADVICE, is_narrow)
            self.hazards.measure()
            self.hazards.resizeRowsToContents()

    def _enter_images(self) -> None:
        if not self._has_image():
            self.images.setCurrentIndex(self.images_model.index(0, 0))
        self.images.setFocus(Qt.FocusReason.OtherFocusReason)

    def _activate(self, index: QModelIndex) -> None:
        self.image_activated.emit(self.images_model.images[index.row()].id)

    def _copy_all(self) -> None:
        from cacheview.report.audits import audit_as_text

        if self._subject is not None and self._session is not None:
            text = audit_as_text(self.model.hazards, *self._subject, using=self._session.daemon)
            self._copy_to_clipboard(text, "all hazards as text")

    def _copy_hazard(self) -> None:
        hazard = self._chosen()
        if hazard is not None:
            text = f"Hazard ({HAZARD_TITLES[hazard.kind]}): {hazard.sentence} {hazard.advice}"
            self._copy_to_clipboard(visible(text), "the hazard")

    def _copy_images(self) -> None:
        # Use ranges of whole rows: an index for each row takes a second for 100,000 rows.
        chosen = self.images.selectionModel().selection()
        parts = [chosen.at(place) for place in range(chosen.size())]
        rows = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        if rows:
            images = self.images_model.images
            self._copy_to_clipboard("\n".join([images[row].id for row in rows]), counted(len(rows), "ID"))

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace and self.images.hasFocus():
            self.hazards.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.key() == Qt.Key.Key_Escape and self._loader.is_busy:
            self._cancel()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._splitter.turn_for(self.size())
        self._stack_texts()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._stack_texts()
            self.model.update_look()
            self.hazards.resizeRowsToContents()
            self.images.verticalHeader().setDefaultSectionSize(icon_size() + 3 * GRID)
            self.images.viewport().update()
