"""The command that opens a file in an editor at a line. It never passes through a shell. No Qt."""

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
_PLUS_LINE: Final = ("+{line}", "{file}")
_COLON_LINE: Final = ("{file}:{line}",)
_GO_TO_LINE: Final = ("-g", "{file}:{line}")

_EDITORS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("code", "code-insiders", "code-oss", "codium", "vscodium", "cursor", "windsurf"), _GO_TO_LINE),
    **dict.fromkeys(("subl", "sublime", "sublime_text", "zed", "zeditor", "zedit", "atom"), _COLON_LINE),
    **dict.fromkeys(("gedit", "pluma", "xed", "geany", "gvim", "mvim", "emacs", "emacsclient"), _PLUS_LINE),
    **dict.fromkeys(("kate", "kwrite", "mousepad", "mate"), _LINE_OPTION),
    **dict.fromkeys(
        ("idea", "pycharm", "goland", "webstorm", "phpstorm", "clion", "rubymine", "rider", "idea64", "pycharm64",
         "goland64", "webstorm64", "phpstorm64", "clion64", "rubymine64", "rider64"),
        _LINE_OPTION,
    ),
    "gnome-text-editor": ("{file}", "+{line}"),
    "notepad++": ("-n{line}", "{file}"),
}  # fmt: skip
"""The arguments of editors that have their own window and can open a file at a line, by program name.

Terminal editors (vi, vim, nano, micro, …) are not included: started from a window, they would have no terminal.
"""

_TERMINAL_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "emacs": frozenset(("-nw", "--no-window-system")),
    "emacsclient": frozenset(("-nw", "-t", "-tty", "--tty")),
}
"""Options that keep an editor in the terminal."""

_FRAME_OPTIONS: Final = frozenset(("-c", "--create-frame", "-r", "--reuse-frame", "-n", "--no-wait"))
"""Options of ``emacsclient`` that make it open a window. Without any of them, it may stay in the terminal."""

_SHELL_SCRIPTS: Final = (".bat", ".cmd")


@dataclass(frozen=True)
class EditorCommand:
    """The command to start.

    Attributes:
        arguments: the program, and its arguments.
        has_line: whether the arguments include the line.
    """

    arguments: tuple[str, ...]
    has_line: bool


def command_of_template(template: str, path: str, line: int) -> EditorCommand:
    """Return the command from the user's template.

    Args:
        template: words as in a shell, including quotes, with ``{file}`` and ``{line}``. Other shell syntax is not
            supported.
        path: the absolute path of the file.
        line: the line from 1; 0: not known, which means the first.

    Raises:
        DataError: the template is not a usable command.
    """
    return EditorCommand(_filled(_words(template), path, max(line, 1)), "{line}" in template)


def check_template(template: str) -> str:
    """Return why a template cannot be used; empty: it can."""
    try:
        _words(template)
    except DataError as error:
        return str(error)
    return ""


def command_of_environment(environment: Mapping[str, str], path: str, line: int) -> EditorCommand | None:
    """Return the command for the editor in ``VISUAL``, or else in ``EDITOR``; None: neither is known to have a window.

    Options in the variable are kept (``code --wait``). An unknown editor is not started, since it may need a terminal,
    or expect the line in a different form.
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
    """Return the command for a program with its options; None: it is not known to have a window."""
    name, options = _name(words[0]), frozenset(words[1:])
    arguments = _EDITORS.get(name)
    if arguments is None or options & _TERMINAL_OPTIONS.get(name, frozenset()):
        return None
    if name == "emacsclient" and not options & _FRAME_OPTIONS:
        return None
    if line < 1 or (any("{file}:" in argument for argument in arguments) and _has_colon(path)):
        return EditorCommand((*words, path), has_line=False)
    return EditorCommand((*words, *_filled(arguments, path, line)), has_line=True)


def _has_colon(path: str) -> bool:
    """Whether a path contains a colon: an editor would open ``Dockerfile:5:12`` as ``Dockerfile`` at line 5."""
    return ":" in os.path.splitdrive(path)[1]


def _filled(words: Sequence[str], path: str, line: int) -> tuple[str, ...]:
    """Fill in the file and the line in one pass, since a path may contain ``{line}``."""
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
        raise DataError("the command has no {file} after the program. Add {file} where the path goes")
    if words[0].lower().endswith(_SHELL_SCRIPTS):
        what = (
            "is a script, and Windows runs scripts in a shell, which could execute parts of a path. Enter the path of "
            "the .exe file instead"
        )
        raise DataError(what, where=words[0])
    return words


def _split(text: str, windows: bool = sys.platform == "win32") -> list[str]:
    """Split words as a shell does. On Windows, backslashes are part of paths. Raises ValueError if a quote is open."""
    if not windows:
        return shlex.split(text)
    return [word.strip('"') if word[:1] == word[-1:] == '"' else word for word in shlex.split(text, posix=False)]


def _name(program: str) -> str:
    return re.sub(r"\.exe$", "", re.split(r"[/\\]", program)[-1].lower())
