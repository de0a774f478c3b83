"""The command that opens a file in an editor at a line. No shell ever reads it. No Qt."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cacheview.model import DataError

__all__ = ["EditorCommand", "check_template", "command_of_environment", "command_of_program", "command_of_template"]

_LINE_OPTION: Final = ("--line", "{line}", "{file}")
_PLUS: Final = ("+{line}", "{file}")
_COLON: Final = ("{file}:{line}",)
_GO_TO: Final = ("-g", "{file}:{line}")

_EDITORS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("code", "code-insiders", "code-oss", "codium", "vscodium", "cursor", "windsurf"), _GO_TO),
    **dict.fromkeys(("subl", "sublime", "sublime_text", "zed", "zeditor", "zedit", "atom"), _COLON),
    **dict.fromkeys(("gedit", "pluma", "xed", "geany", "gvim", "mvim", "emacs", "emacsclient"), _PLUS),
    **dict.fromkeys(("kate", "kwrite", "mousepad", "mate"), _LINE_OPTION),
    **dict.fromkeys(
        ("idea", "pycharm", "goland", "webstorm", "phpstorm", "clion", "rubymine", "rider", "idea64", "pycharm64",
         "goland64", "webstorm64", "phpstorm64", "clion64", "rubymine64", "rider64"),
        _LINE_OPTION,
    ),
    "gnome-text-editor": ("{file}", "+{line}"),
    "notepad++": ("-n{line}", "{file}"),
}  # fmt: skip
"""Editors with a window of their own that go to a line, by the name of their program.

Those of a terminal (vi, vim, nano, micro, …) are not among them: started from a window they would have no terminal.
"""

_IN_TERMINAL: Final[Mapping[str, frozenset[str]]] = {
    "emacs": frozenset(("-nw", "--no-window-system")),
    "emacsclient": frozenset(("-nw", "-t", "-tty", "--tty")),
}
"""Options with which an editor stays in the terminal."""

_FRAME: Final = frozenset(("-c", "--create-frame", "-r", "--reuse-frame", "-n", "--no-wait"))
"""Options of ``emacsclient`` with which it has a window; without one of them it may stay in a terminal."""

_SHELL_SCRIPTS: Final = (".bat", ".cmd")


@dataclass(frozen=True)
class EditorCommand:
    """What is started.

    Attributes:
        arguments: the program first.
        has_line: they say the line.
    """

    arguments: tuple[str, ...]
    has_line: bool


def command_of_template(template: str, path: str, line: int) -> EditorCommand:
    """The command that a person has set.

    Args:
        template: words as in a shell, quotes too, with ``{file}`` and ``{line}`` in them; nothing else of a shell.
        path: absolute.
        line: from 1; 0: none is known, and the first is meant.

    Raises:
        DataError: it is not such a command.
    """
    return EditorCommand(_filled(_words(template), path, max(line, 1)), "{line}" in template)


def check_template(template: str) -> str:
    """Why a template cannot be used; empty: it can."""
    try:
        _words(template)
    except DataError as error:
        return str(error)
    return ""


def command_of_environment(environment: Mapping[str, str], path: str, line: int) -> EditorCommand | None:
    """The command for the editor that ``VISUAL``, otherwise ``EDITOR`` names; None: neither names one with a window.

    Options that stand there are kept (``code --wait``). Of an editor that cacheview does not know nobody can say
    whether it needs a terminal, or how it goes to a line: it is not started.
    """
    for name in ("VISUAL", "EDITOR"):
        try:
            words = _split(environment.get(name, ""))
        except ValueError:
            continue
        if words and (command := command_of_program(words, path, line)) is not None:
            return command
    return None


def command_of_program(words: Sequence[str], path: str, line: int) -> EditorCommand | None:
    """The command for a program with its options; None: it is not one that is known to have a window."""
    name, options = _name(words[0]), frozenset(words[1:])
    arguments = _EDITORS.get(name)
    if arguments is None or options & _IN_TERMINAL.get(name, frozenset()):
        return None
    if name == "emacsclient" and not options & _FRAME:
        return None
    if line < 1 or (any("{file}:" in argument for argument in arguments) and _has_colon(path)):
        return EditorCommand((*words, path), has_line=False)
    return EditorCommand((*words, *_filled(arguments, path, line)), has_line=True)


def _has_colon(path: str) -> bool:
    """Whether it would be taken for a line: of ``Dockerfile:5:12`` an editor opens ``Dockerfile`` at line 5."""
    return ":" in os.path.splitdrive(path)[1]


def _filled(words: Sequence[str], path: str, line: int) -> tuple[str, ...]:
    """Both at once: a path may have ``{line}`` in its name."""
    values = {"file": path, "line": str(line)}
    return tuple(re.sub(r"\{(file|line)\}", lambda match: values[match[1]], word) for word in words)


def _words(template: str) -> list[str]:
    try:
        words = _split(template)
    except ValueError:
        raise DataError("the command has an unmatched quotation mark") from None
    if not words:
        raise DataError("the command is empty")
    if not any("{file}" in word for word in words[1:]):
        raise DataError("the command has no {file} after the program; add it where the path goes")
    if words[0].lower().endswith(_SHELL_SCRIPTS):
        what = (
            "is a script, which Windows runs in a shell that could execute parts of a path; enter the path of the "
            ".exe instead"
        )
        raise DataError(what, where=words[0])
    return words


def _split(text: str, windows: bool = sys.platform == "win32") -> list[str]:
    """Words as in a shell; on Windows backslashes are part of paths. Raises ValueError for a quote that stays open."""
    if not windows:
        return shlex.split(text)
    return [word.strip('"') if word[:1] == word[-1:] == '"' else word for word in shlex.split(text, posix=False)]


def _name(program: str) -> str:
    return re.sub(r"\.exe$", "", re.split(r"[/\\]", program)[-1].lower())
