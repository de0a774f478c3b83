"""Wait timeouts for tests with windows that suit slow machines too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import SignalInstance
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import MultiSignalBlocker, SignalBlocker

__all__ = ["PATIENCE", "PatientBot"]

PATIENCE: Final = 20_000
"""Milliseconds. What a test waits for comes at once on a quiet machine, but on a busy one a process may have to wait
more than five seconds for its turn."""


class PatientBot(QtBot):
    """Waits up to `PATIENCE` unless a test says otherwise."""

    def waitSignal(self, signal: SignalInstance, *, timeout: int = PATIENCE, **how: Any) -> SignalBlocker:
        return super().waitSignal(signal, timeout=timeout, **how)

    def waitSignals(self, signals: list[SignalInstance], *, timeout: int = PATIENCE, **how: Any) -> MultiSignalBlocker:
        return super().waitSignals(signals, timeout=timeout, **how)

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE) -> None:
        super().waitUntil(callback, timeout=timeout)
