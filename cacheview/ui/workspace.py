"""The panes of one session, and the links between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.engine import CheckOutcome, StageKind
from cacheview.model import CONFIG_FIELDS
from cacheview.ui.answering import is_ready
from cacheview.ui.images.marks import Marks
from cacheview.ui.painting import paint_later, paint_now
from cacheview.ui.pane_row import PaneRow
from cacheview.ui.plain import error_words, one_line
from cacheview.ui.probe.marks import FieldMark
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.selection import SelectionRelation
from cacheview.ui.session import Session, StoreRelation
from cacheview.ui.verdict.values import field_path

if TYPE_CHECKING:
    from cacheview.engine import Check, Explanation, ProbeEdit
    from cacheview.model import Image
    from cacheview.ui.document import ProbeDocument
    from cacheview.ui.loaded import StorePart

__all__ = ["Workspace"]

_LOOKUP_FAILED: Final = "This probe could not be looked up"
_FIELDS: Final = frozenset((*CONFIG_FIELDS, "parent", "cache_from"))
_MAX_MARKED_ELEMENTS: Final = 500
"""The length above which a list is marked only up to the failure, since an editor cannot show more at a time."""


class Workspace(PaneRow):
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
        super().__init__(document, parent)
        self._is_filling = False
        self._is_new = False  # the probe was loaded, and has not been answered yet
        self._followed: SelectedItem | None = None  # the step that the tree shows

    def show_part(self, part: StorePart) -> None:
        """Show the images that have been read so far."""
        self.images.set_store(part.store, keep=self._is_filling, forest=part.forest, total=part.total)
        self._is_filling = True

    def attach(self, session: Session) -> None:
        """Show a session, whose document is the one given before. All panes exist afterwards."""
        while self.prepare() or self.show_next_piece():
            pass
        paint_now(self.panes)
        self._session = session
        self._connect()

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
        self.shared.connect(self.choices_changed)

    # The interface for the window

    def reset_layout(self) -> None:
        """Reset the widths of the panes, and the columns of the images."""
        self.reset_widths()
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

    # Signals of the session

    def _show_store(self, relation: StoreRelation) -> None:
        change = self._session.change
        keep = relation is StoreRelation.SAME or self._is_filling
        self._is_filling = False
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
        is_shown, self.shown_early = explanation is self.shown_early, None
        if is_shown and selected is None and session.relation is SelectionRelation.OWN:
            self.verdict.show_further()
        else:
            self.verdict.show_explanation(explanation, selected, session.relation)
        self.probe.set_marks(_field_marks(explanation))
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


def _field_marks(explanation: Explanation) -> dict[str, FieldMark]:
    """Return the marks by path: those of the deciding checks, or else only those of fields that no rule reads."""
    rules = explanation.trace.rules
    marks = {
        field: FieldMark(CheckOutcome.NOT_COMPARED.value, None, "These rules do not compare this field.")
        for field in rules.ignored_fields
    }
    deciding = explanation.deciding
    if deciding is None:
        return marks
    checks = deciding.subject.checks if deciding.subject is not None else deciding.stage.checks
    for check in _flat(checks):
        path = field_path(check) if check.field in _FIELDS else ""
        previous = marks.get(path)
        # If several checks read a field, the one that failed counts, or else the first that was reached.
        if path and (previous is None or check.failed or previous.outcome == CheckOutcome.NOT_REACHED.value):
            # A field that may or may not fail is not marked.
            outcome = CheckOutcome.NOT_REACHED if check.outcome is CheckOutcome.UNKNOWN else check.outcome
            marks[path] = FieldMark(outcome.value, check.image, check.note)
    return marks


def _flat(checks: Sequence[Check]) -> Iterator[Check]:
    for check in checks:
        yield check
        yield from check.children[:_MAX_MARKED_ELEMENTS]
