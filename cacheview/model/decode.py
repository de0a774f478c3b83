"""JSON bytes → models, accepting what Go's ``encoding/json`` accepts.

Nearly every document passes straight through pydantic-core. What does not gets a second, slower
reading with Go's leniency: null reads as nothing said, keys match in any case, unknown keys are passed over, bytes
that are not UTF-8 become U+FFFD, and a command may be one string. What Go refuses is a `DataError`.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, Union, cast

from pydantic import BaseModel, ValidationError

from cacheview.model.errors import DataError

__all__ = ["decode", "json_path"]

M = TypeVar("M", bound=BaseModel)

_SURROGATE = re.compile("[\ud800-\udfff]")
_COMMAND_FIELDS = frozenset({"Cmd", "Entrypoint", "Shell"})  # strslice.StrSlice in moby


def decode(model: type[M], data: bytes | str, *, where: str = "") -> M:
    """Read a JSON document into a model.

    Raises:
        DataError: it is not JSON, or a value has another type than Go's struct; with ``where`` and JSON path.
    """
    try:
        return cast("M", model.__pydantic_validator__.validate_json(data))
    except ValidationError as strict_error:
        error = strict_error
    try:
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
        document = _well_formed(json.loads(text, parse_constant=_no_constant))
        return cast("M", model.__pydantic_validator__.validate_json(json.dumps(_conform(model, document))))
    except ValidationError as lenient_error:
        error = lenient_error
    except (ValueError, RecursionError):
        pass  # not JSON at all, or nested beyond reason: the strict error says where
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    more = error.error_count() - 1
    what = first["msg"] + (f" (and {more} more)" if more else "")
    raise DataError(what, where=where, path=json_path(first["loc"])) from None


def json_path(location: tuple[int | str, ...]) -> str:
    """A pydantic location as a path: ``('history', 3, 'created')`` → ``history[3].created``."""
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
    """Without lone surrogates, which Go reads as U+FFFD."""
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(item) for key, item in value.items()}
    return value


def _conform(annotation: Any, value: Any) -> Any:
    """A JSON value in the form that the strict model takes, as Go would read it into that type."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _conform(typing.get_args(annotation)[0], value)
    if origin in (Union, types.UnionType):
        inner = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        return None if value is None else _conform(inner[0], value)
    if origin is tuple and isinstance(value, list):
        item = typing.get_args(annotation)[0]
        return [_zero(item) if entry is None else _conform(item, entry) for entry in value]
    if origin in (dict, Mapping) and isinstance(value, dict):
        item = typing.get_args(annotation)[1]
        return {key: _zero(item) if entry is None else _conform(item, entry) for key, entry in value.items()}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(value, dict):
        return _conform_fields(annotation, value)
    return value


def _conform_fields(model: type[BaseModel], document: dict[str, Any]) -> dict[str, Any]:
    by_key = {field.alias or name: (name, field) for name, field in model.model_fields.items()}
    folded = {key.casefold(): key for key in by_key}
    result: dict[str, Any] = {}
    for given, value in document.items():
        key = given if given in by_key else folded.get(given.casefold())
        if key is None or value is None:
            continue
        name, field = by_key[key]
        if name in _COMMAND_FIELDS and isinstance(value, str):
            value = [value]
        result[key] = _conform(field.annotation, value)
    return result


def _zero(annotation: Any) -> Any:
    """What null inside a list or map reads as."""
    origin = typing.get_origin(annotation) or annotation
    return {str: "", bool: False, int: 0}.get(origin, {})
