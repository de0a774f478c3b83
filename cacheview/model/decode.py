"""Decodes JSON into models, accepting what Go's ``encoding/json`` accepts.

Nearly every document passes straight through pydantic-core. If one does not, it is read again, more slowly, as
leniently as Go does: null counts as a missing value, keys match in any case, unknown keys are skipped, bytes that are
not UTF-8 become U+FFFD, and a command may be a single string. Documents that Go rejects raise `DataError`.
"""

from __future__ import annotations

import functools
import json
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar, Union, cast

from pydantic import BaseModel, ValidationError

from cacheview.model.base import AnyModel, Value
from cacheview.model.effort import go_on, paced
from cacheview.model.errors import DataError
from cacheview.model.pieces import STRING_OR_BRACKET, in_pieces

__all__ = [
    "MAX_DEPTH",
    "Footprint",
    "decode",
    "footprint",
    "is_too_deep",
    "json_error",
    "json_message",
    "json_path",
    "values_of",
]

M = TypeVar("M", bound=AnyModel)

_SURROGATE = re.compile("[\ud800-\udfff]")
_NULL_ITEM = re.compile(rb"[\[,]\s*null")
_ESCAPE = re.compile(rb"\\u")

# Bytes of memory, measured with CPython 3.11 and pydantic 2: most models have 500, and a `Value` or a map 80 to 240.
_OBJECT_BYTES: Final = 520
_VALUE_BYTES: Final = 240
_ITEM_BYTES: Final = 80
MAX_DEPTH: Final = 200
"""The deepest nesting of objects and lists that is read: pydantic-core's limit. No Docker document has even ten."""

_BYTES_PER_COUNT: Final = 1 << 20  # that one call searches when counting, in about a millisecond
_SAFE_BYTES: Final = 1 << 19  # a document this short is within all limits
_MAX_MEMORY_BYTES: Final = 512 << 20
_MAX_VALUES: Final = 2_000_000  # including unknown keys: pydantic needs 400 bytes for the error about each
_MAX_ERRORS: Final = 1000  # to report one, pydantic creates all of them
_COMMAND_FIELDS = frozenset({"Cmd", "Entrypoint", "Shell"})  # strslice.StrSlice in moby


def decode(model: type[M], data: bytes | str, *, where: str = "") -> M:
    """Read a JSON document into a model. ``where`` names the document in errors.

    Raises:
        DataError: it is not JSON, a value does not have the type that Go's struct requires, or the document is larger
            than any real one; with ``where`` and the JSON path.
    """
    if len(data) > _SAFE_BYTES:
        _check_size(data, where)
        go_on()
        result = in_pieces(model, data) if isinstance(data, bytes) else None
        if result is not None:
            return result
    try:
        return cast("M", model.__pydantic_validator__.validate_json(data))
    except ValidationError as strict_error:
        failure = _data_error(strict_error, where)
    go_on()  # each of these steps is one call that cannot be interrupted
    if is_too_deep(data):
        raise DataError(f"is nested more than {MAX_DEPTH} levels deep", where=where)
    try:
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
        document = json.loads(text, parse_constant=_no_constant)
        go_on()
        conforming = json.dumps(_conform(model, _well_formed(document)), ensure_ascii=False)
        go_on()
        return cast("M", model.__pydantic_validator__.validate_json(conforming))
    except ValidationError as lenient_error:
        failure = _data_error(lenient_error, where)
    except json.JSONDecodeError as error:
        failure = DataError(f"not valid JSON: {json_error(error)}", where=where)
    except ValueError:
        pass  # it contains a value that JSON cannot express; the strict error names it
    raise failure


def values_of(data: bytes | str, *, where: str = "") -> Any:
    """Read a JSON document that has no model, such as a file of the program itself or a message from a daemon.

    Raises:
        DataError: it is not JSON, or needs more memory than allowed; with ``where``.
    """
    if len(data) > _SAFE_BYTES:
        _check_size(data, where)
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise DataError(f"not valid JSON: {json_error(error)}", where=where) from None
    except ValueError:
        raise DataError(
            "not valid JSON: it contains bytes that are not UTF-8, or a number with too many digits", where=where
        ) from None
    except RecursionError:
        raise DataError(f"is nested more than {MAX_DEPTH} levels deep", where=where) from None


def json_error(error: json.JSONDecodeError) -> str:
    """Return what is wrong with a document and where.

    The line is left out if there is only one: the document may itself be a line of a file.
    """
    place = f"line {error.lineno}, column {error.colno}" if "\n" in error.doc.strip() else f"column {error.colno}"
    return f"{json_message(error)} at {place}"


def json_message(error: json.JSONDecodeError) -> str:
    """Return what is wrong with a document, without the position."""
    return (error.msg[:1].lower() + error.msg[1:]).removesuffix(" at")


def _data_error(error: ValidationError, where: str) -> DataError:
    count = error.error_count()
    if count > _MAX_ERRORS:
        return DataError(f"{count:,} values have the wrong type", where=where)
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    what = first["msg"] + (f" (and {count - 1} more)" if count > 1 else "")
    return DataError(what, where=where, path=json_path(first["loc"]))


def _check_size(data: bytes | str, where: str) -> None:
    size = footprint(data)
    if size.values > _MAX_VALUES:
        raise DataError(f"has more than {_MAX_VALUES:,} values", where=where)
    if size.memory > _MAX_MEMORY_BYTES:
        raise DataError(f"needs more than {_MAX_MEMORY_BYTES:,} bytes of memory", where=where)


def is_too_deep(data: bytes | str) -> bool:
    """Return whether a JSON document is nested more than `MAX_DEPTH` levels deep, without decoding it."""
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    depth = 0
    for match in STRING_OR_BRACKET.finditer(data):
        first = data[match.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


class Footprint(NamedTuple):
    """The size of a JSON document.

    Attributes:
        values: number of values.
        memory: upper estimate of the memory that its model needs, in bytes.
    """

    values: int
    memory: int


def footprint(data: bytes | str, model: type[object] = BaseModel) -> Footprint:
    """Measure a JSON document without decoding it. Commas and brackets in strings are counted too.

    ``model`` is the type that it will be read as. If that is a `Value`, so are the models in it.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    count = data.count if len(data) <= _BYTES_PER_COUNT else functools.partial(_count, data)
    objects = count(b"{")
    items = count(b",") + count(b"[")
    if issubclass(model, Value):
        # null in a list of objects becomes an empty object, which is no larger than the size counted for an item.
        return Footprint(objects + items, objects * _VALUE_BYTES + items * _ITEM_BYTES + _text_size(data))
    if count(b"null") > objects:
        objects += sum(1 for _ in _NULL_ITEM.finditer(data))
    return Footprint(objects + items, objects * _OBJECT_BYTES + items * _ITEM_BYTES + _text_size(data))


def _count(data: bytes, what: bytes) -> int:
    """Count a text that cannot overlap with itself. Other threads may run in between."""
    overlap = len(what) - 1
    return sum(data.count(what, at, at + _BYTES_PER_COUNT + overlap) for at in range(0, len(data), _BYTES_PER_COUNT))


def _text_size(data: bytes) -> int:
    """Return the bytes for the document and its strings, which need four per character if one is above U+FFFF."""
    plain = data.isascii() and (b"\\" not in data or not _ESCAPE.search(data))  # `in` is fast only for a single byte
    return len(data) * (2 if plain else 5)


def json_path(location: tuple[int | str, ...]) -> str:
    """Return a pydantic location as a path: ``('history', 3, 'created')`` becomes ``history[3].created``."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif re.fullmatch(r"\w+", step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step)}]"
    return path


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _well_formed(value: Any) -> Any:
    """Replace lone surrogates, which Go reads as U+FFFD."""
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, list):
        return [_well_formed(item) for item in paced(value)]
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(item) for key, item in paced(value.items())}
    return value


def _conform(annotation: Any, value: Any) -> Any:
    """Return a JSON value in the form that the strict model accepts, as Go would read it into that type."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _conform(typing.get_args(annotation)[0], value)
    if origin in (Union, types.UnionType):
        inner = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        return None if value is None else _conform(inner[0], value)
    if origin is tuple and isinstance(value, list):
        item = typing.get_args(annotation)[0]
        return [_zero(item) if entry is None else _conform(item, entry) for entry in paced(value)]
    if origin in (dict, Mapping) and isinstance(value, dict):
        item = typing.get_args(annotation)[1]
        return {key: _zero(item) if entry is None else _conform(item, entry) for key, entry in paced(value.items())}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel | Value) and isinstance(value, dict):
        return _conform_fields(annotation, value)
    return value


def _conform_fields(model: type[AnyModel], document: dict[str, Any]) -> dict[str, Any]:
    by_key = {str(field.validation_alias or name): (name, field) for name, field in model.model_fields.items()}
    folded = {key.casefold(): key for key in by_key}
    result: dict[str, Any] = {}
    for original, value in document.items():
        key = original if original in by_key else folded.get(original.casefold())
        if key is None or value is None:
            continue
        name, field = by_key[key]
        if name in _COMMAND_FIELDS and isinstance(value, str):
            value = [value]
        result[key] = _conform(field.annotation, value)
    return result


def _zero(annotation: Any) -> Any:
    """Return the value that null represents in a list or map of this type."""
    origin = typing.get_origin(annotation) or annotation
    return {str: "", bool: False, int: 0}.get(origin, {})
