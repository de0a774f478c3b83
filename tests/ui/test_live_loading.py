"""While a live store is being read, the tree fills, the window responds, and canceling loses nothing."""

from __future__ import annotations

from functools import partial

import pytest
from live_kit import FakeEngine, listed, make_image
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.model import ContainerConfig, DataError, ImageStore, Probe
from cacheview.stores.reading import Reading
from cacheview.ui.document import ProbeDocument
from cacheview.ui.loading import Loader, Report
from cacheview.ui.opening import first_sight
from cacheview.ui.probe.pane import ProbePane
from cacheview.ui.window import MainWindow


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    images = [make_image(1, None, "docker.io/library/base:1"), make_image(2, 1), make_image(3, 1)]
    return FakeEngine(images).install(monkeypatch)


@pytest.fixture
def window(open_window: OpenWindow, engine: FakeEngine) -> MainWindow:
    return open_window(size=(1200, 700))


def words(window: MainWindow) -> list[str]:
    nodes = window.workspace.images.model.forest.nodes if window.workspace is not None else ()
    return [f"{node.image.title} {node.image.instruction} {node.word}".strip() for node in nodes if node.image]


def begin_partly(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    """Open the store up to the point where only the list of images is known."""
    engine.go_on.clear()

    def steps(reading: Reading) -> None:
        assert reading.partial is not None
        assert reading.progress is not None
        reading.progress(0, 3, "Reading images")
        reading.partial(ImageStore(tuple(listed(image) for image in engine.images)))
        reading.progress(0, 3, "Reading images")

    engine.steps = steps
    with qtbot.waitSignal(window.opener.parted, timeout=10_000):
        window.open("engine:")
    qtbot.waitUntil(lambda: bool(words(window)), timeout=10_000)


def test_the_tree_is_there_before_the_images_are_read(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    begin_partly(window, qtbot, engine)
    assert window.session is None
    assert words(window) == ["base:1  not read", make_image(2).short_id, make_image(3).short_id]
    assert window.workspace is not None
    assert window.workspace.images.tree.isVisible()
    # There is no probe and no answer until everything is read; the progress is shown in their place.
    assert window.center.busy_page.isVisible()
    assert window.center.busy_page.title == "Opening Docker Engine"
    assert (window.center.busy_page.progress.minimum(), window.center.busy_page.progress.maximum()) == (0, 1000)
    assert window.commands.cancel.isEnabled()
    assert not window.commands.copy_text.isEnabled()
    row = window.workspace.images.tree.row_of_image(make_image(3).id)
    window.workspace.images.tree.setCurrentIndex(row)
    with qtbot.waitSignal(window.settled, timeout=10_000):
        engine.go_on.set()
    assert words(window) == ["base:1 RUN step 1", *(f"{make_image(n).short_id} RUN step {n}" for n in (2, 3))]
    assert window.session is not None
    assert window.session.answer is not None
    assert not window.center.busy_page.isVisible()
    assert window.workspace.probe.isVisible()
    assert window.workspace.verdict.isVisible()
    assert len(window.workspace.widths) == 3


def test_canceling_the_first_store(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    begin_partly(window, qtbot, engine)
    window.center.busy_page.cancel.click()
    assert window.center.start_page.isVisible()
    assert window.workspace is None
    engine.go_on.set()
    engine.steps = lambda _: None
    with qtbot.waitSignal(window.settled, timeout=10_000):
        window.open("engine:")
    assert len(words(window)) == 3


def test_an_error_in_the_middle_of_the_first_store(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    begin_partly(window, qtbot, engine)
    with qtbot.waitSignal(window.settled, timeout=10_000) as settled:
        engine.fail_after = DataError("the daemon has stopped")
        engine.go_on.set()
    assert settled.args == [False]
    assert window.center.start_page.isVisible()
    assert any("the daemon has stopped" in label.text() for label in window.center.start_page.findChildren(QLabel))


def test_what_is_open_stays_while_another_is_read(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    with qtbot.waitSignal(window.settled, timeout=10_000):
        window.open("demo:")
    assert window.session is not None
    before, shown = window.session.store, words(window)
    begin_partly(window, qtbot, engine)
    assert words(window) == shown
    qtbot.waitUntil(window.notice.isVisible)
    assert any("Opening Docker Engine…" in label.text() for label in window.notice.findChildren(QLabel))
    window.commands.cancel.trigger()
    assert window.session.store is before
    assert not window.notice.isVisible()
    engine.go_on.set()


def test_a_partial_store_contains_the_parents_of_its_images() -> None:
    chain = [make_image(number, number - 1 if number else None) for number in range(1500)]
    part = first_sight(ImageStore(tuple(reversed(chain))))
    assert part.total == 1500
    ids = {image.id for image in part.store.images}
    assert len(ids) == 1500  # the newest came first, and all others are its ancestors
    wide = [make_image(0), *(make_image(number, 0) for number in range(1, 5000))]
    part = first_sight(ImageStore(tuple(reversed(wide))))
    assert 1000 <= len(part.store.images) <= 1001
    assert wide[0].id in part.store.by_id
    assert part.total == 5000


def test_partial_results_replaced_before_they_are_shown_are_not_built(qtbot: QtBot) -> None:
    loader = Loader()
    made: list[int] = []
    shown: list[object] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    def work(report: Report) -> int:
        for number in range(2000):
            report.part(partial(make, number))
        return len(made)

    loader.parted.connect(shown.append)
    with qtbot.waitSignal(loader.succeeded, timeout=10_000):
        loader.start(work)
    loader.close()
    assert shown == made
    assert shown[0] == 0
    assert len(made) < 20


@pytest.mark.looks
def test_a_probe_pane_created_in_steps_looks_like_one_created_at_once(qtbot: QtBot) -> None:
    config = ContainerConfig(Cmd=("sh",), WorkingDir="/srv")  # with a field that is initially folded away
    pictures = []
    for later in (False, True):
        document = ProbeDocument()
        pane = ProbePane(document, later=later)
        qtbot.addWidget(pane)
        document.load(Probe(config=config))
        pieces = 0
        while pane.make_next():
            pieces += 1
        assert pieces == (8 if later else 0)  # the header with the first row, then each other row
        pane.resize(420, 700)
        pictures.append(pane.grab().toImage())
    assert pictures[0] == pictures[1]
