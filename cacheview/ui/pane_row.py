"""The three panes side by side: how they share the width, and how they are created in pieces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.painting import paint_later
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.verdict.pane import VerdictPane

if TYPE_CHECKING:
    from cacheview.engine import Explanation
    from cacheview.ui.document import ProbeDocument
    from cacheview.ui.loaded import NextPaneRequest

__all__ = ["PaneRow", "first_focus"]

_PANE_WIDTHS: Final = (400, 400, 640)
_VERDICT_RATIO: Final = 1.2
"""The width of the verdict, as a multiple of the probe's, down to which it leaves the probe a comfortable width."""
_PANE_STRETCHES: Final = (2, 2, 3)
_TURN_SECONDS: Final = 0.008  # approximate, of work in one turn


class PaneRow(QWidget):
    """Images, probe and verdict side by side. The last two are created in pieces, so that the window stays responsive.

    Until they exist, a page about the store that is being read takes their place.

    Attributes:
        shown_early: what the verdict shows since before there was a session; None: nothing.

    Signals:
        shared(): the user changed the widths of the panes.
    """

    shared = Signal()

    def __init__(self, document: ProbeDocument, parent: QWidget | None = None) -> None:
        """Start with only the images pane."""
        super().__init__(parent)
        self._document = document
        self._widths = list(_PANE_WIDTHS)
        self._busy: QWidget | None = None
        self._was_shared = False  # set by the user
        self.shown_early: Explanation | None = None
        self._pieces = self._make_pieces()
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.splitterMoved.connect(self._on_moved)
        self.images = ImagesPane(self._splitter)
        self._insert(0, self.images, "Images")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    @cached_property
    def probe(self) -> ProbePane:
        """The probe pane. Like the verdict pane, it is created on first use, since each of them takes time."""
        return ProbePane(self._document, later=True)

    @cached_property
    def verdict(self) -> VerdictPane:
        """The verdict pane, created on first use; see `probe`."""
        return VerdictPane(later=True)

    def prepare(self) -> bool:
        """Create one more piece of the panes, which takes a few milliseconds. Returns whether there is more to do.

        The panes stay hidden. The work for showing them is left to `show_next_piece`.
        """
        return next(self._pieces, False)

    def show_next_piece(self, panes: NextPaneRequest | None = None) -> bool:
        """Do one more piece of work to show the prepared panes. Returns whether there is more to do.

        Args:
            panes: their first content; None: it comes with the session.
        """
        if self.probe.isHidden():
            if panes is not None:
                self.probe.set_store(panes.explanation.trace.store)  # has the parent
                self._document.load(panes.probe)
            self._show_probe()
            return True
        if panes is not None and self.verdict.trace.explanation is not panes.explanation:
            self.verdict.show_explanation(panes.explanation)
            self.shown_early = panes.explanation
            return True
        if self.verdict.isHidden():
            sizes = self._splitter.sizes()
            if self._busy is None:
                self.verdict.show()
                self._share()
            else:  # the pane takes the place of the busy page, so that nothing else moves
                self.verdict.resize(self._busy.size())
                paint_later((self.verdict,))  # its trees repaint their columns once more after they were resized
                self.verdict.show()
                self._busy.hide()
                self._splitter.setSizes([*sizes[:2], *reversed(sizes[2:])])
                self.release_busy()
            return True
        return False

    def _show_probe(self) -> None:
        """Show the probe. Before that, it gets its size: it would be laid out once more without any width."""
        shown = self.shown_panes
        width = self._sizes((shown[0], self.probe, *shown[1:]))[1]
        room = self._splitter.width() - len(shown) * self._splitter.handleWidth()
        self.probe.resize(width * room // sum(self._widths), self._splitter.height())
        self.probe.show()
        self._share()
        self.probe.form.lay_out()

    def _make_pieces(self) -> Iterator[bool]:
        """Do the work in pieces, and yield whether there is more."""
        # Each pane is filled in its place: Qt matches the style sheet again against all that is moved elsewhere.
        self.probe.hide()
        self.probe.resize(0, 0)  # Qt paints again what is below a widget when it is inserted, even a hidden one
        self._insert(1, self.probe, "Probe")
        while self.probe.make_next():
            yield True
        yield from _polish(self.probe)
        self.verdict.hide()
        self.verdict.resize(0, 0)
        self._insert(2, self.verdict, "Verdict")
        self.verdict.fill()
        yield True
        yield from _polish(self.verdict)
        yield False

    def set_busy(self, page: QWidget) -> None:
        """Show a page instead of the probe and the verdict while the store is still being read."""
        self._busy = page
        self._splitter.addWidget(page)
        self._splitter.setStretchFactor(self._splitter.indexOf(page), sum(_PANE_STRETCHES[1:]))
        page.show()
        self._share()

    def release_busy(self) -> None:
        """Give back the page passed to `set_busy`."""
        if self._busy is not None:
            self._busy.hide()
            self._busy.setParent(self)
            self._busy = None

    def _insert(self, place: int, pane: QWidget, name: str) -> None:
        """Insert a pane before the busy page."""
        pane.setAccessibleName(name)
        self._splitter.insertWidget(place, pane)
        self._splitter.setStretchFactor(place, _PANE_STRETCHES[place])
        # Now, since Qt paints a visible widget again when it is raised.
        pane.raise_()  # also last for a screen reader
        for each in range(self._splitter.count()):
            self._splitter.handle(each).raise_()

    def _share(self) -> None:
        """Set the width of each pane. The busy page has that of the panes that are missing."""
        shown = self.shown_panes
        widths: dict[QWidget | None, int] = dict(zip(shown, self._sizes(shown), strict=True))
        places = range(self._splitter.count())
        for pane in shown[1:]:
            # The splitter shows it only later, and would then divide the width again.
            self._splitter.handle(self._splitter.indexOf(pane)).show()
        self._splitter.setSizes([widths.get(self._splitter.widget(place), 0) for place in places])

    def _sizes(self, shown: Sequence[QWidget]) -> list[int]:
        """Return the widths of panes, which the splitter divides its own width by."""
        sizes = self._widths[: len(shown) - 1]
        sizes.append(sum(self._widths) - sum(sizes))
        if self._widths == list(_PANE_WIDTHS) and len(shown) == len(_PANE_WIDTHS):
            sizes = self._comfortable(sizes)
        return sizes

    def _comfortable(self, sizes: list[int]) -> list[int]:
        """Return widths in which the verdict, if it can, leaves the probe what it lacks."""
        room = self._splitter.width() - (len(sizes) - 1) * self._splitter.handleWidth()
        images, probe = (size * room // sum(sizes) for size in sizes[:2])
        needed = self.probe.comfortable_width()
        verdict = room - images - needed
        return [images, needed, verdict] if probe < needed and verdict >= _VERDICT_RATIO * needed else sizes

    def _on_moved(self) -> None:
        self._was_shared = True
        self.shared.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._was_shared:
            self._share()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shared:
            self._share()  # only now are the minimum widths of the panes known

    @property
    def widths(self) -> list[int]:
        """The widths of the three panes; before all of them are shown, those that they will have."""
        is_complete = self._busy is None and len(self.shown_panes) == len(_PANE_WIDTHS)
        return self._splitter.sizes() if is_complete else self._widths

    @widths.setter
    def widths(self, widths: list[int]) -> None:
        self._widths = widths
        self._was_shared = False
        self._share()

    def reset_widths(self) -> None:
        """Give the panes the widths that they have at first."""
        self.widths = list(_PANE_WIDTHS)

    def focus_pane(self, place: int) -> None:
        """Move the keyboard focus to a pane: 0 images, 1 probe, 2 verdict."""
        pane = self.panes[place % len(self.panes)]
        target: QWidget | None = self.images.tree if pane is self.images else first_focus(pane)
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def panes(self) -> tuple[QWidget, ...]:
        """Images, probe, verdict."""
        return (self.images, self.probe, self.verdict)

    @property
    def shown_panes(self) -> tuple[QWidget, ...]:
        """The widgets that are visible side by side, even while a store is being read."""
        widgets = (self._splitter.widget(place) for place in range(self._splitter.count()))
        return tuple(widget for widget in widgets if widget is not None and not widget.isHidden())


def _polish(pane: QWidget) -> Iterator[bool]:
    """Let the style polish each widget of a hidden pane, in pieces, since this takes most of the time."""
    ended = time.perf_counter() + _TURN_SECONDS
    for widget in reversed(pane.findChildren(QWidget)):
        widget.ensurePolished()
        if time.perf_counter() > ended:
            yield True
            ended = time.perf_counter() + _TURN_SECONDS


def first_focus(pane: QWidget) -> QWidget | None:
    """Return the first widget in a pane that Tab would reach. A button only if there is nothing to read or edit."""
    results: list[QWidget] = []
    widget = pane.nextInFocusChain()
    while widget is not None and widget is not pane and len(results) < 500:
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if pane.isAncestorOf(widget) and widget.isVisibleTo(pane) and widget.isEnabled() and takes_tab:
            results.append(widget)
        widget = widget.nextInFocusChain()
    fields: list[Callable[[QWidget], bool]] = [lambda w: not w.inherits("QAbstractButton"), lambda _: True]
    return next((widget for matches in fields for widget in results if matches(widget)), None)
