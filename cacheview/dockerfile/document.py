"""A complete Dockerfile, divided into instructions.

The rules are those of BuildKit's parser (``frontend/dockerfile/parser``: parser.go, directives.go), and of moby's
``builder/remotecontext/detect.go``, which reads the file first. A byte that is not UTF-8 is kept as a surrogate escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from cacheview.dockerfile.buildkit import heredoc_before, hinted
from cacheview.dockerfile.gotext import GO_SPACE, lower, printable
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.syntax import Instruction, heredoc_names, parse_line
from cacheview.model import DataError
from cacheview.model.effort import go_on

__all__ = ["ParsedDockerfile", "parse", "read_document"]

_MAX_DOCKERFILE_BYTES: Final = 16 << 20
_MAX_INSTRUCTIONS: Final = 100_000
_MAX_LINE_BYTES: Final = 65_535  # the limit of Go's line scanner without the line end
_BOM: Final = b"\xef\xbb\xbf"
_ASCII_SPACE: Final = b"\t\n\v\f\r "
_RE2_SPACE: Final = r"[\t\n\f\r ]"
_DIRECTIVE: Final = re.compile(
    rf"([a-zA-Z][a-zA-Z0-9]*){_RE2_SPACE}*={_RE2_SPACE}*([^\n]+?){_RE2_SPACE}*", re.ASCII | re.DOTALL
)

_VERB: Final = re.compile(r"%[+\-# 0]*[0-9]*(?:\.[0-9]*)?(.?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ParsedDockerfile:
    """A parsed Dockerfile.

    Attributes:
        instructions: in order; there is at least one.
        escape: the escape character.
        warnings: one line each, as the builder prints them before the first step.
    """

    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    warnings: tuple[str, ...] = ()


def read_document(data: bytes, release: BuilderRelease, *, name: str = "Dockerfile") -> ParsedDockerfile:
    """Divide a Dockerfile into instructions.

    Args:
        data: the complete file.
        release: the builder.
        name: its path in the context, which the daemon's errors contain.

    Raises:
        BuildRefusedError: the builder refuses it before the first step; ``message`` is the daemon's message.
        DataError: it is too big to be replayed.
    """
    if not data:
        message = f"the Dockerfile ({name}) cannot be empty"
        raise BuildRefusedError("the Dockerfile is empty; start with FROM", message=message)
    try:
        return parse(data, release)
    except BuildRefusedError as error:
        message = printable(f"failed to parse {name}: {error.message}")
        raise BuildRefusedError(error.what, message=message, line=error.line, instruction=error.instruction) from None


def parse(data: bytes, release: BuilderRelease) -> ParsedDockerfile:
    """Divide a text that is not a file, such as a trigger, into instructions. Messages do not contain a file name."""
    if len(data) > _MAX_DOCKERFILE_BYTES:
        raise DataError(f"the Dockerfile is larger than {_MAX_DOCKERFILE_BYTES:,} bytes, the limit for a replay")
    return _DockerfileReader(data, release).document()


class _Lines:
    """The lines of a file with their ends, like Go's scanner, which stops at one that is too long."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.too_long = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        start = self.at
        if start >= len(self.data) or self.too_long:
            raise StopIteration
        end = self.data.find(b"\n", start, start + _MAX_LINE_BYTES + 1)
        if end >= 0:
            self.at = end + 1
        elif len(self.data) - start <= _MAX_LINE_BYTES:
            self.at = len(self.data)
        else:
            self.too_long = True
            raise StopIteration
        return self.data[start : self.at]


@dataclass(slots=True)
class _DockerfileReader:
    """One pass over one file."""

    data: bytes
    release: BuilderRelease
    lines: _Lines = field(init=False)
    number: int = 0
    escape: str = "\\"
    directives: set[str] | None = field(default_factory=set)  # None: no more are allowed
    instructions: list[Instruction] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = _Lines(self.data)

    def document(self) -> ParsedDockerfile:
        for raw in self.lines:
            if self.directives is None and raw.startswith((b"#", b"\n")):
                self.number += 1
                continue
            line = self._line(raw.removeprefix(_BOM) if not self.number else raw, is_first=True)
            self.number += 1
            start = self.number
            text, continues = self._cut(line)
            if not text and not continues:
                continue
            self._add(self._joined(text, continues), start)
        if self.lines.too_long:
            message = f"dockerfile line greater than max allowed size of {_MAX_LINE_BYTES}"
            raise BuildRefusedError(
                f"a line is longer than {_MAX_LINE_BYTES:,} bytes, Docker's limit; break the line with a backslash",
                message=message if self.instructions else "file with no instructions",
                line=self.number + 1,
            )
        if not self.instructions:
            raise BuildRefusedError("there are no instructions", message="file with no instructions", line=self.number)
        return ParsedDockerfile(tuple(self.instructions), self.escape, self._all_warnings())

    def _all_warnings(self) -> tuple[str, ...]:
        if not self.warnings:
            return ()
        last = "[WARNING]: Empty continuation lines will become errors in a future release."
        return (*self.warnings, last)

    def _joined(self, text: bytes, continues: bool) -> str:
        """Return an instruction with its continuation lines."""
        pieces, has_empty = [text], False
        while continues:
            if not self.number % 512:
                go_on()
            raw = next(self.lines, None)
            if raw is None:
                break
            if raw == b"\n":
                self.number, has_empty, self.directives = self.number + 1, True, None
                continue
            line = self._line(raw, is_first=False)
            self.number += 1
            if _left_stripped(raw).startswith(b"#"):
                continue
            if not _left_stripped(line):
                has_empty = True
                continue
            text, continues = self._cut(line)
            pieces.append(text)
        joined = b"".join(pieces).decode(errors="surrogateescape")
        if has_empty:
            self.warnings.append(printable(_warning(joined, self.release)))
        return joined

    def _add(self, text: str, start: int) -> None:
        if len(self.instructions) >= _MAX_INSTRUCTIONS:
            raise DataError(f"the Dockerfile has more than {_MAX_INSTRUCTIONS:,} instructions, the limit for a replay")
        try:
            instruction = parse_line(text, self.escape, self.release)
            heredocs = tuple(self._heredoc(*start_tag) for start_tag in heredoc_names(instruction, self.release))
        except BuildRefusedError as error:
            refusal = BuildRefusedError(error.what, message=error.message, line=start, instruction=error.instruction)
            raise hinted(refusal, heredoc_before(self.instructions, self.release)) from None
        self.instructions.append(replace(instruction, heredocs=heredocs, start_line=start, end_line=self.number))

    def _heredoc(self, name: str, tabs_count: bool) -> tuple[str, str]:
        """Return the name and the content of a heredoc."""
        end = name.encode(errors="surrogateescape")
        content: list[bytes] = []
        for raw in self.lines:
            self.number += 1
            bare = raw.rstrip(b"\r\n")
            if (bare if tabs_count else bare.lstrip(b"\t")) == end:
                return name, b"".join(content).decode(errors="surrogateescape")
            content.append(raw)
        what = f"the heredoc <<{name[:40]} is unterminated; end it with a line that contains only {name[:40]!r}"
        raise BuildRefusedError(what, message="unterminated heredoc")

    def _line(self, raw: bytes, *, is_first: bool) -> bytes:
        """Return a line without its end, or nothing for a comment, after applying any directive in it."""
        if self.release.keeps_carriage_returns:
            line = raw.removesuffix(b"\n")
            line = line.removesuffix(b"\r")
        else:
            line = raw.rstrip(b"\r\n")
        if is_first:
            line = _left_stripped(line)
        if self.directives is not None:
            self._read_directive(line)
        return b"" if line.startswith(b"#") else line

    def _read_directive(self, line: bytes) -> None:
        """Apply a parser directive; any other line ends the directives."""
        text = line.decode(errors="surrogateescape")
        match = None
        if text.startswith("#"):
            text = text[1:].lstrip(GO_SPACE if self.release.allows_unicode_space_in_directives else "\t\n\f\r ")
            match = _DIRECTIVE.fullmatch(text)
        key = lower(match[1]) if match else ""
        if match is None or key not in self.release.directives:
            self.directives = None
            return
        assert self.directives is not None
        if key in self.directives:
            what = f"the directive {key} occurs twice; keep only one"
            raise BuildRefusedError(what, message=f"only one {key} parser directive can be used", line=self.number + 1)
        self.directives.add(key)
        if key != "escape":
            return
        if match[2] not in ("\\", "`"):
            raise BuildRefusedError(
                f"escape={match[2][:20]} is neither \\ nor `, the only escape characters that Docker accepts",
                message=f"invalid escape token '{match[2]}' does not match ` or \\",
                line=self.number + 1,
            )
        self.escape = match[2]

    def _cut(self, line: bytes) -> tuple[bytes, bool]:
        """Return a line without the continuation character, and whether it has one."""
        token = self.escape.encode()
        bare = line.rstrip(b" \t")
        if not bare.endswith(token) or bare[-2:-1] == token:
            return line, False
        return bare[:-1], True


def _warning(line: str, release: BuilderRelease) -> str:
    if not release.warns_in_two_lines:
        return f"[WARNING]: Empty continuation line found in: {line}"
    # Docker prints the line as a format string without arguments.
    return f"[WARNING]: Empty continuation line found in:\n    {_VERB.sub(_formatted, line)}"


def _formatted(verb: re.Match[str]) -> str:
    if not verb[1]:
        return "%!(NOVERB)"
    return "%" if verb[1] == "%" else f"%!{verb[1]}(MISSING)"


def _left_stripped(line: bytes) -> bytes:
    line = line.lstrip(_ASCII_SPACE)
    if line[:1] < b"\x80":
        return line
    return line.decode(errors="surrogateescape").lstrip(GO_SPACE).encode(errors="surrogateescape")
