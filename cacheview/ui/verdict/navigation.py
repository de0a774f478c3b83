"""Moves in the tree of the trace: to the deciding check, a field or an image, and back to a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, Signal

from cacheview.engine import Check, CheckOutcome, Stage, StageKind, Subject
from cacheview.engine.check import CheckKey, CheckKind, path_text
from cacheview.model import CONFIG_FIELDS
from cacheview.ui.verdict.model import TraceModel
from cacheview.ui.verdict.rows import FoldedChecks, Item, decided_trail
from cacheview.ui.verdict.values import field_path
from cacheview.ui.verdict.view import TraceView

__all__ = ["Navigation", "RowPlace", "field_trail", "trail_to"]

LOCAL: Final = StageKind.LOCAL


@dataclass(frozen=True, slots=True)
class RowPlace:
    """The position of a row, valid across edits: stage, image, checks from the outermost in, and group of checks."""

    stage: StageKind
    image_id: str = ""
    keys: tuple[CheckKey, ...] = ()
    group: CheckOutcome | None = None


def trail_to(checks: Sequence[Check], keys: Sequence[CheckKey]) -> list[int] | None:
    """Return the places that lead to a check; None: it does not exist."""
    if not keys:
        return []
    if isinstance(checks, tuple):
        place = next((place for place, check in enumerate(checks) if check.key == keys[0]), None)
    else:  # long lists: the path ends with the place
        last = keys[0][1][-1:]
        place = last[0] if last and isinstance(last[0], int) and last[0] < len(checks) else None
    if place is None:
        return None
    rest = trail_to(checks[place].children, keys[1:])
    return None if rest is None else [place, *rest]


def field_trail(checks: Sequence[Check], path: str) -> list[int] | None:
    """Return the trail to the check of a field (``Env[1]``), preferably one that failed; None: there is none."""
    field = re.match(r"\w*", path)
    name = field[0] if field is not None else ""
    of_field = [(place, check) for place, check in enumerate(checks) if check.field == name]
    for place, check in of_field:
        if check.field in CONFIG_FIELDS and check.kind is not CheckKind.COMMAND:
            for inner, child in enumerate(check.children):
                if path_text(child.path) == path != name:
                    return [place, inner]

    def rank(results: tuple[int, Check]) -> tuple[bool, bool, bool]:
        check = results[1]
        return not check.failed, field_path(check) != path, check.kind is not CheckKind.FIELD

    of_field.sort(key=rank)
    return [of_field[0][0]] if of_field else None


class Navigation(QObject):
    """Expands, scrolls to and selects rows.

    Signals: ``moved(index)``: the user moved to a row; not emitted for changes made here.
    """

    moved = Signal(QModelIndex)

    def __init__(self, view: TraceView, trace: TraceModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._trace = trace
        self._quiet = False
        self._closed: set[RowPlace] = set()
        self._decided: RowPlace | None = None
        self._opened: RowPlace | None = None
        self._last_position = -1
        view.collapsed.connect(self._person_closed)
        view.expanded.connect(self._person_opened)
        view.selectionModel().currentRowChanged.connect(self._person_moved)

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Suppress the signal for changes that are not the user's."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    # Rows and positions

    def place_of(self, index: QModelIndex) -> RowPlace | None:
        """Return the position of a row; None for an invalid row."""
        return _place(self._trace.items_above(index))

    def find(self, place: RowPlace) -> QModelIndex:
        """Return the row at a position; invalid if there is none."""
        explanation = self._trace.explanation
        stage = explanation.trace.stage(place.stage) if explanation is not None else None
        if stage is None:
            return QModelIndex()
        index, checks = self._trace.stage_index(place.stage), stage.checks
        if place.image_id:
            position = self._position(stage, place.image_id)
            if position is None:
                return QModelIndex()
            index = self._trace.subject_index(place.stage, position)
            checks = stage.subjects[position].checks if place.keys else ()
        trail = None if place.group is not None else trail_to(checks, place.keys)
        return self._trace.check_index(index, trail) if trail is not None else QModelIndex()

    def _position(self, stage: Stage, image_id: str) -> int | None:
        """Return `Stage.position`, cached for the last image, since every edit needs it."""
        last = self._last_position
        if not (0 <= last < len(stage.images) and stage.images[last].id == image_id and stage.kind is LOCAL):
            position = stage.position(image_id)
            if stage.kind is LOCAL and position is not None:
                self._last_position = position
            return position
        return last

    def restore(self, place: RowPlace) -> None:
        """Select a row that an edit has moved, without scrolling."""
        if self.place_of(self._view.currentIndex()) == place:
            return
        index = self.find(place)
        if not index.isValid():
            return
        if not self._view.isExpanded(index.parent()) and index.parent().isValid():
            index = index.parent()  # the row is folded away: select its group
        scrolled = self._view.verticalScrollBar().value()
        with self.quietly():
            self._view.setCurrentIndex(index)
        self._view.verticalScrollBar().setValue(scrolled)

    # The deciding check

    def start(self) -> None:
        """Expand and show the deciding check of a new trace."""
        self._closed.clear()
        self._decided = self._opened = None
        with self.quietly():
            first = self._trace.index(0, 0)
            explanation = self._trace.explanation
            if first.isValid() and (explanation is None or explanation.deciding is None):
                self._view.expand(first)
        self.follow()

    def follow(self) -> None:
        """Show the deciding check if it has changed, unless the user closed one of its parents."""
        place = self._deciding_place()
        if place is None or place == self._decided:
            return
        self._decided = place
        stage, subject = RowPlace(place.stage), RowPlace(place.stage, place.image_id)
        if stage not in self._closed and subject not in self._closed:
            if self._opened is not None and self._opened != subject:
                self._close_again(self._opened)
            index = self.find(subject)
            if subject.image_id and not self._view.isExpanded(index):
                self._opened = subject
            self.show_deciding()

    def _close_again(self, place: RowPlace) -> None:
        """Fold what was expanded here, unless the user has moved into it."""
        self._opened = None
        current = self.place_of(self._view.currentIndex())
        if current is None or (current.stage, current.image_id) != (place.stage, place.image_id):
            with self.quietly():
                self._view.collapse(self.find(place))

    def show_deciding(self) -> None:
        """Expand the parents of the deciding check, and scroll to it."""
        place = self._deciding_place()
        if place is not None:
            with self.quietly():
                self._show(self.find(place), select=False)

    def deciding_index(self) -> QModelIndex:
        """Return the row that decided; for a hit, that of the answer."""
        place = self._deciding_place()
        return self.find(place) if place is not None else QModelIndex()

    def _deciding_place(self) -> RowPlace | None:
        explanation = self._trace.explanation
        deciding = explanation.deciding if explanation is not None else None
        if deciding is None:
            return None
        image_id = deciding.subject.image.id if deciding.subject is not None else ""
        checks: Sequence[Check] = deciding.subject.checks if deciding.subject is not None else deciding.stage.checks
        keys = []
        outcome = deciding.check.outcome if deciding.check is not None else CheckOutcome.PASSED
        decides = outcome in (CheckOutcome.FAILED, CheckOutcome.UNKNOWN)
        for place in decided_trail(checks, outcome) if decides else ():
            keys.append(checks[place].key)
            checks = checks[place].children
        return RowPlace(deciding.stage.kind, image_id, tuple(keys))

    # Moving to a field or an image

    def reveal_field(self, path: str) -> bool:
        """Select a field's check: in the current subject, otherwise where it decided, otherwise in any subject."""
        for index in self._subjects_to_ask():
            item = self._trace.item(index)
            checks = item.checks if isinstance(item, Stage | Subject) else ()
            trail = field_trail(tuple(checks), path)
            if trail is not None:
                with self.quietly():
                    self._show(self._trace.check_index(index, trail), select=True)
                return True
        return False

    def reveal_image(self, image_id: str) -> bool:
        """Select a candidate or source, preferably in the current stage."""
        explanation = self._trace.explanation
        if explanation is None:
            return False
        current = self._trace.subject_of(self._view.currentIndex())
        if current is not None and current.image.id == image_id:
            return True
        current_stage = self._trace.stage_of(self._view.currentIndex())
        stages = sorted(
            explanation.trace.stages, key=lambda stage: (stage is not current_stage, stage.kind is not LOCAL)
        )
        for stage in stages:
            position = stage.position(image_id)
            if position is not None:
                with self.quietly():
                    self._show(self._trace.subject_index(stage.kind, position), select=True)
                return True
        return False

    def _subjects_to_ask(self) -> Iterator[QModelIndex]:
        for index in (self._view.currentIndex(), self.deciding_index()):
            while index.isValid() and not isinstance(self._trace.item(index), Subject):
                index = index.parent()
            if index.isValid():
                yield index.siblingAtColumn(0)
        explanation = self._trace.explanation
        for stage in explanation.trace.stages if explanation is not None else ():
            yield self._trace.stage_index(stage.kind)
            if stage.subjects:
                yield self._trace.subject_index(stage.kind, 0)

    def _show(self, index: QModelIndex, *, select: bool) -> None:
        if not index.isValid():
            return
        parents = []
        parent = index.parent()
        while parent.isValid():
            parents.append(parent)
            parent = parent.parent()
        for each in reversed(parents):
            if not self._view.isExpanded(each):
                self._view.expand(each)
        if isinstance(self._trace.item(index), Stage | Subject) and not select:
            self._view.expand(index)
        if parents:
            self._view.scrollTo(parents[0], self._view.ScrollHint.EnsureVisible)
        self._view.scrollTo(index, self._view.ScrollHint.EnsureVisible)
        if select:
            self._view.setCurrentIndex(index)

    # User actions

    def _person_closed(self, index: QModelIndex) -> None:
        place = self.place_of(index)
        if not self._quiet and place is not None:
            self._closed.add(place)

    def _person_opened(self, index: QModelIndex) -> None:
        place = self.place_of(index)
        if place is not None:
            self._closed.discard(place)
            if not self._quiet and self._opened is not None and place.image_id == self._opened.image_id:
                self._opened = None  # now the user's own

    def _person_moved(self, current: QModelIndex) -> None:
        if not self._quiet:
            self.moved.emit(current)


def _place(items: Sequence[Item]) -> RowPlace | None:
    stage = next((item for item in items if isinstance(item, Stage)), None)
    if stage is None:
        return None
    subject = next((item for item in items if isinstance(item, Subject)), None)
    keys = tuple(item.key for item in reversed(items) if isinstance(item, Check))
    group = items[0].outcome if isinstance(items[0], FoldedChecks) else None
    return RowPlace(stage.kind, subject.image.id if subject is not None else "", keys, group)
