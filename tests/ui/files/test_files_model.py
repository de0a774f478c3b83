"""The file tree, and two file contents compared by line."""

from __future__ import annotations

import pytest
from pytestqt.modeltest import ModelTester

from cacheview.layers.changes import Aspect, ChangeMark, FileChange, FileState
from cacheview.ui.files.model import FilesColumn, FilesModel
from cacheview.ui.files.side_by_side import side_by_side
from cacheview.ui.files.tree import file_tree

FILE = FileState("0", 0o644, size=3)
CHANGES = (
    FileChange("a/b/c", ChangeMark.ADDED, (), None, FILE),
    FileChange("a/d", ChangeMark.CHANGED, (Aspect.MODE,), FILE, FileState("0", 0o600, size=3)),
    FileChange("same", ChangeMark.SAME, (), FILE, FILE),
    FileChange("z\udcff\x1b", ChangeMark.REMOVED, (), FILE, None),
)


def paths(text: str = "", *, with_same: bool = False) -> list[str]:
    return [node.path for node in file_tree(CHANGES, text, with_same=with_same).below() if node.change is not None]


def test_the_file_tree_contains_only_matching_files() -> None:
    assert paths() == ["a/b/c", "a/d", "z\udcff\x1b"]
    assert paths(with_same=True) == ["a/b/c", "a/d", "same", "z\udcff\x1b"]
    assert paths("A/ mode") == ["a/d"]
    assert paths("removed") == ["z\udcff\x1b"]
    assert paths("nothing") == []


def test_the_model_is_one_that_qt_accepts(qtmodeltester: ModelTester) -> None:
    model = FilesModel()
    model.show(file_tree(CHANGES))
    qtmodeltester.check(model)
    model.show(file_tree(CHANGES, "a/", with_same=True))
    qtmodeltester.check(model)


def test_a_folder_counts_its_files_and_names_are_printed_safely() -> None:
    model = FilesModel()
    model.show(file_tree(CHANGES))
    folder = model.index(0, 0)
    assert folder.data() == "a/"
    assert folder.siblingAtColumn(FilesColumn.CHANGE).data() == "2 files inside"
    assert folder.siblingAtColumn(FilesColumn.SIZE).data() == "6 B"
    shown = model.index(1, 0).data()
    assert "\x1b" not in shown
    shown.encode()


def test_an_index_of_a_previous_tree_is_invalid() -> None:
    model = FilesModel()
    model.show(file_tree(CHANGES))
    old = model.index(0, 0)
    model.show(file_tree(CHANGES, "same", with_same=True))
    assert model.node(old) is None
    assert model.data(old) is None


CHANGED = FileChange("f", ChangeMark.CHANGED, (Aspect.CONTENT,), FILE, FILE)


def test_equal_lines_stand_beside_each_other() -> None:
    found = side_by_side(CHANGED, b"a\nb\nc", b"a\nx\ny\nc", limit=100)
    assert found.before == ("a", "b", "", "c")
    assert found.now == ("a", "x", "y", "c")
    assert found.marked == {1, 2}


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [(None, None, "no content"), (b"\0", b"a", "is not text"), (b"a", b"\xff", "is not text")],
)
def test_contents_without_text_lines_are_reported(before: bytes | None, now: bytes | None, words: str) -> None:
    found = side_by_side(CHANGED, before, now, limit=100)
    assert words in found.problem
    assert found.before == ()


def test_a_long_file_is_truncated_at_a_character_boundary() -> None:
    found = side_by_side(CHANGED, "ä".encode() * 60, b"", limit=99)
    assert found.before == ("ä" * 49,)
    assert found.note == "Only the beginning is shown."


def test_control_characters_in_files_are_shown_as_symbols() -> None:
    found = side_by_side(CHANGED, b"a\r\n\x1b[2J", b"a\n", limit=99)
    assert found.before == ("a␍", "␛[2J")
    assert found.marked == {0, 1}
