"""Work in another thread: progress, canceling, errors, and late results."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from cacheview.model import DataError
from cacheview.ui import loading
from cacheview.ui.loading import Loader, Report


@pytest.fixture
def loader(qapp: object) -> Iterator[Loader]:
    loader = Loader()
    yield loader
    loader.close()


class Gate:
    """Work that waits in its thread until it is released."""

    def __init__(self, result: object) -> None:
        self.result = result
        self.begun = threading.Event()
        self.open = threading.Event()
        self.thread: object = None

    def __call__(self, report: Report) -> object:
        self.thread = QThread.currentThread()
        self.begun.set()
        while not self.open.wait(0.001):
            report(1, 10, "waiting")
        report(10, 10, "done")
        return self.result


def test_result(loader: Loader, qtbot: QtBot) -> None:
    order: list[str] = []
    for name in ("started", "succeeded", "finished"):
        getattr(loader, name).connect(lambda *_, name=name: order.append(name))
    with qtbot.waitSignals([loader.succeeded, loader.finished]):
        loader.start(lambda _: 42)
        assert loader.is_busy
    assert order == ["started", "succeeded", "finished"]
    assert not loader.is_busy


def test_work_runs_in_another_thread_and_is_reported_in_this_one(loader: Loader, qtbot: QtBot) -> None:
    gate = Gate("found")
    gate.open.set()
    reported_in: list[object] = []
    loader.succeeded.connect(lambda _: reported_in.append(QThread.currentThread()))
    with qtbot.waitSignal(loader.succeeded) as printed:
        loader.start(gate)
    assert printed.args == ["found"]
    assert reported_in == [QThread.currentThread()]
    assert gate.thread != QThread.currentThread()


@pytest.fixture
def collecting() -> Iterator[None]:
    """Enables automatic garbage collection, which is off in other tests of windows."""
    gc.enable()
    yield
    gc.disable()


@pytest.mark.usefixtures("collecting")
def test_garbage_collection_is_paused_during_work(loader: Loader, qtbot: QtBot) -> None:
    with qtbot.waitSignal(loader.succeeded) as printed:
        loader.start(lambda _: gc.isenabled())
    assert printed.args == [False]
    loader.close()
    assert gc.isenabled()


def test_progress(loader: Loader, qtbot: QtBot) -> None:
    def work(report: Report) -> None:
        for done in range(100_000):
            report(done, None, "counting")
        report(7, 7, "the end")

    reports: list[tuple[object, object, str]] = []
    loader.progressed.connect(lambda *reported: reports.append(reported))
    with qtbot.waitSignal(loader.succeeded, timeout=10000):
        loader.start(work)
    assert reports[0] == (0, None, "counting")
    assert reports[-1] == (7, 7, "the end")
    assert len(reports) < 200  # of 100,001: reports that nobody could see are skipped


def test_error(loader: Loader, qtbot: QtBot) -> None:
    def work(report: Report) -> None:
        raise ValueError("it is <b>bad</b>")

    # An error that the data did not cause is a fault, and is handled like faults of the UI thread.
    failed: list[object] = []
    loader.failed.connect(failed.append)
    with qtbot.captureExceptions() as faults, qtbot.waitSignal(loader.finished):
        loader.start(work)
    assert [type(error) for error in failed] == [ValueError]
    assert [kind for kind, *_ in faults] == [ValueError]
    assert not loader.is_busy


def test_a_nonfatal_fault_is_reported_and_the_work_continues(loader: Loader, qtbot: QtBot) -> None:
    def work(report: Report) -> int:
        report.fault(ZeroDivisionError("on the way"))
        return 42

    with qtbot.captureExceptions() as faults, qtbot.waitSignal(loader.succeeded) as printed:
        loader.start(work)
    assert printed.args == [42]
    assert [str(fault) for _, fault, _ in faults] == ["on the way"]


def test_unreadable_data_is_reported_as_a_failure_and_not_a_fault(loader: Loader, qtbot: QtBot) -> None:
    def work(report: Report) -> None:
        raise DataError("it is damaged")

    with qtbot.waitSignal(loader.failed) as printed:
        loader.start(work)
    assert str(printed.args[0]) == "it is damaged"


def test_closing_waits_only_once_for_a_hanging_thread(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_CLOSE_SECONDS", 0.05)
    begun, go_on = threading.Event(), threading.Event()

    def hangs(report: Report) -> None:
        begun.set()
        go_on.wait(60)

    loader.start(hangs)
    assert begun.wait(5)
    at = time.monotonic()
    loader.close()
    loader.close()
    assert time.monotonic() - at < 10
    go_on.set()


def test_all_threads_of_a_window_are_stopped_together(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_CLOSE_SECONDS", 0.05)
    window = QObject()
    pane = QObject(window)
    begun, go_on = threading.Semaphore(0), threading.Event()
    ended: list[str] = []

    def hears(report: Report) -> None:
        begun.release()
        try:
            while True:
                report(0, None, "working")
        finally:
            ended.append("told")

    def hangs(report: Report) -> None:
        begun.release()
        go_on.wait(60)
        report(0, None, "")
        ended.append("never")

    for parent, work in ((window, hears), (pane, hangs), (pane, hears)):
        Loader(parent).start(work)
    for _ in range(3):
        assert begun.acquire(timeout=5)
    threads = [thread for thread in threading.enumerate() if thread.name == "loader"]
    loading.end_all(window)
    for thread in threads:
        if len(ended) < 2:
            thread.join(1)
    assert ended == ["told", "told"]
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert ended == ["told", "told"]


def test_cancel_stops_the_work(loader: Loader, qtbot: QtBot) -> None:
    gate = Gate("never")
    results: list[object] = []
    loader.succeeded.connect(results.append)
    loader.start(gate)
    assert gate.begun.wait(5)
    with qtbot.waitSignals([loader.canceled, loader.finished]):
        loader.cancel()
    assert not loader.is_busy
    loader.close()  # returns only because the thread has ended, although the gate is still closed
    assert results == []


def test_work_cannot_suppress_its_cancellation(loader: Loader) -> None:
    went_on = threading.Event()
    begun = threading.Event()

    def work(report: Report) -> None:
        while True:
            begun.set()
            try:
                report(0, None, "")
            except Exception:
                went_on.set()

    loader.start(work)
    assert begun.wait(5)
    loader.cancel()
    loader.close()
    assert not went_on.is_set()


def test_what_is_committed_is_not_canceled(loader: Loader, qtbot: QtBot) -> None:
    committed, proceed, canceled = threading.Event(), threading.Event(), []
    loader.canceled.connect(lambda: canceled.append(True))

    def work(report: Report) -> str:
        report.commit()
        committed.set()
        proceed.wait(5)
        return "written"

    with qtbot.waitSignal(loader.succeeded) as blocker:
        loader.start(work)
        assert committed.wait(5)
        loader.cancel()
        proceed.set()
    assert blocker.args == ["written"]
    assert not canceled


def test_what_was_canceled_is_not_committed(loader: Loader) -> None:
    begun, proceed, committed = threading.Event(), threading.Event(), threading.Event()

    def work(report: Report) -> None:
        begun.set()
        proceed.wait(5)
        report.commit()
        committed.set()

    loader.start(work)
    assert begun.wait(5)
    loader.cancel()
    proceed.set()
    loader.close()
    assert not committed.is_set()


def test_late_result_is_dropped(loader: Loader, qtbot: QtBot) -> None:
    results: list[object] = []
    loader.succeeded.connect(results.append)
    old, new = Gate("old"), Gate("new")
    loader.start(old)
    assert old.begun.wait(5)
    loader.start(new)
    old.open.set()  # it may end before it notices that it was canceled
    new.open.set()
    with qtbot.waitSignal(loader.finished):
        pass
    loader.close()
    qtbot.wait(1)
    assert results == ["new"]


def test_late_error_is_dropped(loader: Loader, qtbot: QtBot) -> None:
    errors: list[object] = []
    loader.failed.connect(errors.append)
    proceed = threading.Event()

    def fails(report: Report) -> None:
        proceed.wait(5)
        raise ValueError("late")

    loader.start(fails)
    with qtbot.waitSignal(loader.succeeded):
        loader.start(lambda _: None)
    proceed.set()
    loader.close()
    qtbot.wait(1)
    assert errors == []


def test_close_while_loading(loader: Loader, qtbot: QtBot) -> None:
    printed: list[object] = []
    for signal in (loader.succeeded, loader.failed, loader.canceled, loader.finished):
        signal.connect(lambda *args: printed.append(args))
    gate = Gate("never")
    loader.start(gate)
    assert gate.begun.wait(5)
    loader.close()
    qtbot.wait(1)
    assert printed == []
