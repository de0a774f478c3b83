"""The program with a window, from start to exit status.

Qt is imported within functions, so that its absence can be reported.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from cacheview.faults import EXIT_FAULT, EXIT_INTERRUPTED, EXIT_UNUSABLE
from cacheview.output import OutputError, complain
from cacheview.ui.fault_watch import FaultWatch
from cacheview.ui.names import DEMO, ENGINE
from cacheview.ui.startup import explain_import_error, explain_no_plugin, missing_display
from cacheview.ui.window_size import first_size

if TYPE_CHECKING:
    from PySide6.QtCore import QtMsgType
    from PySide6.QtWidgets import QApplication

    from cacheview.ui.replay.dock import Replays
    from cacheview.ui.window import MainWindow

__all__ = ["end_process", "message_printer", "run_window"]

_SWITCH_INTERVAL_SECONDS: Final = 0.0001  # that a Python thread may run while another waits
_LOAD_DELAY_MS: Final = 500  # after a store was opened, so that it is drawn first
# Platforms that draw to memory. They warn about everything that only a window on a screen has, such as size hints.
_PLATFORMS_WITHOUT_SCREEN: Final = ("offscreen", "minimal")


def run_window(
    store: str | None,
    *,
    rules: str | None = None,
    screenshot: Path | None = None,
    size: tuple[int, int] | None = None,
    scheme: Literal["light", "dark"] | None = None,
    replay: tuple[str, str] | None = None,
    settings: Path | None = None,
    with_traceback: bool = False,
    on_shown: Callable[[], None] | None = None,
) -> int:
    """Open the window, and end the program with its exit status when the window is closed.

    Args:
        store: a location to open; None: the engine of the current context if it answers, otherwise the bundled demo. A
            screenshot then shows the demo, which does not depend on the machine.
        rules: name of the rule set to start with; None: the one that the store reports.
        screenshot: a PNG to draw the window to, off screen, once the store is shown. The exit status is 0, or 2 if the
            store cannot be opened or the file cannot be written.
        size: size of the window, in logical pixels.
        scheme: the color scheme; None: that of the system.
        replay: a context folder or a Dockerfile to replay once the store is shown, and the name of the Dockerfile in
            the folder (empty: the usual one). A screenshot is drawn once the steps are shown.
        settings: an ini file instead of the user's own settings.
        with_traceback: whether to print the traceback of an unexpected exception.
        on_shown: called once the window has been painted.

    If there is no display, or the system lacks a library that Qt needs, a one-line message is printed to stderr, and 2
    is returned.
    """
    if screenshot is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    else:
        problem = missing_display(os.environ)
        if problem:
            return _refuse(problem)
    # Nothing that is created during the start is garbage, and collection would take a tenth of the time.
    gc.disable()
    # A thread that reads a store should not delay every step of the window's drawing.
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    try:
        app = _application()
    except ImportError as error:
        return _refuse(explain_import_error(error))

    from cacheview.ui.appearance import apply_look
    from cacheview.ui.settings import Settings
    from cacheview.ui.window import MainWindow

    # A screenshot must not depend on the last session, nor change it.
    stored_settings = Settings(settings, forgetful=screenshot is not None and settings is None)
    apply_look(app, stored_settings, scheme or "")
    window = MainWindow(stored_settings, rules=rules or "")
    if size is not None:
        window.resize(*size)
    elif screenshot is None and stored_settings.geometry is None:
        window.resize(*first_size(window.screen().availableSize().toTuple()))
    faults = FaultWatch(window, with_traceback=with_traceback)
    location = store or (DEMO if screenshot is not None else "")
    window.center.announce(location or ENGINE)
    if on_shown is not None:
        window.first_painted.connect(on_shown)
    window.first_painted.connect(lambda: _begin(app, window, location))
    status = [0]

    def shown(succeeded: bool) -> None:
        if screenshot is not None:
            status[0] = _draw(app, window, screenshot, succeeded=succeeded)

    if replay is not None:
        _replay_when_open(window, replay, shown)
    else:
        window.settled.connect(shown)
    if screenshot is None:
        _load_docks_when_open(window)
    window.show()
    interrupted = app.exec()
    window.close()
    return end_process(EXIT_FAULT if faults.any else interrupted or status[0])


def end_process(status: int) -> NoReturn:
    """End the process immediately, whatever its threads are doing: the files that they write are complete or missing.

    The interpreter's own shutdown would wait for some threads. It would also destroy the remaining Qt objects in any
    order, which crashed one time in five on a busy machine.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OutputError):
            stream.flush()
    os._exit(status)


def _end_on_interrupt(app: QApplication) -> None:
    """Close the window on Ctrl+C in its terminal, which Qt's event loop would notice only with the next event."""
    import signal
    import socket

    from PySide6.QtCore import QSocketNotifier

    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read, app)
    # Both sockets live as long as the slot, which refers to them.
    notifier.activated.connect(lambda: (reader.recv(64), writer))
    signal.signal(signal.SIGINT, lambda *_: app.exit(EXIT_INTERRUPTED))


def _begin(app: QApplication, window: MainWindow, location: str) -> None:
    """Start the work that the first paint need not wait for."""
    # Qt's classes are created on first use. While a large one is created, another thread may see it incomplete.
    from PySide6.QtCore import Qt  # noqa: F401
    from PySide6.QtWidgets import QComboBox, QStyle  # noqa: F401

    from cacheview.collector import freeze
    from cacheview.ui.icons import app_icon

    _end_on_interrupt(app)
    freeze()
    gc.enable()
    app.setWindowIcon(app_icon())
    if location:
        window.open(location)
    else:
        window.begin()


def _replay_when_open(window: MainWindow, replay: tuple[str, str], shown: Callable[[bool], None]) -> None:
    """Replay a Dockerfile in the first store that is opened, then report that everything is shown."""
    from cacheview.ui.docks import REPLAY

    def opened(succeeded: bool) -> None:
        window.settled.disconnect(opened)
        if not succeeded:
            shown(False)
            return
        window.docks.use(REPLAY, open_build)

    def open_build(replays: Replays) -> None:
        replays.pane.settled.connect(lambda: shown(True))
        replays.open(*replay)

    window.settled.connect(opened)


def _load_docks_when_open(window: MainWindow) -> None:
    """Import the modules of docks in the background once a store has been shown, so that opening a dock is quick."""
    from PySide6.QtCore import QTimer

    from cacheview.ui.docks import load_docks
    from cacheview.ui.pacing import Pacer, time_of_this_thread

    pause = Pacer(time_of_this_thread()).begin
    load = threading.Thread(target=load_docks, args=(pause,), daemon=True, name="load-docks")

    def opened(_succeeded: bool) -> None:
        window.settled.disconnect(opened)
        QTimer.singleShot(_LOAD_DELAY_MS, load.start)

    window.settled.connect(opened)


def _application() -> QApplication:
    """Return the application. Raises ImportError if Qt cannot be loaded."""
    from PySide6.QtCore import QCoreApplication, QLibraryInfo, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from cacheview.ui.theme import styled_application

    messages: list[str] = []

    def note(kind: QtMsgType, _context: object, text: str | None) -> None:
        message = text or ""
        if kind is QtMsgType.QtFatalMsg:
            # Qt is about to abort with a crash report and pages of text. This message says the same in one line.
            plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
            sys.stderr.write(f"cacheview: {explain_no_plugin(plugins, os.environ, ' '.join(messages) or message)}\n")
            end_process(EXIT_UNUSABLE)
        messages.append(message)

    qInstallMessageHandler(note)
    app = styled_application(sys.argv[:1])
    qInstallMessageHandler(message_printer(QApplication.platformName()))
    QCoreApplication.setOrganizationName("cacheview")
    QCoreApplication.setApplicationName("cacheview")
    QApplication.setApplicationDisplayName("cacheview")
    QApplication.setDesktopFileName("org.cacheview.cacheview")
    return app


def message_printer(platform: str) -> Callable[[QtMsgType, object, str | None], None]:
    """Return a handler that prints Qt's messages to stderr; without a screen, only those that are critical."""
    from PySide6.QtCore import QtMsgType

    has_screen = platform not in _PLATFORMS_WITHOUT_SCREEN

    def print_message(kind: QtMsgType, _context: object, text: str | None) -> None:
        if text and (has_screen or kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)):
            sys.stderr.write(f"{text}\n")

    return print_message


def _draw(app: QApplication, window: MainWindow, file: Path, *, succeeded: bool) -> int:
    """Write the screenshot and end the program. Returns the exit status."""
    from PySide6.QtCore import QBuffer

    app.processEvents()  # paints everything that was laid out for the new store
    window.center.paint_panes_now()  # they may delay painting
    drawn = QBuffer()
    window.grab().save(drawn, "PNG")
    app.exit()
    try:
        file.write_bytes(drawn.data().data())  # Qt does not support file names that are not UTF-8
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _refuse(f"{file}: cannot be written: {why}. Choose another path for --screenshot")
    return 0 if succeeded else _refuse(window.center.last_error)


def _refuse(why: str) -> int:
    complain(why)
    return EXIT_UNUSABLE
