"""Validates large JSON documents piece by piece, because each call to pydantic-core keeps all other threads waiting.

A document is cut between two elements of its long list or map. Each cut is a guess at first. It is right exactly if the
text before it, once closed, is a valid list (or map); otherwise, brackets would be left open.
"""

from __future__ import annotations

import functools
import itertools
import re
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple, TypeVar, Union

from pydantic import BaseModel, ConfigDict, FailFast, RootModel, TypeAdapter, ValidationError

from cacheview.model.base import AnyModel, Value
from cacheview.model.effort import go_on

__all__ = ["STRING_OR_BRACKET", "in_pieces"]

M = TypeVar("M", bound=AnyModel)

STRING_OR_BRACKET: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""Matches a string or a bracket outside of strings. The last string may be unterminated."""

_PIECE_BYTES: Final = 64 << 10
"""Bytes that one call validates, in about 2 ms, plus a few more up to the next cut."""

_LIST_START: Final = re.compile(rb"[ \t\r\n]*\[[ \t\r\n]*(?=\{)")
_FIRST_CONTAINER_KEY: Final = re.compile(
    rb'[ \t\r\n]*\{(?:[ \t\r\n]*"[^"\\]*"[ \t\r\n]*:[ \t\r\n]*(?:"[^"\\]*"|[-+.\w]+)[ \t\r\n]*,)*+'
    rb'[ \t\r\n]*"(\w+)"[ \t\r\n]*:[ \t\r\n]*[\[{][ \t\r\n]*(?=[{"])'
)  # up to the first element of the first list or map in an object
_BEFORE_OBJECT: Final = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
_BEFORE_KEY: Final = re.compile(rb'\}[ \t\r\n]*,[ \t\r\n]*(?=")')
_CLOSING_BRACKETS: Final = {b"[": b"]", b"[[": b"]]", b"[{": b"}]"}


class _Elements(NamedTuple):
    """The elements of a document.

    Attributes:
        name: the field of the model.
        keys: its names in JSON, in lower case; none if the document is the list.
        head: the document up to the first element.
        opening: the brackets around a piece, so that its values are nested as deeply as in the document.
        annotation: the type of the list or map.
    """

    name: str
    keys: frozenset[str]
    head: bytes
    opening: bytes
    annotation: Any


def in_pieces(model: type[M], data: bytes) -> M | None:
    """Return the model of a JSON document, or None if the document must be validated in one piece.

    That is so if it is invalid, or if its elements cannot be separated from the rest. A returned model equals the one
    that pydantic creates from the whole document.
    """
    elements = _elements(model, data)
    if elements is None:
        return None
    opening, closing = elements.opening, _CLOSING_BRACKETS[elements.opening]
    is_inner = len(opening) > 1
    validator = _validator(elements.annotation, is_inner=is_inner)
    parts: list[Any] = []
    at = len(elements.head)
    try:
        while len(data) - at > 2 * _PIECE_BYTES:
            for end, following in _cuts(data, at, opening):
                try:
                    part = validator.validate_json(b"%b%b%b" % (opening, data[at:end], closing))
                except ValidationError:
                    continue
                parts.append(part[0] if is_inner else part)
                at = following
                break
            else:
                break
            go_on()
        rest = data[at:]
        if _may_repeat(elements, rest):
            return None
        last = model.__pydantic_validator__.validate_json(elements.head + rest)
    except ValidationError:
        return None
    parts.append(getattr(last, elements.name))
    joined: Any
    if opening != b"[{":
        joined = tuple(itertools.chain.from_iterable(parts))
    else:
        joined = {key: element for part in parts for key, element in part.items()}
    result: M = last.model_copy(update={elements.name: joined})
    return result


def _elements(model: type[M], data: bytes) -> _Elements | None:
    is_list = issubclass(model, RootModel)
    match = (_LIST_START if is_list else _FIRST_CONTAINER_KEY).match(data, 0, _PIECE_BYTES)
    if match is None:
        return None
    key = "root" if is_list else match[1].decode()
    name = next((name for name, field in model.model_fields.items() if (field.validation_alias or name) == key), "")
    if not name:
        return None
    field = model.model_fields[name]
    annotation = _without_none(field.annotation)
    bracket = match[0].rstrip()[-1:]
    if field.metadata or not _is_of_objects(annotation, bracket):
        return None
    keys = frozenset() if is_list else frozenset({key.lower(), name.lower()})
    return _Elements(name, keys, match[0], bracket if is_list else b"[" + bracket, annotation)


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    choices = [choice for choice in typing.get_args(annotation) if choice is not type(None)]
    return choices[0] if len(choices) == 1 else annotation


def _is_of_objects(annotation: Any, bracket: bytes) -> bool:
    """Return whether a type is a list of models, or a map of maps."""
    arguments = typing.get_args(annotation)
    if bracket == b"{":
        return typing.get_origin(annotation) is dict and typing.get_origin(arguments[1]) is dict
    kind = arguments[0] if typing.get_origin(annotation) is tuple and arguments[1:] == (...,) else None
    return isinstance(kind, type) and issubclass(kind, BaseModel | Value)


@functools.cache
def _validator(annotation: Any, *, is_inner: bool) -> TypeAdapter[Any]:
    kind: Any = Annotated[annotation, FailFast()] if typing.get_origin(annotation) is tuple else annotation
    return TypeAdapter(tuple[kind] if is_inner else kind, config=ConfigDict(strict=True))


def _cuts(data: bytes, at: int, opening: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the piece that begins at an element may end, and where the next element begins.

    The second one is certain: it is found by counting brackets.
    """
    cut = _BEFORE_KEY if opening == b"[{" else _BEFORE_OBJECT
    guess = cut.search(data, at + _PIECE_BYTES, at + 2 * _PIECE_BYTES)
    if guess is not None:
        yield guess.start() + 1, guess.end()
    depth = 0
    for match in STRING_OR_BRACKET.finditer(data, at):
        first = data[match.start()]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth -= 1
            if depth < 0:
                return
            if not depth and match.end() > at + _PIECE_BYTES:
                boundary = cut.match(data, match.start())
                if boundary is not None:
                    yield match.end(), boundary.end()
                return


def _may_repeat(elements: _Elements, rest: bytes) -> bool:
    """Return whether the key of the elements may occur again in the object, so that the last one would count."""
    if not elements.keys:
        return False
    text = (elements.head + rest).lower()
    return b"\\u" in rest or sum(text.count(b'"%b"' % key.encode()) for key in elements.keys) > 1
