"""The detail of a step."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from replay_kit import hand_made

from cacheview.cases import daemon_of
from cacheview.engine.rulesets import CONTAINERD_71EBFC7
from cacheview.model import Image, ImageConfig, ImageStore, RootFS
from cacheview.replay.hazards import StepHazard
from cacheview.replay.result import Step, StepStatus
from cacheview.stores.opened_location import OpenedCase
from cacheview.ui.replay.build import Build
from cacheview.ui.replay.detail import StepDetail
from cacheview.ui.replay.replayer import ReplayRequest, ReplayResult
from cacheview.ui.replay.rows import flat, rows_of


def test_a_hit_says_what_it_does_not_compare(qtbot: QtBot) -> None:
    made = hand_made()
    hazard = StepHazard("heredoc not compared", "The lines are not compared.", "Write them without a heredoc.")
    steps = tuple(replace(step, hazards=(hazard,)) if step.status is StepStatus.HIT else step for step in made.steps)
    case = OpenedCase("", ImageStore(()), CONTAINERD_71EBFC7.name)
    request = ReplayRequest(Build(dockerfile="/f", context="/"), case.store, daemon_of(case))
    reported = ReplayResult(request, replace(made, steps=steps))
    detail = StepDetail()
    qtbot.addWidget(detail)
    for row in rows_of(reported.replay):
        detail.show_row(row, reported)
        has = any("The lines are not compared. Write them without a heredoc." in text for text in detail.texts)
        assert has == (row.step is not None and row.step.status is StepStatus.HIT)


def test_an_image_is_offered_for_download_if_that_makes_the_step_known(qtbot: QtBot) -> None:
    made = hand_made()
    config = ImageConfig(rootfs=RootFS(type="layers", diff_ids=("sha256:" + "2" * 64,)))
    image = Image(id="sha256:" + "1" * 64, names=("app:1",), config=config)
    unknown = replace(made.steps[-1], status=StepStatus.UNKNOWN, from_image=image, sources=None)
    detail = StepDetail()
    qtbot.addWidget(detail)

    def offer(step: Step, location: str) -> str:
        case = OpenedCase("", ImageStore((image,), location=location), CONTAINERD_71EBFC7.name)
        request = ReplayRequest(Build(dockerfile="/f", context="/"), case.store, daemon_of(case))
        reported = ReplayResult(request, replace(made, steps=(step,)))
        detail.show_row(next(row for row in flat(rows_of(reported.replay)) if row.step is step), reported)
        return "" if detail.download_button.isHidden() else detail.download_button.text()

    assert offer(unknown, "engine:x") == "Download app:1"
    assert offer(unknown, "/images.tar") == ""
    assert offer(replace(unknown, from_image=None), "engine:x") == ""
    assert offer(replace(unknown, status=StepStatus.MISS), "engine:x") == ""


def test_all_lines_of_a_step_are_shown_or_scrolled_to_at_once(qtbot: QtBot) -> None:
    made = hand_made()
    hazard = StepHazard("heredoc not compared", "The lines are not compared. " * 5, "Write them without a heredoc.")
    steps = tuple(replace(step, hazards=(hazard,)) for step in made.steps)
    case = OpenedCase("", ImageStore(()), CONTAINERD_71EBFC7.name)
    request = ReplayRequest(Build(dockerfile="/f", context="/"), case.store, daemon_of(case))
    reported = ReplayResult(request, replace(made, steps=steps))
    detail = StepDetail()
    qtbot.addWidget(detail)
    detail.resize(304, 128)
    with qtbot.waitExposed(detail):
        detail.show()
    row = next(row for row in rows_of(reported.replay) if row.step is not None)
    detail.show_row(row, reported)
    QApplication.processEvents()
    assert detail.verticalScrollBar().isVisible()
    content = detail.widget()
    assert content is not None
    for label in content.findChildren(QLabel):
        if label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
            assert content.rect().contains(label.geometry()), label.text()
