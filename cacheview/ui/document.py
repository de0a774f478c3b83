"""The probe that is being edited, with undo for every edit."""

from __future__ import annotations

import weakref
from typing import Final, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from cacheview.model import SCRATCH, ContainerConfig, Image, Probe
from cacheview.model.config import ConfigValue
from cacheview.ui.original import Original

__all__ = ["Place", "ProbeDocument"]

Place = tuple[int, int]
"""The number of a case in the open store, and the number of a probe in the case, both from 0."""

_MOVE_KEY: Final = "move"
"""The merge key of moves between places. Moves that follow one another are one step."""

_MERGE_ID: Final = 1  # any id except -1 lets Qt try to merge; the merge key decides which edits belong together


class Shown(Protocol):
    """What a document is about.

    Attributes:
        original: the unedited probe of the place that is shown.
    """

    original: Original


class _Nothing:
    original = Original(Probe())


class ProbeDocument(QObject):
    """Owns the current probe and its undo stack. Edits use the stack; only `load` replaces the probe without it.

    Moving to another probe of the open store is a step too, so that an edited probe is never lost.

    The document and its steps hold a probe only if it was edited, as `Original` describes. The unedited probe of a
    place, and in a walk, the result of the previous probe, are those at the time when the place is shown.

    Signals:
        probe_changed(Probe): after every change, including undo and redo.
        loaded(Probe): after every `load` and every change of place.
        moving(Place): before a change of place.
        moved(): after a complete change of place.
    """

    probe_changed = Signal(object)
    loaded = Signal(object)
    moving = Signal(object)
    moved = Signal()

    def __init__(self, probe: Probe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown = _Nothing()
        self._edited = probe
        self._probe = self._shown.original.shown(probe)
        self._place: Place = (0, 0)
        self._undo_stack = QUndoStack(self)
        # The steps of the stack, in its order. Python's garbage collector may destroy the objects of a cycle one by
        # one, and a step that is destroyed before the stack would leave a dangling pointer in it. The collector does
        # not see the references here, which end with the stack.
        self._steps: list[_Edit] = []
        self._undo_stack.destroyed.connect(lambda _, steps=self._steps: steps.clear())

    @property
    def probe(self) -> Probe:
        """The probe in its current, edited state, as it is looked up."""
        return self._probe

    @property
    def edited(self) -> Probe | None:
        """The probe as it is held; None: it is the unedited one."""
        return self._edited

    @property
    def held(self) -> Probe:
        """The probe as it is held, edited or not."""
        return self._shown.original.held if self._edited is None else self._edited

    @property
    def place(self) -> Place:
        """The place of the probe."""
        return self._place

    @property
    def places(self) -> frozenset[Place]:
        """Every place that a step leads to, by undo or redo."""
        return frozenset(place for step in self._steps for place, _ in (step.before, step.after))

    @property
    def undo_place(self) -> Place:
        """The place after undoing the last step."""
        index = self._undo_stack.index()
        return self._steps[index - 1].before[0] if index else self._place

    @property
    def redo_place(self) -> Place:
        """The place after redoing the next step."""
        index = self._undo_stack.index()
        return self._steps[index].after[0] if index < len(self._steps) else self._place

    @property
    def undo_stack(self) -> QUndoStack:
        """The undo stack. A step may lead to a case that must be read first: see `Places.undo`."""
        return self._undo_stack

    def edit(self, probe: Probe, text: str, merge: str = "") -> bool:
        """Change the probe as one step that can be undone. Returns whether anything changed.

        Args:
            probe: the probe after the edit, as it is looked up. Nothing is pushed if it equals the current one (None
                and an empty list differ).
            text: the name of the step in the menu (``Edit Env[1]``).
            merge: consecutive edits with the same non-empty key are one step, such as typing.
        """
        return self.restore(self._shown.original.edited(probe, self._edited), text, merge)

    def restore(self, edited: Probe | None, text: str, merge: str = "") -> bool:
        """Change the probe to a held one, as `edit` does. None: to the unedited one."""
        if edited == self._edited:
            return False
        self._push((self._place, edited), text, merge)
        return True

    def move(self, place: Place, edited: Probe | None, text: str) -> None:
        """Go to the probe of another place, as a step if there is anything to undo.

        Args:
            edited: the probe as it is held; None: the unedited one.
        """
        if (place, edited) == self._state:
            return
        if self._undo_stack.count():
            self._push((place, edited), text, _MOVE_KEY)
        else:
            self._set((place, edited))

    @property
    def _state(self) -> _State:
        return self._place, self._edited

    def _push(self, after: _State, text: str, merge: str) -> None:
        step, index = _Edit(self, self._state, after, text, merge), self._undo_stack.index()
        self._undo_stack.push(step)
        self._steps[index:] = [step]
        del self._steps[self._undo_stack.count() :]  # the step was merged, or reverted the one before it

    def set_field(self, name: str, value: ConfigValue, text: str = "", merge: str = "") -> bool:
        """Edit one field of the container config; see `edit`. Raises KeyError if there is no such field."""
        if name not in ContainerConfig.model_fields:
            raise KeyError(name)
        config = self._probe.config.model_copy(update={name: value})
        return self.edit(self._probe.model_copy(update={"config": config}), text or f"Edit {name}", merge)

    def use_as_parent(self, image: Image | None) -> None:
        """Set the parent to an image; None: scratch."""
        probe = self._probe.model_copy(update={"parent": image.id if image is not None else SCRATCH})
        self.edit(probe, f"Use {image.title if image is not None else 'scratch'} as parent")

    def add_cache_from(self, image: Image) -> None:
        """Add an image to the references of ``--cache-from``, by name if it has one."""
        reference = image.names[0] if image.names else image.id
        probe = self._probe
        if reference not in probe.cache_from:
            changed = probe.model_copy(update={"cache_from": (*probe.cache_from, reference)})
            self.edit(changed, f"Add {image.title} to “Cache from”")

    def follow(self, shown: Shown) -> None:
        """From now on, show the probes of this store, starting with an unedited one."""
        self._shown = shown
        self.load(None)

    def load(self, edited: Probe | None, place: Place = (0, 0)) -> None:
        """Start again with a probe, and nothing to undo.

        Args:
            edited: the probe as it is held; None: the unedited one.
        """
        self.forget_steps()
        self._place = place
        self._set((place, edited))
        self.loaded.emit(self._probe)

    def show_again(self) -> None:
        """Show the probe as it is now that the original probe of the place is another one. This is not a step."""
        self._set(self._state)

    def forget_steps(self) -> None:
        """Clear the undo stack."""
        self._undo_stack.clear()
        self._steps.clear()

    def _set(self, state: _State) -> None:
        place, edited = state
        is_move = place != self._place
        if is_move:
            self.moving.emit(place)
        before = self._edited, self._probe
        probe = self._shown.original.shown(edited)
        self._place, self._edited, self._probe = place, edited, probe
        if is_move or (edited, probe) != before:
            self.probe_changed.emit(probe)
        if is_move:
            self.loaded.emit(probe)
            self.moved.emit()


_State = tuple[Place, Probe | None]
"""A place, and its probe as it is held; None: the unedited one."""


class _Edit(QUndoCommand):
    """A step from one state to another.

    Both are immutable, so the step refers to them directly. The document refers to the step.
    """

    def __init__(self, document: ProbeDocument, before: _State, after: _State, text: str, merge: str) -> None:
        super().__init__(text)
        self._document = weakref.ref(document)
        self.before = before
        self.after = after
        self._merge = merge

    def id(self) -> int:
        return _MERGE_ID if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._merge != self._merge:
            return False
        self.after = other.after
        if self._merge == _MOVE_KEY:
            self.setText(other.text())
        # What was typed has been reverted: there is nothing to undo.
        self.setObsolete(self.before == self.after)
        return True

    def undo(self) -> None:
        self._show(self.before)

    def redo(self) -> None:
        self._show(self.after)

    def _show(self, state: _State) -> None:
        document = self._document()
        if document is not None:
            document._set(state)
