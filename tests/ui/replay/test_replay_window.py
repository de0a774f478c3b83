"""Replaying a Dockerfile in the window."""

from __future__ import annotations

import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QInputDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from replay_kit import Slow, choose, real_build, replayed, sent_by_newer, session, statuses, write_context
from window_kit import drop

from cacheview.replay.file import ReplayCase
from cacheview.ui.docks import REPLAY
from cacheview.ui.replay.build import build_at, save_build, saved_builds
from cacheview.ui.replay.form import OptionsForm
from cacheview.ui.replay.model import StepsColumn
from cacheview.ui.replay.pane import ReplayPane
from cacheview.ui.replay.replayer import ReplayResult
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

Open = Callable[[ReplayCase], None]


def current(pane: ReplayPane) -> str:
    row = pane.model.row(pane.view.currentIndex())
    return row.text if row is not None else ""


def button(pane: ReplayPane, text: str) -> QPushButton:
    return next(b for b in pane.findChildren(QPushButton) if b.text() == text and b.isVisible())


# Opening


def test_a_folder_is_dropped(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    assert statuses(pane) == ["–", *["hit"] * 9]
    assert pane.strip.texts == ("HIT: All 9 steps that were looked up in the cache are hits",)
    assert pane.head.text.startswith("site/Dockerfile  ·  9 of 9 steps cached")
    assert not window.docks.get(REPLAY).dock.isHidden()
    assert window.commands.replay.isChecked()
    assert pane.view.hasFocus()


def test_a_dockerfile_chosen_in_the_dialog_is_replayed(
    window: MainWindow, qtbot: QtBot, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(site / "Dockerfile")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (file, ""))
    with qtbot.waitSignal(window.docks.get(REPLAY).pane.settled, timeout=9_000):
        window.commands.replay_dockerfile.trigger()
    assert len(statuses(window.docks.get(REPLAY).pane)) == 10


def test_canceling_the_file_dialog_starts_no_replay(
    window: MainWindow, qtbot: QtBot, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    window.commands.replay.trigger()
    pane = window.docks.get(REPLAY).pane
    qtbot.waitUntil(pane.isVisible)
    assert not pane.view.isVisible()
    assert button(pane, "Replay Dockerfile…").isEnabled()
    qtbot.mouseClick(button(pane, "Replay Dockerfile…"), Qt.MouseButton.LeftButton)
    assert pane.build is None


def test_a_recent_dockerfile_is_replayed_from_the_menu(
    window: MainWindow, qtbot: QtBot, site: Path, settings: Settings
) -> None:
    pane = replayed(window, qtbot, site)
    pane.head.close_button.click()
    assert window.docks.get(REPLAY).dock.isHidden()
    window.commands.recent_menu.aboutToShow.emit()
    names = [action.text() for action in window.commands.recent_menu.actions()]
    assert "Dockerfiles" in names
    action: QAction = window.commands.recent_menu.actions()[names.index("site/Dockerfile")]
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        action.trigger()
    assert not window.docks.get(REPLAY).dock.isHidden()
    settings.clear_recent()
    assert saved_builds(settings) == []


def test_an_image_layout_is_not_a_dockerfile(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    (site / "oci-layout").write_text("{}")
    with qtbot.waitSignal(window.settled, timeout=9_000):
        drop(window, site)
    assert window.docks.existing(REPLAY) is None


def test_a_folder_without_a_dockerfile_shows_a_notice(window: MainWindow, site: Path) -> None:
    window.docks.get(REPLAY).open(str(site / "css"))
    assert window.notice.isVisible()
    assert window.docks.get(REPLAY).dock.isHidden()


# Steps


def test_the_first_miss_is_explained(
    window: MainWindow, qtbot: QtBot, settings: Settings, tmp_path: Path, open_store: Open
) -> None:
    case = real_build("site/css-changed")
    open_store(case)
    pane = replayed(window, qtbot, sent_by_newer(settings, write_context(case, tmp_path / "site")))
    cached = ["hit" if step.cached else "miss" for step in case.expect.steps or ()]
    assert [status.replace("not checked", "miss") for status in statuses(pane)[1:]] == cached[1:]
    assert statuses(pane).count("miss") == 1
    assert current(pane) == "COPY css/ css/"
    assert pane.strip.texts[0].startswith("MISS: step 6 of 10, COPY css/ css/: the files differ from those that ")
    assert "cacheview cannot tell which ones" in pane.strip.texts[0]
    probe = pane.result.first_miss.probe if pane.result and pane.result.first_miss else None
    assert session(window).document.probe == probe
    answer = session(window).answer
    assert answer is not None
    assert answer.explanation.verdict.outcome.value == "miss"
    assert any("cacheview cannot tell which ones" in text for text in pane.detail.texts)
    stack = session(window).document.undo_stack
    assert stack.undoText() == "Probe of step 6"
    stack.undo()
    assert session(window).document.probe != probe


def test_a_step_is_the_probe(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    pane.view.setFocus()
    choose(pane, 4)
    assert pane.result is not None
    assert session(window).document.probe == pane.result.replay.steps[3].probe
    qtbot.keyClick(pane.view, Qt.Key.Key_Down)
    assert current(pane) == "COPY page.html ."
    answer = session(window).answer
    assert answer is not None
    assert answer.explanation.verdict.image is not None
    assert answer.explanation.verdict.image.id == pane.result.replay.steps[4].image
    session(window).document.undo_stack.undo()
    assert current(pane) == "COPY page.html ."
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    assert session(window).document.probe == pane.result.replay.steps[4].probe


def test_unknown_files_and_a_base(window: MainWindow, qtbot: QtBot, tmp_path: Path, open_store: Open) -> None:
    case = real_build("tools/again")
    open_store(case)
    pane = replayed(window, qtbot, write_context(case, tmp_path / "tools"))
    assert statuses(pane)[4] == "unknown"
    choose(pane, 5)
    assert any("This step copies from make: " in text for text in pane.detail.texts)
    choose(pane, 1)
    assert window.workspace is not None
    selected = window.workspace.images.selected()
    assert selected is not None
    assert selected.names == ("docker.io/library/runbase:1",)


def test_a_refusal_at_its_line(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    (site / "Dockerfile").write_text("FROM scratch\nLABEL site=demo\nFRO x\n")
    pane = replayed(window, qtbot, site)
    assert statuses(pane)[-1] == "refused"
    assert pane.strip.texts == ("REFUSED: dockerfile parse error line 3: unknown instruction: FRO",)
    assert pane.detail.texts[0] == "Refused at line 3"
    assert pane.head.text.startswith("site/Dockerfile  ·  no steps")
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        (site / "Dockerfile").write_text('FROM scratch\nLABEL site=demo team="web shop"\nCOPY none /\n')
    assert statuses(pane) == ["–", "hit", "–", "refused"]
    assert pane.strip.texts[0].startswith("REFUSED: line 3: COPY failed: ")


def test_steps_past_the_miss(
    window: MainWindow, qtbot: QtBot, settings: Settings, tmp_path: Path, open_store: Open
) -> None:
    case = real_build("site/css-changed")
    open_store(case)
    pane = replayed(window, qtbot, sent_by_newer(settings, write_context(case, tmp_path / "site")))
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        pane.head.continue_button.click()
    assert statuses(pane) == ["–", *["hit"] * 4, "miss", *["would hit"] * 4]
    assert "4 of 9 steps cached, 4 more would be cached" in pane.head.text
    choose(pane, 9)
    assert session(window).document.probe.config.Entrypoint == ("/httpd",)
    choose(pane, 6)
    assert any("shown as if this step had hit" in text for text in pane.detail.texts)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        pane.head.continue_button.click()
    assert statuses(pane)[6:] == ["not checked"] * 4


def test_the_steps_are_copied(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    with qtbot.waitSignal(pane.copied):
        pane.head.copy_button.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Rules: ")
    assert "\nStep 1/10 : FROM scratch" in text
    assert " ---> Using cache" in text
    choose(pane, 5)
    qtbot.keyClick(pane.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "COPY page.html ."


# Changes


def test_the_file_is_edited(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    choose(pane, 9)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        text = (site / "Dockerfile").read_text()
        (site / "Dockerfile").write_text(text.replace("nobody", "root"))
    assert statuses(pane) == ["–", *["hit"] * 6, "miss", "not checked", "not checked"]
    assert current(pane) == 'ENTRYPOINT ["/httpd"]'
    assert any("After the miss at step 8" in text for text in pane.detail.texts)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        (site / "Dockerfile").write_text(text)
    assert statuses(pane) == ["–", *["hit"] * 9]


def test_an_editor_that_replaces_the_file(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    text = (site / "Dockerfile").read_text()
    for user, status in (("one", "miss"), ("nobody", "hit"), ("two", "miss")):
        new = site.parent / "new"
        new.write_text(text.replace("USER nobody", f"USER {user}"))
        with qtbot.waitSignal(pane.settled, timeout=9_000):
            os.replace(new, site / "Dockerfile")
        assert statuses(pane)[7] == status


def test_the_probe_follows_unless_it_was_edited(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    document = session(window).document
    before = document.probe
    choose(pane, 2)
    text = (site / "Dockerfile").read_text()

    def written(value: str) -> None:
        with qtbot.waitSignal(pane.settled, timeout=9_000):
            (site / "Dockerfile").write_text(text.replace("site=demo", f"site={value}"))

    written("other")
    assert current(pane) == 'LABEL site=other team="web shop"'
    assert (document.probe.config.Labels or {})["site"] == "other"
    document.undo_stack.undo()
    assert document.probe == before  # both changes were one step
    document.undo_stack.redo()
    document.set_field("User", "me")
    written("third")
    assert current(pane) == 'LABEL site=third team="web shop"'
    assert (document.probe.config.Labels or {})["site"] == "other"
    assert document.probe.config.User == "me"


def test_a_temporarily_broken_dockerfile_keeps_the_selected_step(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    choose(pane, 4)
    text = (site / "Dockerfile").read_text()
    for broken in (text.replace("USER", "USR"), None):
        with qtbot.waitSignal(pane.settled, timeout=9_000):
            if broken is not None:
                (site / "Dockerfile").write_text(broken)
            else:
                (site / "Dockerfile").unlink()
        assert "hit" not in statuses(pane)
        with qtbot.waitSignal(pane.settled, timeout=9_000):
            (site / "Dockerfile").write_text(text)
        assert current(pane) == "WORKDIR $ROOT"
        assert pane.detail.texts[1] == "WORKDIR $ROOT"
    assert pane.result is not None
    assert session(window).document.probe == pane.result.replay.steps[3].probe


def test_a_file_of_the_context_changes(window: MainWindow, qtbot: QtBot, site: Path, settings: Settings) -> None:
    pane = replayed(window, qtbot, site)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        (site / "css" / "site.css").write_text("p{margin:1px}\n")
    assert statuses(pane)[5] == "miss"
    assert pane.strip.texts[0].endswith(" was built from: css/site.css: content changed.")
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        (site / ".dockerignore").write_text("css/print.css\n")
    assert "css/site.css: content changed; css/print.css was removed" in pane.strip.texts[0]
    assert settings.records is not None
    assert settings.records.is_dir()


def test_other_rules_or_another_store_replay_again(
    window: MainWindow, qtbot: QtBot, site: Path, open_store: Open
) -> None:
    pane = replayed(window, qtbot, site)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        session(window).choose_rules("containerd-28.5.2")
    assert pane.result is not None
    assert pane.result.request.daemon.rules.name == "containerd-28.5.2"
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        open_store(real_build("site/first"))
    assert pane.result.request.store.images == ()
    assert statuses(pane)[1] == "miss"


def test_a_dock_that_is_hidden_replays_when_it_is_shown(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    pane.head.close_button.click()
    (site / "Dockerfile").write_text("FROM scratch\nLABEL a=b\n")
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.commands.replay.trigger()
    assert statuses(pane) == ["–", "miss"]


# Options


def test_an_unsaved_build_argument_value_is_requested(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, open_store: Open, settings: Settings
) -> None:
    case = real_build("tools/arg-given")
    open_store(case)
    context = write_context(case, tmp_path / "tools")
    save_build(settings, build_at(context).model_copy(update={"build_args": ("LEVEL=2",)}))  # by an earlier session
    pane = replayed(window, qtbot, context)
    reported = "NOTE: Build argument values are not saved when you close cacheview. Set LEVEL again in “Options”"
    assert pane.strip.texts[-1] == reported
    pane.head.options_button.click()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClicks(pane.form.build_args, "LEVEL=2")
    assert reported not in pane.strip.texts


def test_a_target_entered_in_the_form_is_replayed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, open_store: Open
) -> None:
    case = real_build("tools/again")
    open_store(case)
    pane = replayed(window, qtbot, write_context(case, tmp_path / "tools"))
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClicks(pane.form.target, "make")
        qtbot.keyClick(pane.form.target, Qt.Key.Key_Return)
    assert len(statuses(pane)) == 3
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClicks(pane.form.target, "x")
    assert statuses(pane)[-1] == "refused"


def test_another_client_sends_other_modes(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        pane.form.client.setCurrentIndex(pane.form.client.findData("docker-cli-20.10"))
        pane.form.client.activated.emit(pane.form.client.currentIndex())
    assert statuses(pane)[4] == "miss"


def choose_in(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_a_umask_is_chosen_for_a_client_whose_umask_counts(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    form = pane.form
    assert not form.umask.isVisibleTo(form)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        choose_in(form.client, "dockerode")
    assert form.umask.isVisibleTo(form)
    hazards = [text for text in texts_of(pane) if "depend on the umask" in text]
    assert [text.count("022 here") for text in hazards] == [1]
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        choose_in(form.umask, "077")
    assert pane.build is not None
    assert pane.build.client == "dockerode:077"
    assert any("077 here" in text for text in texts_of(pane))
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        choose_in(form.client, "docker-cli")
    assert not form.umask.isVisibleTo(form)
    assert pane.build.client == "docker-cli"


def texts_of(pane: ReplayPane) -> list[str]:
    return [str(pane.model.index(row, StepsColumn.INSTRUCTION).data()) for row in range(pane.model.rowCount())]


def test_a_missing_context_can_be_replayed_after_it_is_created(
    window: MainWindow, qtbot: QtBot, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = replayed(window, qtbot, site)
    nowhere = site.parent / "nowhere"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(nowhere))
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        pane.form.context_button.click()
    assert not pane.view.isVisible()
    assert pane.form.context.text() == str(nowhere)
    assert not pane.strip.texts
    nowhere.mkdir()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.mouseClick(button(pane, "Replay again"), Qt.MouseButton.LeftButton)
    assert statuses(pane)[-1] == "refused"
    assert "page.html" in pane.strip.texts[0]


# Long work


def test_canceled(window: MainWindow, qtbot: QtBot, site: Path, slow: Slow) -> None:
    slow.install()
    drop(window, site)
    pane = window.docks.get(REPLAY).pane
    qtbot.waitUntil(lambda: pane.head.progress.isVisible(), timeout=9_000)
    qtbot.waitUntil(lambda: pane.head.text == "Reading the files in the build context: 2 MB of 4 MB", timeout=9_000)
    qtbot.mouseClick(pane.head.cancel_button, Qt.MouseButton.LeftButton)
    assert not pane.view.isVisible()
    assert not pane.head.progress.isVisible()
    assert slow.ended.wait(20)
    slow.remove()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.mouseClick(button(pane, "Replay again"), Qt.MouseButton.LeftButton)
    assert statuses(pane)[1] == "hit"


def test_an_outdated_replay_result_is_dropped(window: MainWindow, qtbot: QtBot, site: Path, slow: Slow) -> None:
    pane = replayed(window, qtbot, site)
    slow.install()
    pane.look_up_again()
    assert slow.begun.wait(20)
    slow.remove()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        pane.change(pane.build.model_copy(update={"no_cache": True})) if pane.build else None
    shown: list[ReplayResult | None] = []
    pane.settled.connect(lambda: shown.append(pane.result))
    slow.go.set()
    assert slow.ended.wait(20)
    pane.stop()
    QApplication.processEvents()
    assert shown == []
    assert statuses(pane)[1] == "not checked"


def test_the_steps_do_not_wait_for_the_reasons(
    window: MainWindow,
    qtbot: QtBot,
    settings: Settings,
    tmp_path: Path,
    open_store: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cacheview.replay import misses as module

    go, real = threading.Event(), module.misses

    def late(*reported: Any) -> Iterator[module.Miss]:
        assert go.wait(20)
        return real(*reported)

    monkeypatch.setattr(module, "misses", late)
    case = real_build("site/css-changed")
    open_store(case)
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        drop(window, sent_by_newer(settings, write_context(case, tmp_path / "site")))
        qtbot.waitUntil(lambda: "miss" in statuses(pane), timeout=9_000)
        assert pane.strip.texts == ("MISS: step 6 of 10, COPY css/ css/",)
        assert current(pane) == "COPY css/ css/"
        go.set()
    assert "the files differ from those that" in pane.strip.texts[0]
    assert any("cacheview cannot tell which ones" in text for text in pane.detail.texts)


# Access


def test_every_replay_control_has_a_name_and_keyboard_access(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.docks.get(REPLAY).dock.isHidden)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(pane.view.hasFocus)
    qtbot.keyClick(pane.view, Qt.Key.Key_Escape)
    assert window.docks.get(REPLAY).dock.isHidden()
    head = pane.head
    for widget in (pane.view, pane.detail, pane.form, pane.form.build_args, pane.form.labels, head.close_button):
        assert widget.accessibleName()
    for each in (head.again_button, head.options_button, head.copy_button, head.open_button, head.cancel_button):
        assert each.accessibleName() or each.text()
        assert each.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_default_client_matches_the_release_of_the_engine(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, open_store: Open
) -> None:
    case = real_build("site/again")
    open_store(case)
    pane = replayed(window, qtbot, write_context(case, tmp_path / "site"))
    assert pane.form.client.currentData() == ""
    assert statuses(pane)[4] == "miss"


# Clients, Compose files and tar archives


def test_clients_are_compared_beside_the_steps(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    with qtbot.waitSignal(pane.clients.settled, timeout=9_000):
        pane.head.clients_button.click()
    tree = pane.clients.tree
    assert tree.isVisible()
    groups = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    names = [group.text(0) for group in groups if group is not None]
    assert len(names) > 3
    assert names[0].startswith("Docker CLI")  # the selected client comes first
    compose = next(group for group in groups if group is not None and "Compose v2" in group.text(0))
    reason = compose.child(0)
    assert reason is not None
    assert "LABEL com.docker.compose.image.builder" in reason.text(0)
    pane.head.options_button.click()
    assert pane.form.isVisible()
    assert not pane.head.clients_button.isChecked()


def test_a_service_of_a_compose_file_is_chosen(
    window: MainWindow, qtbot: QtBot, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site.parent / "compose.yaml"
    file.write_text(
        f"services:\n  db: {{image: x}}\n  web:\n    build: {{context: {site.name}, args: {{LEVEL: 7}}}}\n"
        f"  worker: {{build: {site.name}}}\n"
    )
    offered: list[list[str]] = []

    def choose_web(*arguments: Any) -> tuple[str, bool]:
        offered.append(arguments[3])
        return "web", True

    monkeypatch.setattr(QInputDialog, "getItem", choose_web)
    (site.parent / "compose.override.yaml").touch()
    pane = replayed(window, qtbot, file)
    assert offered == [["web", "worker"]]
    assert window.notice.text.startswith("compose.yaml: compose.override.yaml is not read")
    assert pane.build is not None
    assert (pane.build.client, pane.build.build_args) == ("compose-v2", ("LEVEL=7",))
    assert texts_of(pane)[-1].startswith("LABEL com.docker.compose.image.builder=classic")
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("", False))
    drop(window, file)
    assert pane.build.build_args == ("LEVEL=7",)


def test_a_tar_is_replayed(window: MainWindow, qtbot: QtBot, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = site.parent / "context.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(site, ".")
    pane = window.docks.get(REPLAY).pane
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.commands.replay_dockerfile.trigger()
    assert pane.view.isVisible()
    assert pane.build is not None
    assert pane.build.title == "context.tar.gz"


def test_another_dockerfile_inside_a_tar_can_be_chosen(
    window: MainWindow, qtbot: QtBot, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "sub").mkdir()
    (site / "sub" / "Other").write_text("FROM scratch\nLABEL of=other\n")
    path = site.parent / "context.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(site, ".")
    pane = replayed(window, qtbot, site / "Dockerfile")
    pane.head.options_button.click()
    form = pane.findChild(OptionsForm)
    assert form is not None
    assert not form.inside.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.commands.replay_dockerfile.trigger()
    assert form.inside.isVisible()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClicks(form.inside, "sub/Other")
        qtbot.keyClick(form.inside, Qt.Key.Key_Return)
    assert texts_of(pane)[-1] == "LABEL of=other"
    assert pane.build is not None
    assert pane.build.title == "context.tar/sub/Other"
    form.inside.clear()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClicks(form.inside, "nowhere")
        qtbot.keyClick(form.inside, Qt.Key.Key_Return)
    assert any("Cannot locate specified Dockerfile: nowhere" in label.text() for label in pane.findChildren(QLabel))


def test_an_empty_replay_dock_explains_what_it_does(window: MainWindow) -> None:
    labels = window.docks.get(REPLAY).pane.findChildren(QLabel)
    assert any("Each step is looked up in the cache; nothing is built" in label.text() for label in labels)


def test_closing_a_dock_returns_the_focus_directly_to_the_images(window: MainWindow, qtbot: QtBot, site: Path) -> None:
    pane = replayed(window, qtbot, site)
    assert window.workspace is not None
    tree, app = window.workspace.images.tree, QApplication.instance()
    assert isinstance(app, QApplication)
    pane.view.setFocus()
    visited = list[object]()
    app.focusChanged.connect(lambda _, now: visited.append(now) if now is not None else None)
    qtbot.keyClick(pane.view, Qt.Key.Key_Escape)
    assert visited == [tree]  # with a probe field in between, the trace would select that field's check
    assert not window.workspace.verdict.view.currentIndex().isValid()
    app.focusChanged.disconnect()
