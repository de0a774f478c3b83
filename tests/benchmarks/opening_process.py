"""A process that opens a store, and prints how much memory it takes.

python tests/benchmarks/opening_process.py command|window LOCATION SMALL prints bytes: with the small store, with the
large one after opening and after an answer, and the most at any time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psutil

from cacheview.model import SCRATCH, ImageStore, Probe

_REST = 2000  # milliseconds


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _probe(store: ImageStore) -> Probe:
    """Return a probe that misses among the candidates of the parent that most images are built on."""
    parent = max(store.children, key=lambda parent: (len(store.children[parent]), parent != SCRATCH))
    made_by = store.children[parent][0].config.container_config
    assert made_by is not None
    return Probe(parent=parent, config=made_by.model_copy(update={"User": "nobody", "Cmd": ("a", "b", "c", "d")}))


def _command(location: str, small: str) -> list[int]:
    from cacheview.cases import daemon_known
    from cacheview.collector import rare_searches
    from cacheview.engine import ImageCache, explain
    from cacheview.stores.open import open_store

    taken = []
    with rare_searches():
        for where in (small, location):
            opened = open_store(where)
            assert not opened.problems, opened.problems[0]
            case = opened.cases[0]
            taken.append(_resident())
            explanation = explain(ImageCache(case.store, daemon_known(case).rules), _probe(case.store))
            list(explanation.nearest())
            taken.append(_resident())
            assert explanation.sentence
    return taken[1:]


def _window(location: str, small: str) -> list[int]:
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from cacheview.collector import freeze
    from cacheview.ui.settings import Settings
    from cacheview.ui.theme import apply_theme
    from cacheview.ui.window import MainWindow

    app = QApplication([])
    apply_theme(app)
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Settings(Path(folder) / "settings.ini"))
        window.show()
        app.processEvents()
        freeze()
        loop = QEventLoop()
        window.settled.connect(lambda _: QTimer.singleShot(_REST, loop.quit))
        taken = []
        for where in (small, location):
            window.open(where)
            loop.exec()
            taken.append(_resident())
            assert window.session is not None
            window.session.document.edit(_probe(window.session.store), "Edit")
            QTimer.singleShot(5 * _REST, loop.quit)
            loop.exec()
            taken.append(_resident())
        window.close()
    return taken[1:]


if __name__ == "__main__":
    how, location, small = sys.argv[1:]
    taken = (_window if how == "window" else _command)(location, small)
    print(*taken, _peak())
