"""The forms in which values of variables, build arguments and labels appear in commands and history.

A value in text may have been quoted: by Go (``%q``, in ``CMD ["a" "b"]``), as JSON, in a URL, or by the author of the
command. Every piece ends at a space, because commands are compared as lists of words and as their joined text, and both
must be redacted the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, unquote

from cacheview.model import ContainerConfig, ImageConfig
from cacheview.platforms.gotext import escaped

__all__ = ["MIN_PIECE_CHARACTERS", "argument_values", "dockerfile_values", "history_values", "label_values", "pieces"]

MIN_PIECE_CHARACTERS: Final = 4
"""The shortest length of a piece that is redacted. Shorter ones cannot be distinguished from other text."""

_UNQUOTED_RUN: Final = re.compile(r"[^\s\x00-\x1f\x7f\"'`\\<>&$]+")
"""The characters that no quoting changes."""

_URL: Final = re.compile(r"://([^\s/@]*)@")
_HEX: Final = re.compile(r"%[0-9A-F]{2}")
_QUERY: Final = re.compile(r"[?&][^\s=&#]*=([^\s&#]+)")
_INSTRUCTION: Final = re.compile(r"(?:.*#\(nop\) +)?(ENV|ARG|LABEL) (.*)", re.DOTALL)
"""The forms in which builders write an instruction that only changes the config.

The classic builder adds ``#(nop)`` (moby ``builder/dockerfile/dispatchers.go``); BuildKit does not
(``frontend/dockerfile/dockerfile2llb/convert.go``).
"""

_ARGUMENTS: Final = re.compile(r"(?:RUN )?\|([0-9]{1,9}) (.*)", re.DOTALL)
"""The count of build arguments before a command. Both builders write it, followed by each argument with its value."""

_LINE_CONTINUATION: Final = re.compile(r"[\\`][ \t]*\r?\n")
_VARIABLE: Final = re.compile(r"\$\{\w+(?::?[-+?])?|\$\w+|\}")
"""A reference to a variable in a Dockerfile, without its default, so that the default stays."""

_KEY: Final = re.compile(r"[\w.\-/\"]+")
_SHELL_COMMANDS: Final = (" /bin/sh -c ", " /bin/bash ", " cmd /S /C ", " powershell ")

_HTML_ESCAPES: Final = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)
"""The further characters that Go's ``encoding/json`` escapes."""


def pieces(value: str) -> Iterator[str]:
    """Yield the forms of a value and its parts in text. None has a space or is shorter than `MIN_PIECE_CHARACTERS`."""
    for piece in _all_pieces(value):
        yield from (word for word in piece.split(" ") if len(word) >= MIN_PIECE_CHARACTERS)


def _all_pieces(value: str) -> Iterator[str]:
    yield value
    if not (value.isascii() and value.isalnum()):
        once = _go_quoted(value)
        in_json = json.dumps(value, ensure_ascii=False)[1:-1]
        yield from (once, _go_quoted(once), in_json, in_json.translate(_HTML_ESCAPES), json.dumps(value)[1:-1])
        yield from (_go_quoted(in_json), unquote(value))
        for in_url in (quote(value), quote(value, safe="")):
            yield from (in_url, _HEX.sub(lambda result: result[0].lower(), in_url))
        yield from _UNQUOTED_RUN.findall(value)
        for user in _URL.findall(value):
            yield from (part for entry in (user, unquote(user)) for part in entry.partition(":")[::2])
        for entry in _QUERY.findall(value):
            yield from (entry, unquote(entry))


def _go_quoted(text: str) -> str:
    """Quote as Go's ``strconv.Quote`` does, without the outer quotes."""
    return "".join(escaped(char, '"') for char in text)


def argument_values(config: ContainerConfig) -> Iterator[str]:
    """Yield the values of variables in a config, and of variables and build arguments in its command."""
    yield from (entry.partition("=")[2] for entry in config.Env or ())
    command = config.Cmd or ()
    count = command[0][1:] if command and command[0].startswith("|") else ""
    if count.isascii() and count.isdecimal() and len(count) < 10:
        yield from (argument.partition("=")[2] for argument in command[1 : 1 + int(count)])
    for text in (*command[:1], *command[-1:], *(config.OnBuild or ())):
        yield from _values_in(text, ("ENV", "ARG"))


def label_values(config: ContainerConfig) -> Iterator[str]:
    """Yield the values of labels in a config and its command."""
    yield from (config.Labels or {}).values()
    for text in (*(config.Cmd or ())[-1:], *(config.OnBuild or ())):
        yield from _values_in(text, ("LABEL",))


def history_values(config: ImageConfig, *, env: bool, labels: bool) -> Iterator[str]:
    """Yield the values that only the history contains: replaced variables and labels, and build arguments."""
    names = (("ENV", "ARG") if env else ()) + (("LABEL",) if labels else ())
    for entry in config.history or ():
        yield from _values_in(entry.created_by, names)
        if env:
            yield from _arguments(entry.created_by)


def dockerfile_values(text: str, *, env: bool, labels: bool) -> Iterator[str]:
    """Yield the values that a Dockerfile gives to variables, arguments and labels.

    Those used in names of bases are left out: arguments before the first ``FROM``, and the variables in them.
    """
    names = (("ENV", "ARG") if env else ()) + (("LABEL",) if labels else ())
    has_begun = False
    for line in _LINE_CONTINUATION.sub(" ", text).splitlines():
        name, *rest = line.split(None, 1) or [""]
        if name.upper() == "ONBUILD" and rest:
            name, *rest = rest[0].split(None, 1)
        has_begun = has_begun or name.upper() == "FROM"
        if rest and (has_begun or name.upper() != "ARG"):
            key, _, value = rest[0].partition(" ")
            pairs = rest[0] if "=" in key or name.upper() == "ARG" else f"{key}={value}"  # ENV NAME value
            for each in _values_in(f"{name.upper()} {pairs}", names):
                yield from _VARIABLE.sub(" ", each).split()


def _values_in(text: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the values of an instruction such as ``ENV A=b C=d``. The end of a value with spaces is ambiguous."""
    match = _INSTRUCTION.fullmatch(text)
    if match is None or match[1] not in names:
        return
    rest = match[2].removesuffix(" # buildkit")
    first, _, declared = rest.partition(" ")
    is_declared = match[1] == "ARG" and "=" not in first  # ARG NAME: a name without a value
    yield from _values(declared if is_declared else rest)


def _arguments(text: str) -> Iterator[str]:
    match = _ARGUMENTS.match(text)
    if match is not None:
        ends = [at for shell in _SHELL_COMMANDS if (at := match[2].find(shell)) >= 0]
        yield from _values(match[2][: min(ends)] if ends else match[2])


def _values(text: str) -> Iterator[str]:
    for word in text.split(" "):
        name, equals, value = word.partition("=")
        yield value if equals and _KEY.fullmatch(name) else word
