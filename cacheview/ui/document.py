"""The probe that is being edited, and every edit of it as a step that can be undone."""

from __future__ import annotations

import weakref
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from cacheview.model import SCRATCH, ContainerConfig, Image, Probe
from cacheview.model.config import ConfigValue

__all__ = ["Place", "ProbeDocument"]

Place = tuple[int, int]
"""Which probe of what is open it is: the number of its case, and its own in that, from 0."""

_MOVE: Final = "move"
"""The key of steps from place to place: in direct succession they are one."""

_MERGING: Final = 1  # any id but -1 lets Qt try to merge; which edits belong together, the merge key decides


class ProbeDocument(QObject):
    """Owns the current probe and its undo stack. Edits go through the stack; `load` alone replaces the probe.

    Going to another probe of what is open is a step too, so that an edited one is never lost by it.

    ``probe_changed(Probe)`` follows every change, undo and redo included; ``loaded(Probe)`` every `load`, after it, and
    every change of place. ``moving(Place)`` comes before a change of place, ``moved()`` after all of it.
    """

    probe_changed = Signal(object)
    loaded = Signal(object)
    moving = Signal(object)
    moved = Signal()

    def __init__(self, probe: Probe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._probe = probe or Probe()
        self._place: Place = (0, 0)
        self._undo_stack = QUndoStack(self)
        # The steps of the stack, in its order. Python's collector may take a ring that they are in one by one, and one
        # that goes before the stack leaves that with a pointer to nothing. What holds them here the collector does not
        # see, and it ends with the stack.
        self._steps: list[_Edit] = []
        self._undo_stack.destroyed.connect(lambda _, steps=self._steps: steps.clear())

    @property
    def probe(self) -> Probe:
        """The probe as it is edited now."""
        return self._probe

    @property
    def place(self) -> Place:
        """The numbers of its case and of the probe in that."""
        return self._place

    @property
    def places(self) -> frozenset[Place]:
        """Every place that the steps lead to."""
        return frozenset(place for step in self._steps for place, _ in (step.before, step.after))

    @property
    def undo_place(self) -> Place:
        """The place that undoing the last step leads to."""
        index = self._undo_stack.index()
        return self._steps[index - 1].before[0] if index else self._place

    @property
    def redo_place(self) -> Place:
        """The place that doing the next step again leads to."""
        index = self._undo_stack.index()
        return self._steps[index].after[0] if index < len(self._steps) else self._place

    @property
    def undo_stack(self) -> QUndoStack:
        """Its steps may lead to a case that has to be read first: see `Places.undo`."""
        return self._undo_stack

    def edit(self, probe: Probe, text: str, merge: str = "") -> bool:
        """Change the probe as one step that can be undone.

        Args:
            probe: the probe after the edit. Nothing is pushed when it equals the current one (None and
                an empty list are two values).
            text: what the step is called in the menu, a plain phrase (``Edit Env[1]``).
            merge: edits in direct succession with the same key, other than empty, are one step (typing).

        Returns whether there was anything to change.
        """
        if probe == self._probe:
            return False
        self._push((self._place, probe), text, merge)
        return True

    def move(self, place: Place, probe: Probe, text: str) -> None:
        """Go to the probe of another place, as a step where there is anything that could be undone before it."""
        if (place, probe) == (self._place, self._probe):
            return
        if self._undo_stack.count():
            self._push((place, probe), text, _MOVE)
        else:
            self._set((place, probe))

    def _push(self, after: _State, text: str, merge: str) -> None:
        step, index = _Edit(self, (self._place, self._probe), after, text, merge), self._undo_stack.index()
        self._undo_stack.push(step)
        self._steps[index:] = [step]
        del self._steps[self._undo_stack.count() :]  # it was merged, or took the one before it back

    def set_field(self, name: str, value: ConfigValue, text: str = "", merge: str = "") -> bool:
        """`edit` one field of the container config. Raises KeyError for a name that Docker does not have."""
        if name not in ContainerConfig.model_fields:
            raise KeyError(name)
        config = self._probe.config.model_copy(update={name: value})
        return self.edit(self._probe.model_copy(update={"config": config}), text or f"Edit {name}", merge)

    def use_as_parent(self, image: Image | None) -> None:
        """Build on an image; on scratch for None."""
        probe = self._probe.model_copy(update={"parent": image.id if image is not None else SCRATCH})
        self.edit(probe, f"Use {image.title if image is not None else 'scratch'} as parent")

    def add_cache_from(self, image: Image) -> None:
        """Add an image to the references of ``--cache-from``, by name where it has one."""
        reference = image.names[0] if image.names else image.id
        probe = self._probe
        if reference not in probe.cache_from:
            changed = probe.model_copy(update={"cache_from": (*probe.cache_from, reference)})
            self.edit(changed, f"Add {image.title} to Cache from")

    def load(self, probe: Probe, place: Place = (0, 0)) -> None:
        """Start again from a probe, with nothing to undo."""
        self.forget_steps()
        self._place = place
        self._set((place, probe))
        self.loaded.emit(probe)

    def forget_steps(self) -> None:
        """Leave nothing to undo."""
        self._undo_stack.clear()
        self._steps.clear()

    def _set(self, state: _State) -> None:
        place, probe = state
        if place != self._place:
            self.moving.emit(place)
            self._place, self._probe = place, probe
            self.probe_changed.emit(probe)
            self.loaded.emit(probe)
            self.moved.emit()
        elif probe != self._probe:
            self._probe = probe
            self.probe_changed.emit(probe)


_State = tuple[Place, Probe]


class _Edit(QUndoCommand):
    """From one probe to another. Both are frozen, so the step holds them whole; the document holds the step."""

    def __init__(self, document: ProbeDocument, before: _State, after: _State, text: str, merge: str) -> None:
        super().__init__(text)
        self._document = weakref.ref(document)
        self.before = before
        self.after = after
        self._merge = merge

    def id(self) -> int:
        return _MERGING if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._merge != self._merge:
            return False
        self.after = other.after
        if self._merge == _MOVE:
            self.setText(other.text())
        # Typed and taken back: there is nothing left to undo.
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
