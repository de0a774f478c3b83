"""The rows of a replay, and their model."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from replay_kit import A, hand_made, step

from cacheview.model import Image, ImageConfig, ImageStore
from cacheview.replay.result import Replay, StepStatus
from cacheview.ui.replay.model import BEGINS_STAGE, StepsColumn, StepsModel
from cacheview.ui.replay.rows import RowKind, image_text, reason_text, rows_of, time_text

STORE = ImageStore((Image(id=A, names=("docker.io/library/app:1",), config=ImageConfig()),))


def model_of(replay: Replay) -> StepsModel:
    model = StepsModel()
    model.show(rows_of(replay), STORE)
    return model


def texts(model: StepsModel, column: StepsColumn, parent: QModelIndex | None = None) -> list[str]:
    above = parent if parent is not None else QModelIndex()
    return [model.index(row, column, above).data() for row in range(model.rowCount(above))]


def test_what_each_row_says() -> None:
    model = model_of(hand_made(refused=True))
    assert texts(model, StepsColumn.STEP) == ["", "1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "line 9"]
    assert texts(model, StepsColumn.STATUS) == ["warning", "–", "hit", "–", "unknown", "miss", "not checked", "refused"]
    instructions = texts(model, StepsColumn.INSTRUCTION)
    assert instructions[0] == "Empty continuation line"
    assert instructions[-1] == "unknown instruction: FRO"
    assert instructions[6] == "CMD <b>x</b>�"
    assert texts(model, StepsColumn.IMAGE)[2] == f"{'a' * 12}  app:1"
    assert texts(model, StepsColumn.IMAGE)[4:7] == [f"may be {'a' * 12}", "new", "new"]
    assert texts(model, StepsColumn.TIME)[2] == "12.3 ms"


def test_triggers_are_below_their_from() -> None:
    model = model_of(hand_made())
    above = model.index(1, 0)
    assert texts(model, StepsColumn.STEP, above) == ["↳ 1"]
    assert texts(model, StepsColumn.INSTRUCTION, above) == ["RUN trigger"]
    assert model.index_of(1, 1).parent() == above
    assert model.rowCount(model.index(2, 0)) == 0


def test_the_first_step_of_a_later_stage_is_marked() -> None:
    model = model_of(hand_made())
    assert [model.index(row, 1).data(BEGINS_STAGE) for row in range(model.rowCount())] == [
        False, False, False, True, False, False, False,
    ]  # fmt: skip


def test_replay_rows_have_accessible_texts() -> None:
    model = model_of(hand_made())
    role = Qt.ItemDataRole.AccessibleTextRole
    assert model.index(4, StepsColumn.STEP).data(role) == "step 4 of 6, stage 2"
    assert model.index(1, StepsColumn.STATUS).data(role) == "never looked up in the cache"
    assert model.index(0, StepsColumn.STEP, model.index(1, 0)).data(role) == "trigger 1 of step 1 of 6, stage 1"


def test_tool_tips_hold_no_markup_and_the_whole_text() -> None:
    model = model_of(hand_made())
    tip = model.index(6, StepsColumn.INSTRUCTION).data(Qt.ItemDataRole.ToolTipRole)
    assert "CMD &lt;b&gt;x&lt;/b&gt;" in tip
    assert "<b>" not in tip
    assert "its files are not known" in model.index(4, StepsColumn.STATUS).data(Qt.ItemDataRole.ToolTipRole)


def test_the_steps_model_passes_the_qt_model_tester(qtmodeltester: ModelTester) -> None:
    model = model_of(hand_made())
    qtmodeltester.check(model)


def test_unchanged_replay_rows_keep_their_persistent_indexes(qtmodeltester: ModelTester) -> None:
    model = model_of(hand_made())
    qtmodeltester.check(model)
    kept = QPersistentModelIndex(model.index(5, 0))
    trigger = QPersistentModelIndex(model.index(0, 0, model.index(1, 0)))
    reported = hand_made()
    changed = Replay(
        (reported.steps[0], step(2, "RUN other"), step(3, "RUN more"), *reported.steps[2:]), 7, (), None, ("one", "two")
    )
    model.show(rows_of(changed), STORE)
    assert kept.isValid()
    assert kept.row() == 7
    assert model.index(kept.row(), StepsColumn.INSTRUCTION).data() == "COPY a.txt /"
    assert trigger.isValid()
    assert trigger.parent().row() == 2
    assert texts(model, StepsColumn.INSTRUCTION)[:5] == ["one", "two", "FROM base:1 AS make", "RUN other", "RUN more"]
    model.clear()
    assert model.rowCount() == 0
    assert not kept.isValid()


def test_a_changed_status_is_updated_in_place() -> None:
    model = model_of(hand_made())
    removed, reported = [], []
    model.rowsAboutToBeRemoved.connect(lambda *_: removed.append(1))
    model.dataChanged.connect(lambda *_: reported.append(1))
    steps = tuple(replace(each, status=StepStatus.HIT) if each.probe else each for each in hand_made().steps)
    model.show(rows_of(replace(hand_made(), steps=steps)), STORE)
    assert removed == []
    assert reported
    assert model.index(5, StepsColumn.STATUS).data() == "hit"


def test_a_cleared_model_has_no_rows() -> None:
    model = model_of(hand_made())
    index = model.index(5, 0)
    assert model.row(index) is not None
    model.clear()
    assert model.row(index) is None
    assert model.index(0, 0) == QModelIndex()
    assert model.index_of(5) == QModelIndex()


def test_words_of_a_step() -> None:
    made = step(4, "RUN x", StepStatus.NO_PROBE, made_by=2)
    assert image_text(made, STORE) == "new, from step 2"
    many = step(4, "COPY x /", StepStatus.UNKNOWN, reason="nobody knows", possible=(A, *"bcde"))
    assert image_text(many, STORE).endswith("or 2 more")
    assert reason_text(many, STORE) == "nobody knows. If the step hits, the image is app:1 or one of 4 more."
    assert time_text(step(1, "RUN x", seconds=0.25)) == "250 ms"
    assert time_text(step(1, "RUN x")) == ""


def test_a_refusal_without_a_line() -> None:
    reported = replace(hand_made(refused=True))
    assert reported.refused is not None
    reported.refused.line = 0
    row = rows_of(reported)[-1]
    assert (row.kind, row.line) == (RowKind.REFUSAL, 0)
    assert texts(model_of(reported), StepsColumn.STEP)[-1] == ""


def test_steps_after_an_assumed_hit_are_shown_as_hypothetical() -> None:
    steps = (
        step(1, "FROM a AS make", StepStatus.NO_PROBE),
        step(2, "RUN x", StepStatus.MISS, assumed=A),
        step(3, "RUN y"),
        step(4, "FROM b", StepStatus.NO_PROBE, 1),
        step(5, "RUN z", stage=1),
        step(6, "FROM --platform=x Make", StepStatus.NO_PROBE, 2),
        step(7, "RUN w", StepStatus.MISS, 2),
    )
    model = model_of(Replay(steps, 7))
    assert texts(model, StepsColumn.STATUS) == ["–", "miss", "would hit", "–", "hit", "–", "would miss"]
    assert texts(model, StepsColumn.IMAGE)[1] == f"as if {'a' * 12}"
    assert reason_text(steps[1], STORE) == "Later steps are shown as if this step had hit app:1."
