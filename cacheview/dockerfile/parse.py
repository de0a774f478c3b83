"""One Dockerfile instruction taken apart, nothing resolved yet.

The rules are those of BuildKit's parser as moby 71ebfc7 has it (``frontend/dockerfile/parser``): continuation
lines, comments, leading flags, the JSON form, quoted words, heredocs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.gotext import GO_SPACE
from cacheview.model import DataError

__all__ = ["INSTRUCTIONS", "Instruction", "heredoc_name", "parse_instruction"]

_BLANK = re.compile(r"[\t\v\f\r ]+")
_SPACE = re.compile(f"[{GO_SPACE}]+")
_ESCAPE_DIRECTIVE = re.compile(r"#\s*escape\s*=\s*(\S+)\s*", re.IGNORECASE)
_HEREDOC = re.compile(r"[0-9]*<<(-?)([^<]*)", re.ASCII)
_MAX_LINE = 65_535  # bytes; what Go's line scanner takes

_Arguments = tuple[list[str], bool]
"""The arguments, and whether they came in the JSON form."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    Attributes:
        name: in capitals (``RUN``).
        flags: leading words that begin with ``--``, unquoted.
        args: as the instruction divides them: one for a shell form; the strings of a JSON form; name, value,
            name, value … for ``ENV`` and ``LABEL``; for ``ONBUILD`` the inner name first.
        is_json: the JSON form was used.
        line: the whole instruction in one line, continuation lines joined.
        heredocs: name and content of each heredoc that follows it.
        escape: the escape character in force.
    """

    name: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    is_json: bool
    line: str
    heredocs: tuple[tuple[str, str], ...] = ()
    escape: str = "\\"


def parse_instruction(text: str) -> Instruction:
    """Take the one instruction of a text apart; comments before and after it are passed over.

    Raises:
        DataError: there is none, or more than one, or it is not written as Docker reads it.
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text.removeprefix("\ufeff"))
    if any(len(line.encode(errors="replace")) > _MAX_LINE for line in lines):
        raise DataError(f"a line is longer than {_MAX_LINE:,} bytes, which Docker refuses; break it with a backslash")
    escape = _escape_of(lines)
    line, rest = _join(lines, escape)
    if not line:
        raise DataError("there is no instruction; write one, such as RUN make")
    name, flags, (args, is_json) = _take_apart(line, escape)
    heredocs: list[tuple[str, str]] = []
    if _takes_heredocs(name, args) and not is_json:
        heredocs, rest = _heredocs(line, rest)
    if more := next((extra.strip() for extra in rest if not _is_passed_over(extra)), ""):
        raise DataError(f"more than one instruction: {more[:80]!r} follows; give one at a time")
    return Instruction(name, tuple(flags), tuple(args), is_json, line, tuple(heredocs), escape)


def _is_passed_over(line: str) -> bool:
    return line.lstrip(GO_SPACE)[:1] in ("", "#")


def _escape_of(lines: list[str]) -> str:
    match = _ESCAPE_DIRECTIVE.fullmatch(lines[0].rstrip("\r\n")) if lines else None
    if match is None:
        return "\\"
    if match[1] not in ("\\", "`"):
        raise DataError(f"escape={match[1][:20]} is neither \\ nor `, and Docker knows no other")
    return match[1]


def _join(lines: list[str], escape: str) -> tuple[str, list[str]]:
    """The first instruction as one line, and the lines after it."""
    token = re.escape(escape)
    continued = re.compile(rf"(?:(?<=[^{token}])|^){token}[ \t]*\Z")
    joined, open_ended = "", False
    for number, raw in enumerate(lines):
        if _is_passed_over(raw):
            continue
        line = raw.rstrip("\r\n")
        shortened = continued.sub("", line if open_ended else line.lstrip(GO_SPACE))
        open_ended = bool(continued.search(line))
        joined += shortened
        if not open_ended and joined:
            return joined, lines[number + 1 :]
    return joined, []


def _take_apart(line: str, escape: str) -> tuple[str, list[str], _Arguments]:
    word, *others = _BLANK.split(line.strip(GO_SPACE), maxsplit=1)
    name = word.upper() if word.isascii() else word
    flags, rest = _leading_flags(others[0]) if others else ([], "")
    rest = rest.strip(GO_SPACE)
    if name == "ONBUILD" and rest:
        if _BLANK.split(rest, maxsplit=1)[0].upper() == "ONBUILD":
            raise DataError("a trigger cannot be an ONBUILD itself", where=name)
        inner, _, (args, is_json) = _take_apart(rest, escape)  # its flags are judged when the trigger runs
        return name, flags, ([inner, *args], is_json)
    read = _READERS.get(name)
    if read is None:
        return name, flags, ([], False)
    try:
        return name, flags, read(rest, escape)
    except DataError as error:
        raise error.at(name) from None


def _leading_flags(text: str) -> tuple[list[str], str]:
    """The words in front that begin with ``--``, and the text after them."""
    # Docker goes through the bytes here, so a flag that is not ASCII comes out as Latin-1.
    line = text.encode(errors="replace").decode("latin-1")
    flags: list[str] = []
    at = 0
    while True:
        while line[at : at + 1] and line[at] in GO_SPACE:
            at += 1
        if not line.startswith("--", at):
            break
        word, at = _flag(line, at)
        if word == "--":
            break
        flags.append(word)
    return flags, line[at:].encode("latin-1").decode(errors="replace")


def _flag(line: str, at: int) -> tuple[str, int]:
    """One word with its quotes and escapes resolved, and where it ends."""
    word, quoted = "", ""
    while at < len(line):
        char = line[at]
        if char == "\\":
            word += line[at + 1 : at + 2]
            at += 2
            continue
        if quoted:
            quoted, char = ("", "") if char == quoted else (quoted, char)
        elif char in GO_SPACE:
            break
        elif char in "'\"":
            quoted, char = char, ""
        word += char
        at += 1
    return word, min(at, len(line))


def _words(text: str, escape: str) -> list[str]:
    """Words divided at white space that is neither quoted nor escaped; quotes and escapes stay."""
    words: list[str] = []
    word, quoted, at = "", "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == escape and quoted != "'":
            if at == len(text):
                break  # nothing to escape
            word += char + text[at]
            at += 1
            continue
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in GO_SPACE:
            if word:
                words.append(word)
            word = ""
            continue
        elif char in "'\"":
            quoted = char
        word += char
    return [*words, word] if word else words


def _json_strings(text: str) -> list[str] | None:
    """The strings of the JSON array that a text begins with; None where it begins with none.

    What follows the array is passed over, as Docker does.
    """
    text = text.lstrip(GO_SPACE)
    if not text.startswith("["):
        return None
    try:
        values, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)
    except RecursionError:
        values = [None]
    except ValueError:
        return None
    if not all(isinstance(value, str) for value in values):
        raise DataError('the JSON form takes strings only; quote each: ["a", "1"]')
    return [re.sub("[\ud800-\udfff]", "\ufffd", value) for value in values]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole(text: str, escape: str) -> _Arguments:
    del escape
    return ([text] if text else []), False


def _json_or_whole(text: str, escape: str) -> _Arguments:
    strings = _json_strings(text)
    return _whole(text, escape) if strings is None else (strings, True)


def _split(text: str, escape: str) -> _Arguments:
    del escape
    return (_BLANK.split(text) if text else []), False


def _json_or_split(text: str, escape: str) -> _Arguments:
    strings = _json_strings(text)
    return _split(text, escape) if strings is None else (strings, True)


def _typed(text: str, escape: str) -> _Arguments:
    """``HEALTHCHECK``: its kind, then a command."""
    kind, *others = _SPACE.split(text, maxsplit=1)
    if not kind:
        return [], False
    args, is_json = _json_or_whole(others[0] if others else "", escape)
    return [kind, *args], is_json


def _quoted_words(text: str, escape: str) -> _Arguments:
    return _words(text, escape), False


def _pairs(text: str, escape: str) -> _Arguments:
    """``name=value …``, or the old form ``name value``, where the first word has no ``=``."""
    words = _words(text, escape)
    if words and "=" not in words[0]:
        old_form = _BLANK.split(text, maxsplit=1)
        if len(old_form) < 2:
            raise DataError(f"{words[0][:80]!r} has no value; write name=value")
        return old_form, False
    args: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise DataError(f"no '=' in {word[:80]!r}; write name=value, and quote a value that has spaces")
        args += [name, value]
    return args, False


_READERS: dict[str, Callable[[str, str], _Arguments]] = {
    "ADD": _json_or_split,
    "ARG": _quoted_words,
    "CMD": _json_or_whole,
    "COPY": _json_or_split,
    "ENTRYPOINT": _json_or_whole,
    "ENV": _pairs,
    "EXPOSE": _split,
    "FROM": _split,
    "HEALTHCHECK": _typed,
    "LABEL": _pairs,
    "MAINTAINER": _whole,
    "RUN": _json_or_whole,
    "SHELL": _json_or_whole,
    "STOPSIGNAL": _whole,
    "USER": _whole,
    "VOLUME": _json_or_split,
    "WORKDIR": _whole,
}

INSTRUCTIONS: tuple[str, ...] = (*_READERS, "ONBUILD")
"""The names of all instructions."""


def _takes_heredocs(name: str, args: list[str]) -> bool:
    inner = args[0] if name == "ONBUILD" and args else name
    return inner in ("ADD", "COPY", "RUN")


def heredoc_name(word: str) -> tuple[str, bool] | None:
    """The name that ends the heredoc which a word opens (``<<-EOF``), and whether tabs before it count."""
    match = _HEREDOC.fullmatch(word)
    names = Lexer({}, keep_unset=True).words(match[2]) if match else []
    return (names[0], not (match and match[1])) if len(names) == 1 else None


def _heredocs(line: str, rest: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The heredocs that a line opens, read from the lines after it, and the lines after those."""
    try:
        words = Lexer({}, keep_quotes=True, keep_escapes=True, keep_unset=True).words(line)
    except DataError:
        return [], rest  # with a quote left open no word can be told, and Docker looks for none
    heredocs = []
    for name, tabs_count in filter(None, map(heredoc_name, words)):
        content = ""
        for number, raw in enumerate(rest):
            bare = raw.rstrip("\r\n")
            if (bare if tabs_count else bare.lstrip("\t")) == name:
                rest = rest[number + 1 :]
                break
            content += raw
        else:
            raise DataError(f"the heredoc <<{name[:40]} is not ended; end it with a line that is {name[:40]!r} alone")
        heredocs.append((name, content))
    return heredocs, rest
