"""The three panes side by side, and the links between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from cacheview.engine import StageKind
from cacheview.ui.answering import is_ready
from cacheview.ui.field_marks import field_marks
from cacheview.ui.images.marks import Marks
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.painting import paint_later, paint_now
from cacheview.ui.plain import error_words, one_line
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.selection import SelectionRelation
from cacheview.ui.session import Session, StoreRelation
from cacheview.ui.verdict.pane import VerdictPane

if TYPE_CHECKING:
    from cacheview.engine import Explanation, ProbeEdit
    from cacheview.model import Image
    from cacheview.ui.document import ProbeDocument
    from cacheview.ui.loaded import NextPaneRequest, StorePart

__all__ = ["Workspace", "first_focus"]

_PANE_WIDTHS: Final = (400, 400, 640)
_VERDICT_RATIO: Final = 1.2
"""The width of the verdict, as a multiple of the probe's, down to which it leaves the probe a comfortable width."""
_PANE_STRETCHES: Final = (2, 2, 3)
_LOOKUP_FAILED: Final = "This probe could not be looked up"
_TURN_SECONDS: Final = 0.008  # approximate, of work in one turn


class Workspace(QWidget):
    """Images, probe and verdict of one session, or the images of a store that is still being read.

    A check is linked to its field and its image, a field to its check, and an image to its position in the trace.
    A pane does not report that it reveals the target of a link, so that links cannot loop.

    Signals:
        copied(str): what was put on the clipboard, in words.
        files_requested(): the user wants to see the files that keep the probe from being a hit.
        layer_requested(Image): the user wants to see the files of the image's layer.
        details_requested(): the user wants to see the details of the selected image.
        choices_changed(): choices that are saved between sessions have changed.
    """

    copied = Signal(str)
    files_requested = Signal()
    layer_requested = Signal(object)
    details_requested = Signal()
    choices_changed = Signal()

    def __init__(self, document: ProbeDocument, parent: QWidget | None = None) -> None:
        """Start with only the images pane; `attach` creates the others."""
        super().__init__(parent)
        self._document = document
        self._widths = list(_PANE_WIDTHS)
        self._busy: QWidget | None = None
        self._filling = False
        self._was_shared = False  # set by the user
        self._attached = False
        self._is_new = False  # the probe was loaded, and has not been answered yet
        self._followed: SelectedItem | None = None  # the step that the tree shows
        self._shown_early: Explanation | None = None  # what the verdict shows since before there was a session
        self._pieces = self._make_pieces()
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
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
        """Create one more piece for `attach`, which takes a few milliseconds. Returns whether there is more to do.

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
            self._shown_early = panes.explanation
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

    def show_part(self, part: StorePart) -> None:
        """Show the images that have been read so far."""
        self.images.set_store(part.store, keep=self._filling, forest=part.forest, total=part.total)
        self._filling = True

    def release_busy(self) -> None:
        """Give back the page passed to `set_busy`."""
        if self._busy is not None:
            self._busy.hide()
            self._busy.setParent(self)
            self._busy = None

    def attach(self, session: Session) -> None:
        """Show a session, whose document is the one given before. All panes exist afterwards."""
        while self.prepare() or self.show_next_piece():
            pass
        paint_now(self.panes)
        self._session = session
        self._attached = True
        self._connect()

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

    def _connect(self) -> None:
        session = self._session
        session.store_changed.connect(self._show_store)
        session.probe_loaded.connect(self._show_parent)
        session.answered.connect(self._explain)
        session.completed.connect(lambda: self.verdict.show_further())
        session.selection_changed.connect(self._explain)
        session.answer_delayed.connect(self.verdict.show_delayed)
        session.answer_failed.connect(lambda error: self._show_no_answer(_LOOKUP_FAILED, f"{error_words(error)}."))
        self.images.image_selected.connect(self._image_selected)
        self.images.menu.probe_requested.connect(self.probe.load_from_image)
        self.images.menu.parent_requested.connect(session.document.use_as_parent)
        self.images.menu.cache_from_requested.connect(session.document.add_cache_from)
        self.images.menu.copied.connect(self.copied)
        self.images.choices_changed.connect(self.choices_changed)
        self.probe.daemon = lambda: session.daemon
        self.verdict.daemon = lambda: session.daemon
        self.probe.field_activated.connect(self.verdict.reveal_field)
        self.probe.image_requested.connect(self._explain_image)
        self.verdict.field_activated.connect(self.probe.point_at)
        self.verdict.field_entered.connect(self.probe.reveal)
        self.verdict.image_activated.connect(self.images.reveal)
        self.verdict.edit_requested.connect(self.apply)
        self.verdict.back_requested.connect(session.select_again)
        self.verdict.files_requested.connect(self.files_requested)
        self.images.menu.layer_requested.connect(self.layer_requested)
        self.images.menu.details_requested.connect(self._show_details)
        self.verdict.copied.connect(self.copied)
        self._splitter.splitterMoved.connect(self._person_shared)

    def _person_shared(self) -> None:
        self._was_shared = True
        self.choices_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._was_shared:
            self._share()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shared:
            self._share()  # only now are the minimum widths of the panes known

    # The interface for the window

    @property
    def widths(self) -> list[int]:
        """The widths of the panes."""
        return self._splitter.sizes() if self._attached else self._widths

    @widths.setter
    def widths(self, widths: list[int]) -> None:
        self._widths = widths
        self._was_shared = False
        self._share()

    def reset_layout(self) -> None:
        """Reset the widths of the panes, and the columns of the images."""
        self.widths = list(_PANE_WIDTHS)
        self.images.tree.columns.reset()

    def apply(self, edit: ProbeEdit) -> None:
        """Apply an edit from the verdict pane or the engine as one step, unless a new answer is pending."""
        from cacheview.report.phrases import edit_phrase

        answer = self._session.answer
        if answer is None:
            return
        phrase = edit_phrase(edit, answer.explanation)
        self._session.document.edit(edit.probe, phrase[:1].upper() + phrase[1:])

    def apply_smallest(self) -> None:
        """Apply the smallest edit that makes the miss a hit, if there is one."""
        answer = self._session.answer
        if answer is not None and answer.explanation.further.is_found and answer.explanation.edit is not None:
            self.apply(answer.explanation.edit)

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

    # Signals of the session

    def _show_store(self, relation: StoreRelation) -> None:
        change = self._session.change
        keep = relation is StoreRelation.SAME or self._filling
        self._filling = False
        new, listed = change.new if change else (), self._session.listed
        if self.images.model.forest is not listed.forest:
            self._session.discard(self.images.model.forest)
        self.images.set_store(listed.store, keep=keep, new=new, removed=listed.removed, forest=listed.forest)
        self.probe.set_store(self._session.store)

    def _show_parent(self) -> None:
        self.verdict.banner.forget_height()  # another probe: nothing is being typed
        # Columns and rows that the user has hidden stay hidden, since no one requested them.
        self.images.reveal(self._session.document.probe.parent, unhide=False)
        self._is_new = True

    def _changes_images(self, explanation: Explanation) -> bool:
        """Whether it shows other candidates or sources than the answer that is still shown."""
        shown = self.verdict.trace.explanation
        if shown is None:
            return True
        before, after = shown.trace.probe, explanation.trace.probe
        return (before.parent, before.cache_from) != (after.parent, after.cache_from)

    def _explain(self) -> None:
        """Show the answer to the probe. If the selected item has no probe, show that instead."""
        session, answer = self._session, self._session.answer
        selected = session.selected
        self.probe.set_edited(session.edits.has_current)
        if session.is_awaited and session.has_probe:
            return  # it follows
        if answer is None:
            if selected is not None:
                self._show_no_answer(one_line(selected.no_probe), one_line(selected.why))
            return
        explanation = answer.explanation
        if not is_ready(session.store) or self._changes_images(explanation):
            paint_later(self.shown_panes)  # all of them change as a whole
        is_shown, self._shown_early = explanation is self._shown_early, None
        if is_shown and selected is None and session.relation is SelectionRelation.OWN:
            self.verdict.show_further()
        else:
            self.verdict.show_explanation(explanation, selected, session.relation)
        self.probe.set_marks(field_marks(explanation))
        self.images.set_marks(Marks(explanation))
        self._follow(selected, explanation)
        answer_image, is_new, self._is_new = _hit_or_nearest(explanation), self._is_new, False
        if is_new and answer_image is not None:
            self.images.scroll_to_both(explanation.trace.probe.parent, answer_image.id)

    def _show_no_answer(self, text: str, hint: str) -> None:
        self.verdict.show_nothing(text, hint)
        self.probe.set_marks({})
        self.images.set_marks(None)

    def _follow(self, selected: SelectedItem | None, explanation: Explanation) -> None:
        """Show the image of a step in the tree when the step is selected, but not again when its answer changes."""
        if selected is None or selected.is_until_edit or self._session.relation is not SelectionRelation.OWN:
            self._followed = None
            return
        if self._followed is None or self._followed.probe != selected.probe:
            hit = explanation.verdict.image
            self.images.bring_into_sight(explanation.trace.probe.parent, hit.id if hit is not None else None)
        self._followed = selected

    # Links between panes

    def _explain_image(self, image: Image, why: str) -> None:
        if why:
            advice = "To see what the classic builder would look up, replay the image's Dockerfile (Ctrl+D)."
            self._session.select(SelectedItem(f"image {image.title}", why=f"{why} {advice}", is_until_edit=True))
        else:
            self._session.release_image()

    def _show_details(self, image: Image) -> None:
        self.images.reveal(image.id)
        self.details_requested.emit()

    def _image_selected(self, image: Image | None) -> None:
        if image is not None:
            self.verdict.reveal_image(image.id)


def _hit_or_nearest(explanation: Explanation) -> Image | None:
    """Return the image that the verdict is about: the hit, or the candidate that comes nearest to one."""
    deciding, hit = explanation.deciding, explanation.verdict.image
    if hit is not None or deciding is None or deciding.subject is None or deciding.stage.kind is not StageKind.LOCAL:
        return hit
    return deciding.subject.image


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
