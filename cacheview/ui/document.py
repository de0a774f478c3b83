"""The probe that is being edited, and every edit of it as a step that can be undone."""

from __future__ import annotations

import weakref
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from cacheview.model import ContainerConfig, Probe
from cacheview.model.config import ConfigValue

__all__ = ["ProbeDocument"]

_MERGING: Final = 1  # any id but -1 lets Qt try to merge; which edits belong together, the merge key tells


class ProbeDocument(QObject):
    """Owns the current probe and its undo stack. Edits go through the stack; `load` alone replaces the probe.

    ``probe_changed(Probe)`` follows every change, undo and redo included; ``loaded(Probe)`` every `load`, after it.
    """

    probe_changed = Signal(object)
    loaded = Signal(object)

    def __init__(self, probe: Probe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._probe = probe or Probe()
        self._undo_stack = QUndoStack(self)
        # The steps of the stack, in its order. Python's collector may take a ring that they are in one by one, and one
        # that goes before the stack leaves that with a pointer to nothing. What holds them here the collector does not
        # see, and it ends with the stack.
        self._steps: list[_Edit] = []
        self._undo_stack.destroyed.connect(lambda _, steps=self._steps: steps.clear())

    @property
    def probe(self) -> Probe:
        return self._probe

    @property
    def undo_stack(self) -> QUndoStack:
        """For the window's undo and redo actions."""
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
        step, index = _Edit(self, self._probe, probe, text, merge), self._undo_stack.index()
        self._undo_stack.push(step)
        self._steps[index:] = [step]
        del self._steps[self._undo_stack.count() :]  # it was merged, or took the one before it back
        return True

    def set_field(self, name: str, value: ConfigValue, text: str = "", merge: str = "") -> bool:
        """`edit` one field of the container config. Raises KeyError for a name that Docker does not have."""
        if name not in ContainerConfig.model_fields:
            raise KeyError(name)
        config = self._probe.config.model_copy(update={name: value})
        return self.edit(self._probe.model_copy(update={"config": config}), text or f"Edit {name}", merge)

    def end_merge(self) -> None:
        """Close the step that is being typed: what follows is a step of its own, whatever its key."""
        last = self._undo_stack.command(self._undo_stack.index() - 1)
        if isinstance(last, _Edit):
            last.closed = True

    def load(self, probe: Probe) -> None:
        """Start anew from a probe, with nothing to undo."""
        self.forget_steps()
        self._set(probe)
        self.loaded.emit(probe)

    def forget_steps(self) -> None:
        """Leave nothing to undo."""
        self._undo_stack.clear()
        self._steps.clear()

    def _set(self, probe: Probe) -> None:
        if probe != self._probe:
            self._probe = probe
            self.probe_changed.emit(probe)


class _Edit(QUndoCommand):
    """From one probe to another. Both are frozen, so the step holds them whole; the document holds the step."""

    def __init__(self, document: ProbeDocument, before: Probe, after: Probe, text: str, merge: str) -> None:
        super().__init__(text)
        self._document = weakref.ref(document)
        self._before = before
        self._after = after
        self._merge = merge
        self.closed = False

    def id(self) -> int:
        return _MERGING if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._merge != self._merge or self.closed:
            return False
        self._after = other._after
        # Typed and taken back: there is nothing left to undo.
        self.setObsolete(self._before == self._after)
        return True

    def undo(self) -> None:
        self._show(self._before)

    def redo(self) -> None:
        self._show(self._after)

    def _show(self, probe: Probe) -> None:
        document = self._document()
        if document is not None:
            document._set(probe)
