"""Reads a line of a suite that is too long to be read at once, its lists element by element.

The result is the same as if the line had been decoded at once, but the bytes of the line and the parser's tree of it
are never in memory together.
"""

from __future__ import annotations

import codecs
import json
import re
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from cacheview.model import DataError, Image
from cacheview.model.base import AnyModel, Value
from cacheview.model.decode import MAX_DEPTH, json_message
from cacheview.model.shared import Shared
from cacheview.stores.budget import Budget

__all__ = ["read_long_line", "streamed_fields"]

M = TypeVar("M", bound=BaseModel)

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_TO_BRACKET: Final = re.compile(
    r'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+[{}\[\]]', re.DOTALL
)  # up to the next bracket outside of strings
_MAX_PARSED_CHARACTERS: Final = 4 << 20
"""The length up to which the end of a value is found by parsing it, which is fast but creates objects for the text."""


def streamed_fields(model: type[BaseModel]) -> dict[str, type[AnyModel]]:
    """Return the fields of a model that are lists of models, with the model of their elements."""
    result = {}
    for name, field in model.model_fields.items():
        element = _element(field.annotation)
        if element is not None:
            result[name] = element
    return result


def _element(annotation: Any) -> type[AnyModel] | None:
    for choice in (annotation, *typing.get_args(annotation)):  # its arguments, for a field that may be None
        arguments = typing.get_args(choice)
        kind = arguments[0] if typing.get_origin(choice) is tuple else None
        if isinstance(kind, type) and issubclass(kind, BaseModel | Value):
            return kind
    return None


def read_long_line(
    pieces: Iterator[bytes],
    models: Sequence[type[M]],
    model_of: Callable[[bytes], type[M]],
    budget: Budget,
    where: str,
) -> M:
    """Read a JSON object piece by piece.

    Args:
        pieces: the pieces of the line, from its beginning.
        models: the models that the object may have.
        model_of: returns its model, given the object with its lists left empty.
        budget: charged for everything created, which counts as kept. A value longer than ``limits.document`` is
            refused.

    Raises:
        DataError: the line is not JSON, or does not match the model.
        LimitError: the line needs more than is left.
    """
    text = _Text(pieces, budget.limits.document, where)
    elements = {name: kind for model in models for name, kind in streamed_fields(model).items()}
    rest: list[str] = []
    size = 0
    lists: dict[str, tuple[AnyModel, ...]] = {}
    last: dict[str, str] = {}  # by key in lower case, its last spelling
    text.expect("{")
    while text.next() != "}" or rest:
        written = text.value('"')
        key = json.loads(written)
        text.expect(":")
        lists.pop(key, None)  # if a key occurs twice, the last value counts
        last[key.casefold()] = key
        kind = elements.get(key)
        if kind is not None and text.next() == "[":
            lists[key] = tuple(_read_elements(text, key, kind, budget, where))
            rest.append(f"{written}:[]")
        else:
            rest.append(f"{written}:{text.value()}")
        size += len(rest[-1])
        if size > budget.limits.document:
            raise _too_long(budget.limits.document, where)
        if text.next() == "}":
            break
        text.expect(",")
    text.expect("}")
    if text.next():
        raise text.error("extra data")
    without = _bytes_of(f"{{{','.join(rest)}}}")
    model = model_of(without)
    document = budget.decode(model, without, where=where)
    return document.model_copy(update=_counting(model, lists, last))


def _read_elements(text: _Text, key: str, kind: type[AnyModel], budget: Budget, where: str) -> Iterator[AnyModel]:
    number = 0
    shared = Shared()
    text.expect("[")
    while text.next() != "]" or number:
        value = text.value()
        try:
            # null instead of a list of objects is an empty list, as Go reads it.
            element = budget.decode(kind, b"{}" if value == "null" else _bytes_of(value), where=where)
        except DataError as error:
            path = f"{key}[{number}]{'.' if error.path[:1].isalnum() else ''}{error.path}"
            raise DataError(error.what, where=where, path=path) from None
        if isinstance(element, Image):
            shared.image(element)
        yield element
        number += 1
        if text.next() == "]":
            break
        text.expect(",")
    text.expect("]")
    shared.clear()


def _counting(
    model: type[BaseModel], lists: dict[str, tuple[AnyModel, ...]], last: dict[str, str]
) -> dict[str, tuple[AnyModel, ...]]:
    """Return the lists that are fields of the model, charging the budget.

    If the model has no other keys, `decode` matches them in any case, and the last one counts.
    """
    is_lenient = model.model_config.get("extra") == "forbid"
    fields = streamed_fields(model)
    return {
        key: value for key, value in lists.items() if key in fields and (last[key.casefold()] == key or not is_lenient)
    }


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _too_long(limit: int, where: str) -> DataError:
    return DataError(f"a value is longer than {limit:,} bytes", where=where)


class _Text:
    """The characters of a line, of which only the current part is in memory.

    Bytes that are not UTF-8 become surrogates, which `_bytes_of` turns back into bytes.
    """

    def __init__(self, pieces: Iterator[bytes], limit: int, where: str) -> None:
        self._pieces = pieces
        self._limit = limit
        self._where = where
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._parser = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._consumed = 0
        self._ended = False

    def next(self) -> str:
        """Return the next character that is not a space, without consuming it; empty at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def expect(self, char: str) -> None:
        """Consume this character. Raises `DataError` if there is a different one."""
        if self.next() != char:
            raise self.error(f"expecting '{char}'")
        self._at += 1

    def value(self, first: str = "") -> str:
        """Consume a JSON value and return its text.

        ``first``: its start, if consumed. Raises `DataError` if there is none.
        """
        begin = self.next()
        if not begin or (first and begin != first):
            raise self.error(f"expecting '{first}'" if first else "expecting value")
        depth = scanned = 0
        while True:
            waiting = len(self._text) - self._at
            if waiting <= _MAX_PARSED_CHARACTERS or begin not in "{[":
                end = self._parsed_end()
            else:
                depth, scanned = self._scan(depth, scanned)
                end = self._at + scanned if scanned and not depth else None
            if end is not None:
                break
            if waiting > self._limit:
                raise _too_long(self._limit, self._where)
            if self._ended:
                raise self._malformed()
            self._more()
        value = self._text[self._at : end]
        if len(value) > self._limit:
            raise _too_long(self._limit, self._where)
        self._at = end
        return value

    def error(self, what: str) -> DataError:
        return DataError(f"not valid JSON: {what} at column {self._consumed + self._at + 1:,}", where=self._where)

    def _more(self) -> None:
        """Read as much again as is buffered, so that a long value is not scanned too often."""
        waiting, text = len(self._text) - self._at, [self._text[self._at :]]
        self._consumed += self._at
        self._at = count = 0
        while count <= waiting:
            piece = next(self._pieces, b"")
            self._ended = not piece
            text.append(self._decoder.decode(piece, final=self._ended))
            count += len(text[-1])
            if self._ended:
                break
        self._text = "".join(text)

    def _parsed_end(self) -> int | None:
        """Return the end of the value if it is buffered completely and valid; otherwise None."""
        try:
            _, end = self._parser.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return None
        # A number may continue.
        return end if end < len(self._text) or self._ended or self._text[self._at] in '"{[' else None

    def _scan(self, depth: int, scanned: int) -> tuple[int, int]:
        """Scan until all brackets are closed. Returns how many are open, and the position reached."""
        at = self._at + scanned
        while match := _TO_BRACKET.match(self._text, at):
            at = match.end()
            depth += 1 if self._text[at - 1] in "{[" else -1
            if not depth:
                break
            if depth > MAX_DEPTH:
                raise DataError(f"is nested more than {MAX_DEPTH} levels deep", where=self._where)
        return depth, at - self._at

    def _malformed(self) -> DataError:
        if len(self._text) - self._at <= _MAX_PARSED_CHARACTERS:
            try:
                self._parser.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                self._at = error.pos
                return self.error(json_message(error))
            except (ValueError, RecursionError):
                pass  # where is not known
        return self.error("an unterminated value")
