"""In a large store, the smallest edit and hazards appear after the answer: announced first, dropped if outdated."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from cacheview.engine import RULE_SETS, Explanation, FurtherFindings, ImageCache, explain
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.model.effort import go_on
from cacheview.ui.further import FurtherSearch
from cacheview.ui.loading import end_all
from cacheview.ui.verdict.pane import VerdictPane

PARENT = "sha256:" + "a" * 64
LARGE, MEDIUM, SMALL = 100_000, 10_000, 10
LOOKING = "Looking for hazards and the smallest edit…"


class Slow:
    """A search that ends when the test allows it and can be stopped."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.threads: list[str] = []
        self.further = FurtherFindings(self.look)

    def look(self) -> tuple[None, tuple[()]]:
        go_on()
        self.threads.append(threading.current_thread().name)
        while not self.ended.wait(0.001):
            go_on()
        return None, ()


@pytest.fixture
def look() -> Iterator[FurtherSearch]:
    look = FurtherSearch()
    yield look
    end_all(look)


def test_a_small_store_is_searched_immediately(look: FurtherSearch) -> None:
    slow = Slow()
    slow.ended.set()
    look.look(slow.further, SMALL)
    assert slow.further.is_found


def test_a_quick_search_among_thousands_of_images_ends_at_once(look: FurtherSearch) -> None:
    slow = Slow()
    slow.ended.set()
    look.look(slow.further, MEDIUM)
    assert slow.further.is_found


def test_a_large_store_is_searched_in_another_thread(look: FurtherSearch, qtbot: QtBot) -> None:
    slow = Slow()
    slow.ended.set()
    with qtbot.waitSignal(look.ended):
        look.look(slow.further, LARGE)
    assert slow.further.is_found
    assert threading.current_thread().name not in slow.threads


def test_what_takes_longer_goes_on_in_another_thread(look: FurtherSearch, qtbot: QtBot) -> None:
    slow = Slow()
    look.look(slow.further, MEDIUM)
    assert not slow.further.is_found
    with qtbot.waitSignal(look.ended):
        slow.ended.set()
    assert slow.further.is_found
    assert slow.threads[-1] != threading.current_thread().name


def test_a_search_for_an_older_answer_is_stopped_without_a_signal(look: FurtherSearch, qtbot: QtBot) -> None:
    older, newer = Slow(), Slow()
    look.look(older.further, LARGE)
    look.look(newer.further, LARGE)
    ends: list[bool] = []
    look.ended.connect(lambda: ends.append(newer.further.is_found))
    with qtbot.waitSignal(look.ended):
        newer.ended.set()
    assert ends == [True]
    assert not older.further.is_found


def shown(pane: VerdictPane) -> list[str]:
    """The visible texts of the banner."""
    return [label.text() for label in pane.banner.findChildren(QLabel) if label.isVisible()]


def explanations() -> tuple[Explanation, Explanation]:
    """A miss that one edit turns into a hit: the complete explanation, and one whose edit is still being searched."""
    images = (
        Image(id=PARENT, names=("docker.io/library/base:1",), from_scratch=True, config=ImageConfig()),
        Image(
            id="sha256:" + "b" * 64,
            parent=PARENT,
            config=ImageConfig(created=Timestamp(1, 0, None), container_config=ContainerConfig(User="root")),
        ),
    )
    probe = Probe(parent=PARENT, config=ContainerConfig(User="nobody"))
    cache = ImageCache(ImageStore(images), RULE_SETS["containerd-71ebfc7"])
    return explain(cache, probe), explain(cache, probe, at_once=False)


@pytest.mark.looks
def test_the_verdict_is_shown_and_the_edit_is_marked_as_coming_after_a_moment(qtbot: QtBot) -> None:
    whole, coming = explanations()
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.resize(700, 800)
    pane.show()
    pane.show_explanation(whole)
    offered = pane.banner.edit_button.text()
    pane.show_explanation(coming)
    assert "MISS" in pane.banner.text
    assert "User" in pane.banner.reason
    assert pane.banner.edit_button.isVisible()  # the previous one stays briefly, to avoid flicker
    assert LOOKING not in shown(pane)
    with qtbot.assertNotEmitted(pane.edit_requested):
        pane.banner.edit_button.click()
    qtbot.waitUntil(lambda: LOOKING in shown(pane))
    assert not pane.banner.edit_button.isVisible()
    height = pane.banner.height()
    coming.further.find()
    pane.show_further()
    assert LOOKING not in shown(pane)
    assert pane.banner.edit_button.text() == offered
    assert pane.banner.height() == height
    with qtbot.waitSignal(pane.edit_requested) as signal:
        pane.banner.edit_button.click()
    assert signal.args == [whole.edit]


def test_a_copy_requested_early_waits_for_the_full_explanation(qtbot: QtBot, qapp: QApplication) -> None:
    whole, coming = explanations()
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.show_explanation(coming)
    qapp.clipboard().setText("before")
    pane.banner.copy_requested.emit("text")
    assert qapp.clipboard().text() == "before"
    coming.further.find()
    with qtbot.waitSignal(pane.copied):
        pane.show_further()
    assert whole.sentence in qapp.clipboard().text()
