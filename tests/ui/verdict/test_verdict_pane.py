"""The verdict pane: banner, hazards, trace and values."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot
from verdict_kit import (
    COMMAND,
    PATH,
    base,
    cache_of,
    digest,
    many_cache,
    many_probe,
    node_count,
    probe,
    small_cache,
    small_probe,
    step,
    with_history,
)

from cacheview.engine import (
    CONTAINERD_71EBFC7,
    RULE_SETS,
    Check,
    Explanation,
    ImageCache,
    ProbeEdit,
    StageKind,
    VerdictOutcome,
    explain,
)
from cacheview.model import Image, ImageConfig, ImageStore, Probe
from cacheview.ui.theme import DARK, apply_theme, current_tokens
from cacheview.ui.verdict.model import TraceColumn
from cacheview.ui.verdict.pane import VerdictPane

Key = Qt.Key
Role = Qt.ItemDataRole


@pytest.fixture
def pane(qtbot: QtBot) -> VerdictPane:
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.resize(640, 720)
    with qtbot.waitExposed(pane):
        pane.show()
    return pane


@pytest.fixture
def cache() -> ImageCache:
    return small_cache()


def name_at(pane: VerdictPane, index: QModelIndex) -> str:
    return str(pane.trace.data(index.siblingAtColumn(TraceColumn.CHECK)))


def current(pane: VerdictPane) -> str:
    return name_at(pane, pane.view.currentIndex())


def check_index(pane: VerdictPane, subject: int, *trail: int) -> QModelIndex:
    return pane.trace.check_index(pane.trace.subject_index(StageKind.LOCAL, subject), trail)


def click(pane: VerdictPane, qtbot: QtBot, index: QModelIndex) -> None:
    pane.view.scrollTo(index)
    where = pane.view.visualRect(index).center()
    qtbot.mouseClick(pane.view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def in_sight(pane: VerdictPane, index: QModelIndex) -> bool:
    rect = pane.view.visualRect(index)
    return rect.isValid() and rect.height() > 0 and pane.view.viewport().rect().contains(rect.center())


def texts_in(pane: VerdictPane) -> list[str]:
    return [label.text() for label in pane.findChildren(QLabel) if label.isVisibleTo(pane)]


# The banner


def test_the_pane_shows_a_hint_without_a_store(pane: VerdictPane) -> None:
    pane.show_nothing("No store is open", "Open one with Ctrl+O.")
    assert {"No store is open", "Open one with Ctrl+O."} <= set(texts_in(pane))
    assert not pane.banner.isVisible()
    assert not pane.view.isVisible()


@pytest.mark.looks
def test_the_text_replacing_a_verdict_is_not_cut_in_a_low_pane(pane: VerdictPane, qtbot: QtBot) -> None:
    pane.show_nothing("The refusal at line 2 has no probe", "the --mount option requires BuildKit. " * 20)
    pane.resize(pane.minimumSizeHint())
    pane.show()
    labels = [label for label in pane.findChildren(QLabel) if label.text() in pane.nothing]
    assert len(labels) == 2

    def check() -> None:
        for label in labels:
            assert label.height() >= label.heightForWidth(label.width())

    qtbot.waitUntil(check)
    assert pane.height() < sum(label.height() for label in labels)


def test_the_banner_of_a_miss(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    assert pane.banner.text == "MISS: no child of base:1 has this config"
    assert pane.banner.reason == "The nearest image, 000000000001 (STEP 1), differs in Env[1]."
    marked = ["".join(p.text for p in line.pieces() if p.is_marked) for line in pane.banner.values]
    assert marked == ["prod", "dev"]
    assert ["".join(p.text for p in line.pieces()) for line in pane.banner.values] == ['"MODE=prod"', '"MODE=dev"']
    assert pane.banner.accessibleName() == "Verdict: MISS: no child of base:1 has this config"


def test_the_values_in_the_banner_stand_below_each_other(pane: VerdictPane) -> None:
    long = "PATH=" + ":".join(f"/opt/tool{i}/bin" for i in range(60))
    cache = cache_of(base(), step(1, Env=(long + ":/end",)))
    pane.show_explanation(explain(cache, probe(Env=(long,))))
    one, other = pane.banner.values
    assert one.geometry().bottom() < other.geometry().top()
    for line in (one, other):
        pieces = line.pieces()
        assert pieces[0].text == "…"
        assert any(piece.is_marked for piece in pieces)
        assert long in line.toolTip()


@pytest.mark.parametrize(
    ("make", "outcome", "word"),
    [
        (lambda: explain(small_cache(), small_probe("dev")), VerdictOutcome.HIT, "HIT"),
        (
            lambda: explain(
                cache_of(step(1, parent=None, names=["docker.io/library/one:1"], Cmd=COMMAND)),
                probe(parent="", cache_from=["one:1"], Cmd=COMMAND),
            ),
            VerdictOutcome.DIVERGES,
            "DIVERGES",
        ),
        (
            lambda: explain(small_cache(), small_probe(parent=digest(77), cache_from=["app:2"])),
            VerdictOutcome.ERROR,
            "ERROR",
        ),
    ],
)
def test_every_outcome_has_its_word(
    pane: VerdictPane, make: Callable[[], Explanation], outcome: VerdictOutcome, word: str
) -> None:
    explanation = make()
    assert explanation.verdict.outcome is outcome
    pane.show_explanation(explanation)
    assert pane.banner.text == f"{word}: {explanation.sentence}"
    assert not pane.banner.edit_button.isVisible()
    assert not any(line.isVisible() for line in pane.banner.values)


def test_the_smallest_edit(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    explanation = explain(cache, small_probe())
    pane.show_explanation(explanation)
    assert pane.banner.edit_button.text() == 'Set Env[1] to "MODE=dev" → hit'
    with qtbot.waitSignal(pane.edit_requested) as signal:
        qtbot.mouseClick(pane.banner.edit_button, Qt.MouseButton.LeftButton)
    assert signal.args == [explanation.edit]
    pane.show_explanation(explain(cache, explanation.edit.probe))  # type: ignore[union-attr]
    assert pane.banner.text.startswith("HIT")


def test_an_edit_of_several_changes_lists_them(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, probe(Cmd=COMMAND, Env=("A<b>=1",), User="9")))
    assert pane.banner.edit_button.text() == "Make 3 changes → hit"
    assert "set User to" in pane.banner.edit_button.toolTip()
    assert "set Env to" in pane.banner.edit_button.accessibleName()


def test_the_banner_does_not_shrink_while_one_types(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    top = pane.view.mapTo(pane, QPoint()).y()
    pane.show_explanation(explain(cache, small_probe("dev", WorkingDir="/app")))
    QApplication.processEvents()
    assert pane.banner.text.startswith("HIT")
    assert pane.view.mapTo(pane, QPoint()).y() == top


@pytest.mark.parametrize("form", ["text", "JSON", "Markdown"])
def test_copy_of_the_explanation(pane: VerdictPane, cache: ImageCache, qtbot: QtBot, form: str) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    action = next(action for action in pane.banner.copy_button.menu().actions() if action.text() == f"As {form}")
    with qtbot.waitSignal(pane.copied) as reported:
        action.trigger()
    assert reported.args == [f"the verdict as {form}"]
    text = QApplication.clipboard().text()
    if form == "JSON":
        assert json.loads(text)["verdict"]["outcome"] == "miss"
    else:
        assert text.startswith("MISS: " if form == "text" else "**MISS**")


# Hazards


def test_hazards_are_shown_and_hidden_with_the_explanation(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe("dev", WorkingDir="/elsewhere")))
    assert [line.text for line in pane.hazards.lines] == [
        "Hazard: The probe's WorkingDir differs from the image's, yet the image is a hit: these rules do not compare "
        "it. A crafted image can get into a build this way (cache poisoning, CVE-2024-24557). "
        "The rules since Docker 25.0.2, 24.0.9 and 23.0.10 reject the image."
    ]
    assert pane.hazards.isVisible()
    assert pane.hazards.lines[0].accessibleName().startswith("Hazard, field not compared: ")
    pane.show_explanation(explain(cache, small_probe()))
    assert pane.hazards.lines == []
    assert not pane.hazards.isVisible()


# The tree


def test_the_deciding_check_is_expanded_and_visible(pane: VerdictPane) -> None:
    candidates = [step(i, Cmd=("/bin/sh", "-c", f"other {i}"), User="7", second=-i) for i in range(2, 60)]
    cache = cache_of(base(), *candidates, step(1, Cmd=COMMAND, Env=(PATH, "A=1")))
    for differences_only in (True, False):
        pane.show_differences_only(differences_only)
        pane.show_explanation(explain(cache, probe(Cmd=COMMAND, Env=(PATH, "A=2"))))
        index = check_index(pane, 58, 13, 1)
        assert name_at(pane, index) == "Env[1]"
        assert in_sight(pane, index)
        assert pane.detail.title == "Env[1]: failed · candidate 000000000001"
        assert not pane.view.currentIndex().isValid() or current(pane) == "Local cache"


def test_the_deciding_check_is_visible_when_the_pane_is_shown_later(qtbot: QtBot) -> None:
    pane = VerdictPane()
    qtbot.addWidget(pane)
    pane.show_explanation(with_history(30, 40, changed=20))
    pane.resize(420, 600)
    with qtbot.waitExposed(pane):
        pane.show()
    index = pane.navigation.deciding_index()
    assert name_at(pane, index) == "history[20].comment"
    assert in_sight(pane, index)


def test_an_edit_keeps_what_is_open_selected_and_scrolled(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    second = pane.trace.subject_index(StageKind.LOCAL, 1)
    pane.view.expand(second)
    click(pane, qtbot, check_index(pane, 1, 3))
    assert current(pane) == "User"
    pane.resize(640, 420)
    QApplication.processEvents()
    pane.view.verticalScrollBar().setValue(40)
    scrolled = pane.view.verticalScrollBar().value()
    pane.show_explanation(explain(cache, small_probe("test")))
    QApplication.processEvents()
    assert pane.view.isExpanded(pane.trace.subject_index(StageKind.LOCAL, 1))
    assert current(pane) == "User"
    assert pane.trace.subject_of(pane.view.currentIndex()).image.id == digest(2)  # type: ignore[union-attr]
    assert pane.view.verticalScrollBar().value() == scrolled
    assert scrolled > 0


def test_a_collapsed_candidate_stays_collapsed(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    first = pane.trace.subject_index(StageKind.LOCAL, 0)
    assert pane.view.isExpanded(first)
    pane.view.collapse(first)
    pane.show_explanation(explain(cache, probe(Cmd=COMMAND, Env=(PATH,), Labels={"a": "1"})))
    assert not pane.view.isExpanded(pane.trace.subject_index(StageKind.LOCAL, 0))


def test_a_new_deciding_check_is_shown_and_the_previous_one_collapsed(pane: VerdictPane) -> None:
    cache = many_cache(300)
    pane.show_explanation(explain(cache, many_probe(3, "x")))
    pane.show_explanation(explain(cache, many_probe(250, "x")))
    assert in_sight(pane, check_index(pane, 250, 13, 1))
    assert not pane.view.isExpanded(pane.trace.subject_index(StageKind.LOCAL, 3))


def test_a_candidate_opened_by_the_user_stays_open(pane: VerdictPane, qtbot: QtBot) -> None:
    cache = many_cache(300)
    pane.show_explanation(explain(cache, many_probe(3, "x")))
    click(pane, qtbot, check_index(pane, 3, 13, 1))
    pane.show_explanation(explain(cache, many_probe(250, "x")))
    assert pane.view.isExpanded(pane.trace.subject_index(StageKind.LOCAL, 3))
    assert current(pane) == "Env[1]"


def test_the_group_of_a_folded_selected_check_is_selected(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    pane.reveal_field("Env[1]")
    assert current(pane) == "Env[1]"
    pane.show_explanation(explain(cache, small_probe("dev")))  # it passes now, like all others
    assert pane.trace.subject_of(pane.view.currentIndex()).image.id == digest(1)  # type: ignore[union-attr]
    pane.show_differences_only(False)
    pane.reveal_field("Env[1]")
    pane.show_differences_only(True)
    assert "passed" in str(pane.trace.data(pane.view.currentIndex(), Role.AccessibleTextRole))


def test_no_candidates(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe(parent=digest(77))))
    stage = pane.trace.stage_index(StageKind.LOCAL)
    assert pane.view.isExpanded(stage)
    rows = [name_at(pane, pane.trace.index(row, 0, stage)) for row in range(pane.trace.rowCount(stage))]
    assert rows == [
        f"The store has no image whose parent is {'0' * 10}4d.",
        "Choose a parent that has children, or build the step once.",
    ]
    assert pane.detail.title == "No check selected"


def test_no_candidates_in_a_store_without_images(pane: VerdictPane) -> None:
    pane.show_explanation(explain(ImageCache(ImageStore(()), RULE_SETS["graphdriver-24.0.7"]), Probe()))
    stage = pane.trace.stage_index(StageKind.LOCAL)
    rows = [name_at(pane, pane.trace.index(row, 0, stage)) for row in range(pane.trace.rowCount(stage))]
    assert rows == ["The store has no images.", "Open a store that has images."]
    assert pane.banner.text == "MISS: the store has no images"


def test_no_candidates_in_a_store_without_parents(pane: VerdictPane) -> None:
    store = ImageStore((Image(id="sha256:" + "a" * 64, config=ImageConfig()),))
    pane.show_explanation(explain(ImageCache(store, CONTAINERD_71EBFC7), Probe(parent="sha256:" + "a" * 64)))
    stage = pane.trace.stage_index(StageKind.LOCAL)
    assert name_at(pane, pane.trace.index(1, 0, stage)) == (
        "No image here has a parent. Enter images in “Cache from” instead."
    )


def test_the_show_and_order_menus_change_the_trace(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    subject = pane.trace.subject_index(StageKind.LOCAL, 0)
    folded = pane.trace.rowCount(subject)
    differences, everything = pane.head.show_button.menu().actions()
    everything.trigger()
    assert pane.head.show_button.text() == "Show: everything ▾"
    assert pane.trace.rowCount(pane.trace.subject_index(StageKind.LOCAL, 0)) > folded
    differences.trigger()
    assert pane.trace.rowCount(pane.trace.subject_index(StageKind.LOCAL, 0)) == folded
    _, nearest = pane.head.order_button.menu().actions()
    nearest.trigger()
    assert pane.head.order_button.text() == "Order: nearest first ▾"
    stage = pane.trace.stage_index(StageKind.LOCAL)
    assert pane.trace.subject_of(pane.trace.index(0, 0, stage)).image.id == digest(1)  # type: ignore[union-attr]


def test_the_order_button_is_disabled_for_one_candidate(pane: VerdictPane) -> None:
    pane.show_explanation(explain(cache_of(base(), step(1)), probe()))
    assert not pane.head.order_button.isEnabled()


# Navigation


def test_selecting_a_check_shows_its_field_and_image(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    with (
        qtbot.waitSignal(pane.field_activated) as field,
        qtbot.waitSignal(pane.image_activated) as image,
    ):
        click(pane, qtbot, check_index(pane, 0, 13, 1))
    assert field.args == ["Env[1]"]
    assert image.args == [digest(1)]


def test_by_keyboard(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    pane.view.setFocus()
    fields: list[str] = []
    images: list[str] = []
    pane.field_activated.connect(fields.append)
    pane.image_activated.connect(images.append)
    qtbot.keyClick(pane.view, Key.Key_Home)
    for _ in range(4):
        qtbot.keyClick(pane.view, Key.Key_Down)
    assert current(pane) == "Env[0]"
    assert (fields, set(images)) == (["Env", "Env[0]"], {digest(1)})
    qtbot.keyClick(pane.view, Key.Key_Left)
    qtbot.keyClick(pane.view, Key.Key_Left)
    assert current(pane) == "Env"
    assert not pane.view.isExpanded(pane.view.currentIndex())
    fields.clear()
    qtbot.keyClick(pane.view, Key.Key_Return)
    assert fields == ["Env"]


def test_a_reference_shows_its_image(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe(cache_from=["app:2"])))
    stage = pane.trace.stage_index(StageKind.CACHE_FROM)
    pane.view.expand(stage)
    with qtbot.waitSignal(pane.field_activated) as field, qtbot.waitSignal(pane.image_activated) as image:
        click(pane, qtbot, pane.trace.index(0, 0, stage))
    assert (field.args, image.args) == (["cache_from[0]"], [digest(2)])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Env[1]", "Env[1]"),
        ("Env[9]", "Env"),
        ("Env", "Env"),
        ("Cmd", "Cmd"),
        ('Labels["a"]', 'Labels["a"]'),
        ("WorkingDir", "WorkingDir"),
        ("Healthcheck.Test[0]", "Healthcheck"),
        ("OpenStdin", "OpenStdin"),
    ],
)
def test_reveal_of_a_field(pane: VerdictPane, cache: ImageCache, qtbot: QtBot, path: str, name: str) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    with qtbot.assertNotEmitted(pane.field_activated), qtbot.assertNotEmitted(pane.image_activated):
        assert pane.reveal_field(path)
    assert current(pane) == name
    assert in_sight(pane, pane.view.currentIndex())
    assert pane.detail.title.startswith(f"{name}: ")


def test_revealing_fails_for_fields_that_no_check_reads(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    assert not pane.reveal_field("platform")
    assert not pane.reveal_field("cache_from[0]")
    pane.show_explanation(explain(cache, small_probe(cache_from=["app:2", "lost:1"])))
    assert pane.reveal_field("cache_from[1]")
    assert current(pane) == "cache_from[1]"
    assert pane.reveal_field("parent")
    assert current(pane) == "parent in store"


def test_reveal_of_a_field_stays_with_the_candidate(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    assert pane.reveal_image(digest(2))
    assert current(pane) == "000000000002 app:2"
    assert pane.reveal_field("User")
    assert pane.trace.subject_of(pane.view.currentIndex()).image.id == digest(2)  # type: ignore[union-attr]
    assert not pane.reveal_image(digest(99))


def test_reveal_among_many(pane: VerdictPane) -> None:
    pane.show_explanation(explain(many_cache(2_000), many_probe(5, "x")))
    assert pane.reveal_image(digest(1_500 + 100))
    assert in_sight(pane, pane.view.currentIndex())
    assert node_count(pane.trace) < 300


# One value


def test_the_detail_shows_both_values_whole(pane: VerdictPane) -> None:
    long = "A=" + "x" * 5_000
    pane.show_explanation(explain(cache_of(base(), step(1, Env=(long + "y",))), probe(Env=(long + "z",))))
    one, other = pane.detail.values
    assert one.edit.toPlainText() == f'"{long}z"'
    assert other.edit.toPlainText() == f'"{long}y"'
    assert (one.marked(), other.marked()) == ("z", "y")


def test_take_the_images_value(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    explanation = explain(cache, small_probe())
    pane.show_explanation(explanation)
    with qtbot.waitSignal(pane.edit_requested) as signal:
        qtbot.mouseClick(pane.detail.take_button, Qt.MouseButton.LeftButton)
    edit = signal.args[0]
    assert isinstance(edit, ProbeEdit)
    assert edit.probe.config.Env == (PATH, "MODE=dev")
    pane.reveal_field("Cmd")
    assert not pane.detail.take_button.isVisible()  # the values are already the same


def test_the_menu_of_a_row(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    pane.reveal_field("Env[1]")
    menu = pane.row_menu.menu_of(pane.view.currentIndex())
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["&Use the image's value", "Copy as text", "Copy as JSON", "Copy as Markdown"]
    with qtbot.waitSignal(pane.edit_requested) as signal:
        menu.actions()[0].trigger()
    assert signal.args[0].probe.config.Env == (PATH, "MODE=dev")
    menu.actions()[3].trigger()
    assert json.loads(QApplication.clipboard().text())["check"] == "Env[1]"
    menu.deleteLater()


def test_copy_of_a_row_by_key(pane: VerdictPane, cache: ImageCache, qtbot: QtBot) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    pane.reveal_field("Env[1]")
    pane.view.setFocus()
    with qtbot.waitSignal(pane.copied) as reported:
        qtbot.keyClick(pane.view, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert reported.args == ["the row as text"]
    assert QApplication.clipboard().text().split("\n")[1] == "Env[1]: failed"


# Drawing


def laid_out(pane: VerdictPane, index: QModelIndex, width: float = 400) -> list[list[str]]:
    """The pieces of text in each cell, marked ones in brackets."""
    item, explanation = pane.trace.item(index), pane.trace.explanation
    assert item is not None
    assert explanation is not None
    return [
        [
            "".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in run.pieces)
            for run in pane.view.rows.lay_out(item, column, width, explanation)
            if run.pieces
        ]
        for column in TraceColumn
    ]


def test_the_differing_part_is_marked_in_the_value(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    assert laid_out(pane, check_index(pane, 0, 13, 1)) == [
        ["Env[1]", "decided"],
        ['"MODE=[prod]"'],
        ['"MODE=[dev]"'],
    ]
    assert laid_out(pane, check_index(pane, 0, 13, 0)) == [["Env[0]", "passed"], [f'"{PATH}"'], [f'"{PATH}"']]


@pytest.mark.looks
def test_values_do_not_overflow_their_cells(pane: VerdictPane) -> None:
    long = "A=" + "x" * 500
    pane.show_explanation(explain(cache_of(base(), step(1, Env=(long + "y",))), probe(Env=(long + "z",))))
    item, explanation = pane.trace.item(pane.navigation.deciding_index()), pane.trace.explanation
    assert isinstance(item, Check)
    assert explanation is not None
    for width in (60.0, 150.0, 400.0):
        for column in (TraceColumn.PROBE, TraceColumn.IMAGE):
            (run,) = pane.view.rows.lay_out(item, column, width, explanation)
            assert run.left + run.width < width
            assert any(piece.is_marked and piece.text in ("y", "z") for piece in run.pieces)
        for room in (60.0, 100.0, 250.0):
            runs = pane.view.rows.lay_out(item, TraceColumn.CHECK, room, explanation)
            assert all(one.left + one.width <= other.left for one, other in pairwise(runs))
            assert runs[1].text  # the name stays even if the outcome is left out for space


@pytest.mark.looks
@pytest.mark.parametrize("width", [200.0, 400.0, 700.0])
def test_texts_in_a_row_do_not_overlap(pane: VerdictPane, width: float) -> None:
    explanation = explain(
        cache_of(base(), step(1, names=["docker.io/library/" + "long-name" * 9 + ":1"], User="1")), probe()
    )
    pane.show_explanation(explanation)
    for index in (pane.trace.stage_index(StageKind.LOCAL), pane.trace.subject_index(StageKind.LOCAL, 0)):
        item = pane.trace.item(index)
        assert item is not None
        runs = pane.view.rows.lay_out_across(item, width, explanation)
        runs = [run for run in runs if run.pieces]
        assert all(one.left + one.width < other.left for one, other in pairwise(runs))
        assert runs[-1].left + runs[-1].width <= width
        assert runs[-1].icon  # the outcome is never shown as text or color alone
        assert runs[-1].text


def test_markup_is_shown_as_it_is(pane: VerdictPane) -> None:
    evil = "<b>bold</b><img src=x>"
    cache = cache_of(base(), step(1, names=[f"docker.io/library/{evil}:1"], User=evil, Env=(evil,)))
    pane.show_explanation(explain(cache, probe(User="me", Env=(evil,))))
    assert evil in pane.banner.reason
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in pane.findChildren(QLabel) if label.text())
    user = check_index(pane, 0, 3)
    assert laid_out(pane, user)[2] == [f'"[{evil}]"']
    for index in (user.siblingAtColumn(2), pane.trace.subject_index(StageKind.LOCAL, 0)):
        tip = pane.trace.data(index, Role.ToolTipRole)
        assert "&lt;b&gt;bold&lt;/b&gt;" in tip
        assert "<b>" not in tip
    assert "<b>" not in pane.banner.values[1].toolTip()
    assert "<b>" not in pane.banner.edit_button.toolTip()


def test_control_characters_can_be_seen(pane: VerdictPane) -> None:
    pane.show_explanation(explain(cache_of(base(), step(1, User="a\u202eb")), probe(User="ab")))
    assert laid_out(pane, pane.navigation.deciding_index())[2] == ['"a[�]b"']


def test_every_part_has_a_name(pane: VerdictPane, cache: ImageCache) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    for button in pane.findChildren(QToolButton):
        if button.isVisible():
            assert button.accessibleName(), button.text()
    assert pane.view.accessibleName()
    assert [value.edit.accessibleName() for value in pane.detail.values] == [
        "probe, full value",
        "image, full value",
    ]


@pytest.mark.looks
@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
@pytest.mark.parametrize("width", [420, 640])
def test_the_pane_is_drawn_in_any_scheme_width_and_font_size(
    cache: ImageCache, qapp: QApplication, qtbot: QtBot, scheme: Qt.ColorScheme, width: int
) -> None:
    before = QFont(qapp.font())
    heights = []
    try:
        apply_theme(qapp, scheme)
        for factor in (1.0, 1.6):
            large = QFont(before)
            large.setPointSizeF(before.pointSizeF() * factor)
            qapp.setFont(large)
            pane = VerdictPane()
            qtbot.addWidget(pane)
            pane.resize(width, 700)
            pane.show_explanation(explain(cache, small_probe()))
            colors = {pane.grab().toImage().pixelColor(x, 2).name() for x in (1, 2)}
            assert colors == {current_tokens().surface}
            assert pane.width() <= width * factor
            heights.append(pane.view.rowHeight(pane.trace.stage_index(StageKind.LOCAL)))
    finally:
        qapp.setFont(before)
        apply_theme(qapp)
    assert heights[1] > 1.3 * heights[0]


@pytest.mark.looks
def test_the_scheme_may_change_while_it_is_shown(pane: VerdictPane, cache: ImageCache, qapp: QApplication) -> None:
    pane.show_explanation(explain(cache, small_probe()))
    try:
        apply_theme(qapp, Qt.ColorScheme.Dark)
        QApplication.processEvents()
        image = pane.banner.grab().toImage()
        assert image.pixelColor(image.width() // 2, 3).name() == DARK.miss_surface
        stage = pane.view.visualRect(pane.trace.stage_index(StageKind.LOCAL))
        ground = pane.view.viewport().grab().toImage().pixelColor(stage.center().x(), stage.top() + 1)
        assert ground.name() == DARK.band
    finally:
        apply_theme(qapp)


def test_the_rest_of_many_candidates_is_listed_by_keyboard(pane: VerdictPane, qtbot: QtBot) -> None:
    pane.show_explanation(explain(many_cache(400), many_probe(3, "x")))
    stage = pane.trace.stage_index(StageKind.LOCAL)
    more = pane.trace.index(0, 0, stage)
    assert "400 candidates" in pane.trace.data(more)
    pane.view.setFocus()
    pane.view.setCurrentIndex(more)
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    assert pane.trace.rowCount(stage) == 400
