"""The output of the program. Everything goes through a `Stream`, which lets nothing control the terminal.

To print, use `print_lines`, `print_json` and `complain`, which escape line breaks inside a line.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Final, TextIO

from cacheview.visible import json_escape, visible, visible_lines

__all__ = ["OutputError", "Stream", "complain", "own_streams", "print_json", "print_lines"]

_ASCII_REPLACEMENTS: Final = str.maketrans(
    {"…": "...", "–": "-", "—": "-", "→": "->", "✓": "+", "✗": "x", "≠": "!=", "·": ".", "“": '"', "”": '"'}
)
"""Replacements for the program's own symbols, for terminals that lack one of them."""


class OutputError(Exception):
    """The output cannot be printed. ``error`` is the reason."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        self.error = error


class Stream(io.TextIOBase):
    """A text stream that wraps another one, or none, and writes unprintable characters as escapes.

    Characters that the other stream cannot encode are replaced. Raises OutputError if nothing more can be written.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the wrapped stream."""
        return (self._stream.encoding if self._stream is not None else None) or "utf-8"

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def write(self, text: str) -> int:
        if self._stream is not None:
            with _as_output_error():
                self._stream.write(_encodable(visible_lines(text), self.encoding))
        return len(text)

    def flush(self) -> None:
        # Python flushes a stream when freeing it; the wrapped one, which others own, may already be closed.
        if self._stream is not None and not self._stream.closed:
            with _as_output_error():
                self._stream.flush()

    def give_up(self) -> None:
        """Discard the buffer and everything that is written later."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
        self._stream = None


@contextlib.contextmanager
def _as_output_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(error) from error


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII_REPLACEMENTS).encode(encoding, "backslashreplace").decode(encoding)
    return text


@contextlib.contextmanager
def own_streams() -> Iterator[tuple[Stream, Stream]]:
    """Wrap standard output and standard error in a `Stream` each."""
    out, error = Stream(sys.stdout), Stream(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        yield out, error


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, escaping line breaks inside them."""
    for line in lines:
        print(visible(line))


def print_json(text: str) -> None:
    """Print JSON text. Characters that the encoding of standard output lacks are escaped as in JSON."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = "".join(character if character.isascii() else json_escape(character) for character in text)
    print(text)


def complain(message: str) -> None:
    """Print one line on standard error, which is not part of the answer. If standard error is gone, print nothing."""
    with contextlib.suppress(OutputError):
        print(f"cacheview: {visible(message)}", file=sys.stderr, flush=True)
