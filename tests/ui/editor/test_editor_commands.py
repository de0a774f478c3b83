"""How an editor is started to open a file at a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.model import DataError
from cacheview.ui.editor import commands
from cacheview.ui.editor.commands import check_template, command_of_environment, command_of_template

PATH = "/work/a b/Dockerfile"


@pytest.mark.parametrize(
    ("named", "arguments"),
    [
        ("code", ("code", "-g", f"{PATH}:12")),
        ("code --wait", ("code", "--wait", "-g", f"{PATH}:12")),
        ("'/opt/my editors/subl' -n", ("/opt/my editors/subl", "-n", f"{PATH}:12")),
        ("kate", ("kate", "--line", "12", PATH)),
        ("gedit -s", ("gedit", "-s", "+12", PATH)),
        ("gnome-text-editor", ("gnome-text-editor", PATH, "+12")),
        ("emacsclient -c", ("emacsclient", "-c", "+12", PATH)),
        ("pycharm", ("pycharm", "--line", "12", PATH)),
        ("notepad++.exe", ("notepad++.exe", "-n12", PATH)),
    ],
)
def test_a_graphical_editor_from_the_environment_is_used(named: str, arguments: tuple[str, ...]) -> None:
    for environment in ({"VISUAL": named, "EDITOR": "vi"}, {"EDITOR": named}, {"VISUAL": "vim", "EDITOR": named}):
        command = command_of_environment(environment, PATH, 12)
        assert command is not None
        assert command.arguments == arguments
        assert command.has_line


@pytest.mark.parametrize(
    "named",
    ["", "   ", "vi", "vim -g", "nano", "micro", "emacs -nw", "emacsclient", "emacsclient -t -c", "my-editor", "'open"],
)
def test_terminal_or_unknown_editors_are_not_started(named: str) -> None:
    assert command_of_environment({"VISUAL": named}, PATH, 12) is None


def test_the_editor_is_started_without_a_line_if_none_is_known() -> None:
    command = command_of_environment({"VISUAL": "kate"}, PATH, 0)
    assert command is not None
    assert (command.arguments, command.has_line) == (("kate", PATH), False)


def test_a_colon_in_a_name_is_not_taken_for_a_line() -> None:
    command = command_of_environment({"VISUAL": "code"}, "/work/Dockerfile:5", 12)
    assert command is not None
    assert (command.arguments, command.has_line) == (("code", "/work/Dockerfile:5"), False)
    command = command_of_environment({"VISUAL": "kate"}, "/work/Dockerfile:5", 12)
    assert command is not None
    assert command.arguments == ("kate", "--line", "12", "/work/Dockerfile:5")


@given(st.text(alphabet=st.characters(exclude_characters="\0/"), min_size=1), st.integers(1, 10_000))
def test_a_file_name_always_stays_a_single_argument(name: str, line: int) -> None:
    path = f"/work/{name}"
    command = command_of_template("editor --at {line} {file} --end", path, line)
    assert command.arguments == ("editor", "--at", str(line), path, "--end")
    joined = command_of_template("editor {file}:{line}", path, line)
    assert joined.arguments == ("editor", f"{path}:{line}")


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "the command is empty"),
        ("editor", "the command has no {file} after the program. Add {file} where the path goes"),
        ("{file}", "the command has no {file} after the program. Add {file} where the path goes"),
        ("editor '{file}", "the command has an unmatched quotation mark"),
        ("code.cmd -g {file}:{line}", "code.cmd: is a script, and Windows runs scripts in a shell"),
    ],
)
def test_a_command_that_cannot_be_used_is_refused(template: str, why: str) -> None:
    assert check_template(template).startswith(why)
    with pytest.raises(DataError):
        command_of_template(template, PATH, 1)


def test_shell_syntax_in_the_editor_command_is_not_interpreted() -> None:
    template = "editor $(id) `id` ; rm -rf / & {file} > x | y"
    assert command_of_template(template, PATH, 1).arguments == (
        *("editor", "$(id)", "`id`", ";", "rm", "-rf", "/", "&", PATH, ">", "x", "|", "y"),
    )


def test_on_windows_backslashes_are_part_of_paths() -> None:
    words = commands._split(r'"C:\Program Files\Code\Code.exe" -g {file}:{line}', windows=True)
    assert words == [r"C:\Program Files\Code\Code.exe", "-g", "{file}:{line}"]
