"""The rule set table: valid for Qt during every change, and never showing outdated values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from model_kit import checked_by_qt
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication

from cacheview.engine import RULE_SETS, Verdict, VerdictOutcome
from cacheview.model import Image, ImageConfig
from cacheview.ui.compare.line import RuleSetAnswer, in_words, summary
from cacheview.ui.compare.model import MatrixColumn, MatrixModel

RULES = list(RULE_SETS.values())
HIT, MISS = VerdictOutcome.HIT, VerdictOutcome.MISS


def image(name: str) -> Image:
    return Image(id="sha256:" + "a" * 64, names=(f"docker.io/library/{name}",), config=ImageConfig())


def lines(*groups: int, why: str = "Cmd[0]", outcome: VerdictOutcome = MISS) -> list[RuleSetAnswer]:
    """Answers of all rule sets, ordered by group: the first ones in these groups, the rest in the last group."""
    of = [*groups, *[groups[-1]] * (len(RULES) - len(groups))]
    made = [RuleSetAnswer(r, Verdict(outcome), f"{why} {g}", group=g) for r, g in zip(RULES, of, strict=True)]
    return sorted(made, key=lambda line: line.group)


def is_settled(model: MatrixModel) -> bool:
    """Whether everything shown belongs to the latest expected probe."""
    return not model._blank and all(line.why is not None for line in model.lines)


def cells(model: MatrixModel, column: MatrixColumn) -> list[str]:
    return [str(model.data(model.index(row, column))) for row in range(model.rowCount())]


@pytest.fixture
def model(qapp: QApplication) -> Iterator[MatrixModel]:
    model = MatrixModel()
    tester = checked_by_qt(model)
    yield model
    del tester


def test_every_rule_set_has_a_row_from_the_start(model: MatrixModel) -> None:
    assert model.rowCount() == len(RULE_SETS)
    assert cells(model, MatrixColumn.VERDICT) == cells(model, MatrixColumn.DECIDING) == ["…"] * len(RULES)
    assert cells(model, MatrixColumn.RULES)[0] == "graphdriver 24.0.7  Docker 20.10 to 24.0.8"
    reported = model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert reported == "graphdriver 24.0.7, Docker 20.10 to 24.0.8, not checked yet"
    assert not is_settled(model)


def test_rows_move_with_their_rule_sets_when_groups_do(model: MatrixModel) -> None:
    model.set_answers(lines(0, 1, 0, 1))
    kept = {rules.name: QPersistentModelIndex(model.row_of(rules)) for rules in RULES}
    model.set_answers(lines(0, 0, 1, 1, 0))
    assert {model.line(index).rules.name for index in kept.values()} == set(RULE_SETS)
    for name, index in kept.items():
        assert model.line(index).rules.name == name
    assert [line.group for line in model.lines] == [0] * (len(RULES) - 2) + [1, 1]
    assert [row for row in range(len(RULE_SETS)) if model.begins_group(row)] == [len(RULES) - 2]
    assert [model.is_banded(row) for row in (len(RULES) - 3, len(RULES) - 2)] == [False, True]


def test_an_answer_replaces_the_one_before_in_place(model: MatrixModel) -> None:
    model.set_answers(lines(0, 1))
    model.expect()
    rules = RULES[1]
    model.add_answers({rules.name: RuleSetAnswer(rules, Verdict(HIT, image("app:1")))})
    row = model.row_of(rules).row()
    assert cells(model, MatrixColumn.VERDICT)[row] == "HIT app:1"
    assert cells(model, MatrixColumn.DECIDING)[row] == "…"  # the deciding check was that of the previous miss
    assert cells(model, MatrixColumn.DECIDING)[0] == "Cmd[0] 0"
    assert not is_settled(model)


def test_an_unchanged_verdict_keeps_its_reason_until_blanked(model: MatrixModel) -> None:
    model.set_answers(lines(0, why="Env[1]"))
    model.expect()
    rules = RULES[3]
    model.add_answers({rules.name: RuleSetAnswer(rules, Verdict(MISS))})
    assert cells(model, MatrixColumn.DECIDING) == ["Env[1] 0"] * len(RULES)
    assert not is_settled(model)
    model.blank()
    assert cells(model, MatrixColumn.DECIDING) == ["…"] * len(RULES)
    assert cells(model, MatrixColumn.VERDICT) == ["MISS" if each is rules else "…" for each in RULES]
    model.add_answers({rules.name: RuleSetAnswer(rules, Verdict(MISS), "User")})
    assert cells(model, MatrixColumn.DECIDING)[3] == "User"


def test_settled_answers_are_not_blanked(model: MatrixModel) -> None:
    model.set_answers(lines(0))
    model.expect()
    model.set_answers(lines(0, 1, why="User"))
    assert is_settled(model)
    model.blank()
    assert cells(model, MatrixColumn.DECIDING) == ["User 0", *["User 1"] * (len(RULES) - 1)]


def test_what_is_in_use_is_reported(model: MatrixModel) -> None:
    model.set_answers(lines(0))
    model.mark(RULES[2], RULES[5])
    reported = [str(model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole)) for row in range(len(RULES))]
    assert [row for row in range(len(RULES)) if ", in use, miss" in reported[row]] == [2]
    assert [row for row in range(len(RULES)) if ", this store's, miss" in reported[row]] == [5]
    model.mark(RULES[5], RULES[5])
    reported = [str(model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole)) for row in range(len(RULES))]
    assert [row for row in range(len(RULES)) if "in use" in reported[row]] == [5]
    assert not any("this store's" in each for each in reported)


def test_tool_tips_show_text_truncated_in_cells(model: MatrixModel) -> None:
    hit, tip = image("<b>app:1"), Qt.ItemDataRole.ToolTipRole
    reported = [replace(line, verdict=Verdict(HIT, hit), why="x" * 500) for line in lines(0)]
    model.set_answers(reported)
    assert RULES[0].title in str(model.data(model.index(0, MatrixColumn.RULES), tip))
    verdict = str(model.data(model.index(0, MatrixColumn.VERDICT), tip))
    assert hit.id in verdict
    assert "&lt;b&gt;" in verdict
    assert "x" * 500 in str(model.data(model.index(0, MatrixColumn.DECIDING), tip))


def test_words() -> None:
    rules = RULE_SETS["containerd-71ebfc7"]
    assert rules.releases == "moby 71ebfc7 (25.0 development)"
    line = RuleSetAnswer(rules, Verdict(HIT, image("app:1"), is_new=True), "why")
    reported = in_words(line, in_use=True, of_store=False)
    assert reported.endswith("in use, hit, a new image, why")
    assert summary(lines(0)) == f"All {len(RULE_SETS)} rule sets agree: miss, for the same reason"
    assert summary(lines(0, 1)) == f"All {len(RULE_SETS)} rule sets agree: miss, for 2 different reasons"
    mixed = [replace(line, verdict=Verdict(HIT)) if line.group == 0 else line for line in lines(0, 1, 0, 2)]
    assert summary(mixed) == f"3 different answers from {len(RULE_SETS)} rule sets: {len(RULE_SETS) - 2} misses, 2 hits"


STEPS = st.sampled_from(["expect", "add", "blank", "set", "mark"])


@given(steps=st.lists(st.tuples(STEPS, st.integers(0, len(RULES) - 1))))
@examples(0.5)
def test_the_matrix_model_stays_valid_under_any_sequence_of_changes(
    steps: list[tuple[str, int]], qapp: QApplication
) -> None:
    model = MatrixModel()
    tester = checked_by_qt(model)
    for step, number in steps:
        match step:
            case "expect":
                model.expect()
            case "add":
                model.add_answers({line.rules.name: line for line in lines(0, why=str(number))[:number]})
            case "blank":
                model.blank()
            case "set":
                model.set_answers(lines(*[place % (number + 1) for place in range(len(RULES))]))
                assert is_settled(model)
            case _:
                model.mark(RULES[number], RULES[0])
        assert {line.rules.name for line in model.lines} == set(RULE_SETS)
    del tester
