"""The window explains the item that is selected in the replay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from replay_kit import A, B, probe, real_build, sent_by_newer, step, write_context

from cacheview.model import Image, ImageConfig, ImageStore
from cacheview.replay.file import ReplayCase
from cacheview.replay.result import Replay, StepStatus
from cacheview.report.explanation_objects import as_object
from cacheview.report.explanations import as_text
from cacheview.ui.docks import REPLAY
from cacheview.ui.replay.build import Build
from cacheview.ui.replay.pane import ReplayPane
from cacheview.ui.replay.replayer import ReplayRequest, ReplayResult
from cacheview.ui.replay.rows import flat, rows_of
from cacheview.ui.replay.selecting import selection
from cacheview.ui.selected_item import SelectedItem
from cacheview.ui.settings import Settings
from cacheview.ui.verdict.pane import VerdictPane
from cacheview.ui.window import MainWindow

Open = Callable[[ReplayCase], None]


def verdict(window: MainWindow) -> VerdictPane:
    assert window.workspace is not None
    return window.workspace.verdict


def choose(pane: ReplayPane, number: int) -> None:
    pane.view.setCurrentIndex(pane.model.index_of(number))


@pytest.fixture
def tools(window: MainWindow, qtbot: QtBot, settings: Settings, tmp_path: Path, open_store: Open) -> ReplayPane:
    """A build in which a COPY --from is the first step with an unknown result."""
    case = real_build("tools/again")
    open_store(case)
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.docks.get(REPLAY).open(str(sent_by_newer(settings, write_context(case, tmp_path / "tools"))))
    return pane


def test_a_selected_step_without_a_probe_shows_the_reason(window: MainWindow, tools: ReplayPane) -> None:
    assert tools.strip.texts[0].startswith("UNKNOWN: step 5 ")
    pane = verdict(window)
    assert pane.trace.explanation is None
    assert pane.nothing[0] == "Step 5 has no probe"
    assert "a suite has no layers" in pane.nothing[1]
    assert window.session is not None
    assert window.session.answer is None
    assert not window.commands.apply.isEnabled()
    assert window.workspace is not None
    assert window.workspace.images.model.marks is None


def test_a_step_without_a_probe_replaces_the_verdict(window: MainWindow, tools: ReplayPane) -> None:
    choose(tools, 2)
    assert verdict(window).trace.explanation is not None
    assert verdict(window).subject.text == "Step 2"
    choose(tools, 1)
    assert verdict(window).nothing[0] == "Step 1 has no probe"
    assert "never" in verdict(window).nothing[1]
    choose(tools, 2)  # the probe still exists: it has not been edited
    assert verdict(window).trace.explanation is not None


def test_editing_the_probe_leaves_a_step_without_a_probe(window: MainWindow, tools: ReplayPane, qtbot: QtBot) -> None:
    assert window.session is not None
    window.session.document.set_field("User", "me")
    pane = verdict(window)
    assert pane.trace.explanation is not None
    assert pane.subject.text == "The probe has changed: this is no longer the verdict for step 5."
    back = next(button for button in pane.subject.findChildren(QToolButton) if button.text() == "Back to step 5")
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    assert pane.nothing[0] == "Step 5 has no probe"
    assert window.session.document.probe.config.User == "me"


def test_undo_and_edits_after_a_step(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.docks.get(REPLAY).open(str(site))
    assert window.session is not None
    document = window.session.document
    choose(pane, 4)
    choose(pane, 5)
    assert verdict(window).subject.text == "Step 5"
    document.undo_stack.undo()
    assert verdict(window).subject.text == "The probe has changed: this is no longer the verdict for step 5."
    assert any("do not currently show this step" in text for text in pane.detail.texts)
    document.undo_stack.redo()
    assert verdict(window).subject.text == "Step 5"
    assert not any("do not currently show this step" in text for text in pane.detail.texts)
    window.session.document.use_as_parent(None)
    assert "the verdict for step 5" in verdict(window).subject.text
    window.session.select_again()
    assert pane.result is not None
    assert document.probe == pane.result.replay.steps[4].probe
    assert document.undo_stack.undoText() == "Back to step 5"


def test_a_replay_that_is_not_shown_selects_nothing(window: MainWindow, tools: ReplayPane) -> None:
    tools.head.close_button.click()
    assert window.session is not None
    assert window.session.selected is None
    assert verdict(window).trace.explanation is not None
    assert verdict(window).subject.text == ""


def reported(*steps: object) -> ReplayResult:
    store = ImageStore((Image(id=A, config=ImageConfig()),))
    request = ReplayRequest(Build(dockerfile="/d/Dockerfile", context="/d"), store, None)  # type: ignore[arg-type]
    return ReplayResult(request, Replay(tuple(steps), len(steps)))  # type: ignore[arg-type]


def test_a_selected_step_names_the_step_its_verdict_depends_on() -> None:
    case = reported(
        step(1, "FROM a", StepStatus.NO_PROBE),
        step(2, "COPY --from=x / /", StepStatus.UNKNOWN, reason="its files are not known"),
        step(3, "RUN a", StepStatus.UNKNOWN, probe=probe(A), reason="it depends"),
        step(4, "RUN b", StepStatus.UNKNOWN, probe=probe(B), reason="it depends"),
        step(5, "FROM b", StepStatus.NO_PROBE, 1),
        step(6, "RUN c", StepStatus.UNKNOWN, 1, probe=probe(A), reason="layers"),
        step(7, "RUN d", StepStatus.MISS, 1, probe=probe(A)),
        step(8, "RUN e", StepStatus.NOT_CHECKED, 1, reason="step 7 was a miss"),
    )
    found = [selection(row, case) for row in flat(rows_of(case.replay))]
    assert found[1] == SelectedItem("step 2", why="Its files are not known.")
    assert found[2] == SelectedItem("step 3", probe(A), "It depends.", "step 2 hits", True)
    assert found[3].probe is None  # its parent would be created by the build
    assert found[5].only_if == "step 4 hits"
    assert found[6] == SelectedItem("step 7", probe(A))
    assert found[7] == SelectedItem("step 8", why="Step 7 was a miss.")


def test_a_conditional_verdict_is_shown_as_not_certain(qtbot: QtBot, window: MainWindow, site: Path) -> None:
    with qtbot.waitSignal(window.docks.get(REPLAY).pane.settled, timeout=9_000):
        window.docks.get(REPLAY).open(str(site))
    session, pane = window.session, verdict(window)
    assert session is not None
    choose(window.docks.get(REPLAY).pane, 4)
    assert pane.banner.text.startswith("HIT: ")
    session.select(SelectedItem("step 4", session.document.probe, "It depends.", "step 3 hits", True))
    assert pane.banner.text.startswith("HIT, if step 3 hits: ")
    assert pane.subject.text == "Step 4 is unknown. It depends."
    session.select(SelectedItem("step 4", session.document.probe, "Layers.", "", True))
    assert pane.banner.text.startswith("HIT, not certain: ")


def replayed(window: MainWindow, qtbot: QtBot, context: Path) -> ReplayPane:
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.docks.get(REPLAY).open(str(context))
    return pane


def test_a_copy_step_that_misses_names_its_files_and_offers_no_checksum(
    window: MainWindow, qtbot: QtBot, site: Path
) -> None:
    page = site / "page.html"
    page.write_text(page.read_text() + "more")
    window.resize(1600, 1400)  # in a lower window, only the dock shows the reason
    pane = replayed(window, qtbot, site)
    assert pane.strip.texts[0].startswith("MISS: step 5 ")
    banner = verdict(window).banner
    assert pane.result is not None
    assert pane.result.first is not None
    assert banner.reason == " ".join(pane.result.first.files)
    assert "cacheview cannot tell which ones" in banner.reason
    assert "Cmd[" not in banner.reason
    assert not any(line.isVisible() for line in banner.values)
    assert not banner.edit_button.isVisible()
    assert banner.remedy == ""
    assert not window.commands.apply.isEnabled()
    assert not any("Cmd[" in text for text in pane.detail.texts)
    assert window.session is not None
    assert window.session.answer is not None
    assert "Smallest edit" not in as_text(window.session.answer.explanation)


def test_a_missed_step_suggests_an_edit_of_the_instruction(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    file = site / "Dockerfile"
    file.write_text(file.read_text().replace("USER nobody", "USER root"))
    pane = replayed(window, qtbot, site)
    banner = verdict(window).banner
    assert banner.remedy == "For a hit: change the instruction on line 8 to USER nobody"
    assert any("For a hit: change the instruction on line 8 to USER nobody." in text for text in pane.detail.texts)
    assert not banner.edit_button.isVisible()
    assert window.session is not None
    assert window.session.answer is not None
    explanation = window.session.answer.explanation
    assert "Smallest edit for a hit: change the instruction on line 8 to USER nobody" in as_text(explanation)
    assert as_object(explanation)["edit"] == {
        "phrase": "change the instruction on line 8 to USER nobody",
        "changes": [],
        "probe": None,
    }
    window.session.document.set_field("User", "someone")  # from here on the probe is the user's own
    assert banner.remedy == ""
    assert banner.edit_button.isVisible()


def test_a_step_does_not_keep_the_height_of_what_was_shown_before(window: MainWindow, site: Path) -> None:
    window.resize(1600, 1400)
    assert window.session is not None
    document = window.session.document
    document.set_field("User", "someone")
    banner = verdict(window).banner
    assert banner.edit_button.isVisible()
    tall = banner.minimumHeight()
    window.session.select(SelectedItem("step 4", document.probe, reason="The files differ."))
    assert not banner.edit_button.isVisible()
    assert banner.minimumHeight() < tall


def test_a_step_awaiting_a_new_lookup_is_marked_as_outdated(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    choose(pane, 5)
    assert window.session is not None
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.session.choose_rules("containerd-71ebfc7")
        pane.cancel()
        assert verdict(window).subject.text.startswith("Step 5 was looked up before the store or rules changed")
        assert any("do not currently show this step" in text for text in pane.detail.texts)
        pane.look_up_again()
    assert verdict(window).subject.text == "Step 5"
