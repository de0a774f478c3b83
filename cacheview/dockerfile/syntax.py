"""One line of a Dockerfile split into an instruction's name, flags and arguments, which are not resolved.

The rules are those of BuildKit's line parsers (``frontend/dockerfile/parser``: split_command.go, line_parsers.go). A
byte that is not UTF-8 is kept as a surrogate escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.gotext import GO_SPACE, lower, printable, quote
from cacheview.dockerfile.json_form import NOT_STRINGS, NotStringsError, json_strings
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.model import DataError
from cacheview.model.effort import go_on

__all__ = ["INSTRUCTIONS", "Instruction", "heredoc_name", "heredoc_names", "parse_line"]

_BLANK: Final = re.compile(r"[\t\v\f\r ]+")
_MAX_NESTING: Final = 1_000
_HEREDOC: Final = re.compile(r"([0-9]*)<<(-?)([^<]*)")
_HEREDOC_WITH_SPACE: Final = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")

_Arguments = tuple[list[str], bool]
"""The arguments, and whether they are in JSON form."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    Attributes:
        name: in capitals (``RUN``).
        flags: leading words that begin with ``--``, unquoted.
        args: divided as for this instruction: one for a shell form; the strings of a JSON form; name, value, name,
            value … for ``ENV`` and ``LABEL``; for ``ONBUILD``, the inner name first.
        is_json: whether they are in JSON form.
        line: the complete instruction in one line, with continuation lines joined.
        heredocs: the name and content of each heredoc that follows it.
        escape: the escape character of the Dockerfile.
        start_line, end_line: its first and last line in the file, from 1; 0 if it is not from a file.
    """

    name: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    is_json: bool
    line: str
    heredocs: tuple[tuple[str, str], ...] = ()
    escape: str = "\\"
    start_line: int = 0
    end_line: int = 0

    @property
    def original(self) -> str:
        """The text that ``docker build`` prints in ``Step 1/2 : …``."""
        return printable(self.line.strip(GO_SPACE))

    @property
    def word(self) -> str:
        """Its name as written."""
        return _BLANK.split(self.line.strip(GO_SPACE), maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class _LineSettings:
    """The settings for reading a line."""

    escape: str
    release: BuilderRelease


def parse_line(line: str, escape: str, release: BuilderRelease) -> Instruction:
    """Return the instruction on a line, without heredocs and line numbers.

    Raises:
        BuildRefusedError: it is not valid in Docker.
        DataError: it is nested too deeply to be replayed.
    """
    settings = _LineSettings(escape, release)
    outer: list[tuple[str, tuple[str, ...]]] = []
    rest = line
    while True:  # once, except for triggers
        word, flags, rest = _split_command(rest, settings)
        name = _canonical(word)
        if name != "ONBUILD" or not rest:
            break
        outer.append((name, flags))
        if len(outer) > _MAX_NESTING:
            raise DataError(f"ONBUILD is nested more than {_MAX_NESTING:,} levels deep, so it is not replayed")
    reader = _READERS.get(name)
    try:
        args, is_json = reader(rest, settings) if reader is not None else ([], False)
    except BuildRefusedError as error:
        raise BuildRefusedError(error.what, message=error.message, instruction=name) from None
    if outer:
        args = [*(inner for inner, _ in outer[1:]), name, *args]
        name, flags = outer[0]
    return Instruction(name, flags, tuple(args), is_json, line, escape=escape)


def _canonical(word: str) -> str:
    """Return the word in capitals if it is the name of an instruction."""
    return _BY_SMALL_NAME.get(lower(word), word)


def _split_command(line: str, settings: _LineSettings) -> tuple[str, tuple[str, ...], str]:
    word, *others = _BLANK.split(line.strip(GO_SPACE), maxsplit=1)
    flags, rest = _leading_flags(others[0], settings) if others else ([], "")
    return word, tuple(flags), rest.strip(GO_SPACE)


def _leading_flags(text: str, settings: _LineSettings) -> tuple[list[str], str]:
    """Return the leading words that begin with ``--``, and the text after them."""
    # Docker reads bytes here, so a flag that is not ASCII is read as Latin-1.
    line = text.encode(errors="surrogateescape").decode("latin-1")
    escape = settings.escape if settings.release.flags_use_escape else "\\"
    flags: list[str] = []
    at = 0
    while True:
        while line[at : at + 1] and line[at] in GO_SPACE:
            at += 1
        if not line.startswith("--", at):
            break
        word, quoted, at = _flag(line, at, escape)
        if word == "--":
            break
        if word or quoted:
            flags.append(word)
    return flags, line[at:].encode("latin-1").decode(errors="surrogateescape")


def _flag(line: str, at: int, escape: str) -> tuple[str, bool, int]:
    """Return one word with its quotes and escapes resolved, whether it had quotes, and the index of its end."""
    letters: list[str] = []
    quoted, had_quotes = "", False
    while at < len(line):
        char = line[at]
        if quoted and char == quoted:
            quoted, char = "", ""
        elif not quoted and char in GO_SPACE:
            break
        elif not quoted and char in "'\"":
            quoted, had_quotes, char = char, True, ""
        elif char == escape:
            at += 1
            char = line[at : at + 1]  # empty at the end of the line, where the escape is dropped
        letters.append(char)
        at += 1
    return "".join(letters), had_quotes, min(at, len(line))


def _words(text: str, settings: _LineSettings) -> list[str]:
    """Return the words, divided at white space that is neither quoted nor escaped. Quotes and escapes are kept."""
    words: list[str] = []
    letters: list[str] = []
    quoted, at = "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == settings.escape and quoted != "'":
            if at == len(text):
                break  # nothing to escape
            letters += (char, text[at])
            at += 1
            continue
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in GO_SPACE:
            if letters:
                words.append("".join(letters))
                if not len(words) % 512:
                    go_on()
            letters = []
            continue
        elif char in "'\"":
            quoted = char
        letters.append(char)
    words = [*words, "".join(letters)] if letters else words
    return [re.sub("[\udc80-\udcff]", "\ufffd", word) for word in words]


def _whole(text: str, settings: _LineSettings) -> _Arguments:
    del settings
    return ([text] if text else []), False


def _strings(text: str, settings: _LineSettings) -> list[str] | None:
    try:
        return json_strings(text, to_the_end=settings.release.requires_json_to_end)
    except NotStringsError:
        raise BuildRefusedError(
            'the JSON form accepts only strings; quote each element, as in ["a", "1"]', message=NOT_STRINGS
        ) from None


def _json_or_whole(text: str, settings: _LineSettings) -> _Arguments:
    strings = _strings(text, settings)
    return _whole(text, settings) if strings is None else (strings, True)


def _split(text: str, settings: _LineSettings) -> _Arguments:
    del settings
    return (_BLANK.split(text) if text else []), False


def _json_or_split(text: str, settings: _LineSettings) -> _Arguments:
    strings = _strings(text, settings)
    return _split(text, settings) if strings is None else (strings, True)


def _typed(text: str, settings: _LineSettings) -> _Arguments:
    """Read the arguments of ``HEALTHCHECK``: its kind, then a command."""
    # Docker reads bytes here too, as for flags.
    match = re.match(f"([^{_ONE_BYTE_SPACE}]*)[{_ONE_BYTE_SPACE}]*", line := _as_latin_1(text))
    kind, rest = (_from_latin_1(match[1]), _from_latin_1(line[match.end() :])) if match else ("", "")
    if not kind:
        return [], False
    args, is_json = _json_or_whole(rest, settings)
    return [kind, *args], is_json


_ONE_BYTE_SPACE: Final = "\t\n\v\f\r \x85\xa0"


def _as_latin_1(text: str) -> str:
    return text.encode(errors="surrogateescape").decode("latin-1")


def _from_latin_1(text: str) -> str:
    return text.encode("latin-1").decode(errors="surrogateescape")


def _quoted_words(text: str, settings: _LineSettings) -> _Arguments:
    return _words(text, settings), False


def _pairs_of(name: str) -> Callable[[str, _LineSettings], _Arguments]:
    """Return a reader of ``name=value …``, or of the old form ``name value``, in which the first word has no ``=``."""

    def read(text: str, settings: _LineSettings) -> _Arguments:
        words = _words(text, settings)
        if words and "=" not in words[0]:
            old_form = _BLANK.split(text, maxsplit=1)
            if len(old_form) < 2:
                what = f"{words[0][:80]!r} has no value; use name=value"
                raise BuildRefusedError(what, message=f"{name} must have two arguments")
            return old_form, False
        args: list[str] = []
        for word in words:
            key, equals, value = word.partition("=")
            if not equals:
                what = f"no '=' in {word[:80]!r}; use name=value, and quote values that contain spaces"
                message = f"Syntax error - can't find = in {quote(word)}. Must be of the form: name=value"
                raise BuildRefusedError(what, message=message)
            args += [key, value]
        return args, False

    return read


_READERS: Final[Mapping[str, Callable[[str, _LineSettings], _Arguments]]] = {
    "ADD": _json_or_split,
    "ARG": _quoted_words,
    "CMD": _json_or_whole,
    "COPY": _json_or_split,
    "ENTRYPOINT": _json_or_whole,
    "ENV": _pairs_of("ENV"),
    "EXPOSE": _split,
    "FROM": _split,
    "HEALTHCHECK": _typed,
    "LABEL": _pairs_of("LABEL"),
    "MAINTAINER": _whole,
    "RUN": _json_or_whole,
    "SHELL": _json_or_whole,
    "STOPSIGNAL": _whole,
    "USER": _whole,
    "VOLUME": _json_or_split,
    "WORKDIR": _whole,
}

INSTRUCTIONS: Final[tuple[str, ...]] = (*_READERS, "ONBUILD")
"""The names of all instructions."""

_BY_SMALL_NAME: Final = {name.lower(): name for name in INSTRUCTIONS}


def heredoc_name(word: str, release: BuilderRelease = NEWEST_RELEASE) -> tuple[str, bool] | None:
    """Return the name that ends the heredoc which a word opens (``<<-EOF``), and whether tabs before it matter.

    Returns None if the word does not open a heredoc.
    """
    try:
        return _heredoc_name(word, release) if release.reads_heredocs else None
    except BuildRefusedError:
        return None


def _heredoc_name(word: str, release: BuilderRelease) -> tuple[str, bool] | None:
    match = (_HEREDOC_WITH_SPACE if release.allows_heredoc_spaces else _HEREDOC).fullmatch(word)
    if match is None or not match[3]:
        return None
    names = Lexer({}, keep_unset=True, release=release).words(match[3])
    return (names[0], not match[2]) if len(names) == 1 else None


def heredoc_names(instruction: Instruction, release: BuilderRelease) -> list[tuple[str, bool]]:
    """Return the names of all heredocs that an instruction opens, in order; see `heredoc_name`.

    Raises:
        BuildRefusedError: a name cannot be resolved.
    """
    name = instruction.name
    if name == "ONBUILD" and instruction.args:
        name = instruction.args[0]
    if not release.reads_heredocs or name not in ("ADD", "COPY", "RUN") or instruction.is_json:
        return []
    if "<<" not in instruction.line:
        return []
    lexer = Lexer({}, keep_quotes=True, keep_escapes=True, keep_unset=True, release=release)
    try:
        words = lexer.words(instruction.line)
    except BuildRefusedError:
        return []  # after an unclosed quote, there are no words to find, and Docker does not look for any
    return [result for word in words if (result := _heredoc_name(word, release)) is not None]
