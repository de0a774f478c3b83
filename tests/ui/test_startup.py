"""Starting the program without a display or a system library, and which modules are loaded after the first paint."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from forked import DOCKS, run_forked

from cacheview.ui.app import message_printer
from cacheview.ui.startup import explain_import_error, explain_no_plugin, missing_display

SAMPLES = Path(__file__).parents[1] / "data" / "samples"


def run(code: str, tmp_path: Path, *, loaded: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in its own process without a display. ``loaded``: Qt and the window are imported beforehand."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("QT_QPA_PLATFORM", None)
    kept["PYTHONPATH"] = str(Path(__file__).parents[2])
    kept["XDG_CONFIG_HOME"] = str(tmp_path)  # so that the settings of the person who runs the tests are not touched
    reported = f"import sys\nfrom pathlib import Path\nfrom cacheview.ui.app import run_window\n{code}"
    if loaded:
        return run_forked(reported, modules=DOCKS, environment=kept | environment)
    return subprocess.run(
        [sys.executable, "-c", reported],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=kept | environment,
    )


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays as on Linux")


@linux
def test_no_display(tmp_path: Path) -> None:
    ended = run("sys.exit(run_window(None))", tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("cacheview: no display: ")
    assert ended.stderr.count("\n") == 1
    for help_ in ("DISPLAY", "--screenshot", "cacheview explain", "QT_QPA_PLATFORM"):
        assert help_ in ended.stderr


@linux
def test_a_display_that_cannot_be_used(tmp_path: Path) -> None:
    ended = run("sys.exit(run_window(None))", tmp_path, DISPLAY=":987")
    assert ended.returncode == 2
    assert ended.stderr.startswith("cacheview: ")
    assert ended.stderr.count("\n") == 1
    assert ":987" in ended.stderr or "system library" in ended.stderr


@linux
def test_an_unknown_qt_platform_is_an_error_listing_the_available_ones(tmp_path: Path) -> None:
    ended = run("sys.exit(run_window(None))", tmp_path, QT_QPA_PLATFORM="paper")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "'paper'" in ended.stderr
    assert "offscreen" in ended.stderr


def test_a_library_that_is_missing(tmp_path: Path) -> None:
    """The import error of PySide6 comes from the dynamic loader."""
    block = (
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'PySide6.QtWidgets':\n"
        "            raise ImportError('libEGL.so.1: cannot open shared object file: No such file or directory')\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    ended = run(block + "sys.exit(run_window(None, screenshot=Path('x.png')))", tmp_path)
    assert ended.returncode == 2
    assert "libEGL.so.1" in ended.stderr
    assert "apt install libegl1" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_words_for_import_errors() -> None:
    assert "pip install PySide6-Essentials" in explain_import_error(ModuleNotFoundError("no", name="PySide6"))
    assert "libsomething.so.7" in explain_import_error(ImportError("libsomething.so.7: cannot open shared object file"))
    assert "undefined symbol" in explain_import_error(ImportError("undefined symbol: x"))


def test_displays() -> None:
    assert missing_display({}, "linux")
    assert missing_display({"DISPLAY": ""}, "linux")
    assert not missing_display({"DISPLAY": ":0"}, "linux")
    assert not missing_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert not missing_display({"QT_QPA_PLATFORM": "vnc"}, "linux")
    assert not missing_display({}, "darwin")
    assert not missing_display({}, "win32")


def test_plugin_whose_libraries_are_missing(tmp_path: Path) -> None:
    (tmp_path / "libqxcb.so").write_bytes(b"not a library")
    reported = explain_no_plugin(tmp_path, {"DISPLAY": ":5"}, "could not\n connect")
    assert "':5'" in reported
    assert "could not connect" in reported


def test_importing_the_launcher_does_not_load_qt_or_pydantic(tmp_path: Path) -> None:
    ended = run("print([name for name in sys.modules if name.startswith(('PySide6', 'pydantic'))])", tmp_path)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screenshot(tmp_path: Path, scheme: str) -> None:
    from PySide6.QtGui import QImage

    store = SAMPLES / "28.5.2-gd" / "save-chain.tar.gz"
    file = tmp_path / os.fsdecode(b"window-\xff.png")
    ended = run(
        f"sys.exit(run_window({str(store)!r}, screenshot=Path({str(file)!r}), size=(1366, 768), scheme={scheme!r}))",
        tmp_path,
        loaded=True,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    picture = QImage.fromData(file.read_bytes())
    assert (picture.width(), picture.height()) == (1366, 768)
    middle = picture.pixelColor(683, 760).lightness()
    assert (middle > 200) == (scheme == "light")
    assert list(tmp_path.iterdir()) == [file]  # no settings, no lock, nothing else


def test_a_screenshot_prints_only_critical_messages_of_qt(tmp_path: Path) -> None:
    report = "lambda: (qWarning('a warning'), qCritical('a failure'))"
    ended = run(
        "from PySide6.QtCore import qCritical, qWarning\n"
        f"sys.exit(run_window('demo:', screenshot=Path({str(tmp_path / 'x.png')!r}), on_shown={report}))",
        tmp_path,
        loaded=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "a failure\n")


@pytest.mark.parametrize(
    ("platform", "printed"),
    [("offscreen", ["critical"]), ("minimal", ["critical"]), ("xcb", ["debug", "info", "warning", "critical"])],
)
def test_messages_of_qt(platform: str, printed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from PySide6.QtCore import QtMsgType

    print_message = message_printer(platform)
    print_message(QtMsgType.QtDebugMsg, None, "debug")
    print_message(QtMsgType.QtInfoMsg, None, "info")
    print_message(QtMsgType.QtWarningMsg, None, "warning")
    print_message(QtMsgType.QtCriticalMsg, None, "critical")
    print_message(QtMsgType.QtCriticalMsg, None, None)
    assert capsys.readouterr().err.splitlines() == printed


def test_screenshot_of_what_cannot_be_opened(tmp_path: Path) -> None:
    file = tmp_path / "window.png"
    ended = run(f"sys.exit(run_window('/no/such/file', screenshot=Path({str(file)!r})))", tmp_path, loaded=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("cacheview: /no/such/file")
    assert file.read_bytes().startswith(b"\x89PNG")


def test_screenshot_that_cannot_be_written(tmp_path: Path) -> None:
    ended = run("sys.exit(run_window('demo:', screenshot=Path('/no/such/folder/x.png')))", tmp_path, loaded=True)
    assert ended.returncode == 2
    assert "/no/such/folder/x.png" in ended.stderr


def test_unknown_rules(tmp_path: Path) -> None:
    file = tmp_path / "window.png"
    ended = run(f"sys.exit(run_window('demo:', rules='moby 0', screenshot=Path({str(file)!r})))", tmp_path, loaded=True)
    assert ended.returncode == 2
    assert "no rule set 'moby 0'" in ended.stderr


UNTIL_LOADED = """
def shown():
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    app = QApplication.instance()
    looking = QTimer(app)
    looking.timeout.connect(lambda: "cacheview.ui.replay.dock" in sys.modules and app.quit())
    looking.start(20)
sys.exit(run_window("demo:", on_shown=shown))
"""


def test_docks_are_loaded_before_one_is_asked_for(tmp_path: Path) -> None:
    ended = run(UNTIL_LOADED, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert (ended.returncode, ended.stderr) == (0, "")


WITH_THE_FIRST_PAINT = """
def shown():
    import PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets
    late = ("pydantic", "grpc", "docker", "psutil", "dataclasses", "cacheview.engine", "cacheview.ui.loading")
    found = [name for name in late if name in sys.modules]
    if "_colorize" in sys.modules:  # since Python 3.14, its own module for tracebacks imports dataclasses
        found.remove("dataclasses")
    found += [name for name in ("Qt",) if name in vars(PySide6.QtCore)]
    found += [name for name in ("QStyle", "QComboBox") if name in vars(PySide6.QtWidgets)]
    found += [name for name in ("QTouchEvent",) if name in vars(PySide6.QtGui)]  # one of all events
    print(found, flush=True)
    os._exit(0)
import os
run_window("demo:", settings=Path(os.environ["SETTINGS"]), on_shown=shown)
"""


def test_the_first_paint_does_not_load_slow_classes(tmp_path: Path) -> None:
    """Qt's classes are created when their names are first used; those with many enums take longest."""
    assert (
        run(WITH_THE_FIRST_PAINT, tmp_path, QT_QPA_PLATFORM="offscreen", SETTINGS=str(tmp_path / "settings.ini")).stdout
        == "[]\n"
    )


KEYS_AFTER_THE_FIRST_PAINT = """
def shown():
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication
    (window,) = (each for each in QApplication.topLevelWidgets() if each.isVisible())
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    print(type(QApplication.activeModalWidget()).__name__, flush=True)
    QApplication.activeModalWidget().reject()
    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
sys.exit(run_window("demo:", on_shown=shown))
"""


def test_no_key_is_lost_after_the_first_paint(tmp_path: Path) -> None:
    ended = run(KEYS_AFTER_THE_FIRST_PAINT, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ByNameDialog\n", "")


SIZE_OF_SCREEN_AND_WINDOW = """
def shown():
    from PySide6.QtWidgets import QApplication
    app = QApplication.instance()
    (window,) = (each for each in app.topLevelWidgets() if each.isVisible())
    print(*window.screen().availableSize().toTuple(), *window.size().toTuple())
    app.quit()
sys.exit(run_window("demo:", on_shown=shown))
"""


def test_a_small_screen_has_room_for_the_window(tmp_path: Path) -> None:
    ended = run(SIZE_OF_SCREEN_AND_WINDOW, tmp_path, loaded=True, QT_QPA_PLATFORM="offscreen")
    width, height, own_width, own_height = map(int, ended.stdout.split())
    assert width < 1320, "the screen must be smaller than the window's usual size"
    assert own_width <= width
    assert own_height < height
