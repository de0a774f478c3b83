"""Writes models as lines of a file in pieces, so that the line of a large store is never in memory all at once."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, TypeVar

from pydantic import BaseModel

from cacheview.model import DataError
from cacheview.model.base import AnyModel
from cacheview.model.effort import paced
from cacheview.stores.budget import Budget
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.long_line import read_long_line, streamed_fields

__all__ = ["line_pieces", "read_back", "write_line"]

M = TypeVar("M", bound=BaseModel)


def line_pieces(
    model: BaseModel, elements: Mapping[str, Iterable[AnyModel]] | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[str]:
    """Yield the JSON of a model without defaults, and a line end. Joined, the pieces equal ``model_dump_json``.

    Args:
        elements: by field, the elements, created lazily, that replace those of a list that is not empty.
        limits: the limits of the reader. One applies to each element, and to the total of all other fields.

    Raises:
        DataError: a value is too long for `read_long_line`.
    """
    lists, before, size = streamed_fields(type(model)), "{", 0
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if not value and value == field.get_default(call_default_factory=True):
            continue
        if value and name in lists:
            yield f'{before}"{name}":['
            yield from _joined(name, (elements or {}).get(name, value), limits)
            yield "]"
        else:
            written = model.model_dump_json(include={name}, exclude_defaults=True)[1:-1]
            if not written:
                continue
            size += len(written)
            yield before + _bounded(name, written, size, limits)
        before = ","
    yield "}\n" if before == "," else "{}\n"


def _joined(name: str, elements: Iterable[AnyModel], limits: Limits) -> Iterator[str]:
    comma = ""
    for number, element in enumerate(paced(elements)):
        written = element.model_dump_json(exclude_defaults=True)
        yield comma + _bounded(f"{name}[{number}]", written, len(written), limits)
        comma = ","


def _bounded(path: str, written: str, size: int, limits: Limits) -> str:
    """Return the text to write. Raises `DataError` if it makes the size exceed the reader's limit."""
    if size > limits.document:
        what = f"has {size:,} characters, but cacheview can read at most {limits.document:,}"
        raise DataError(what, path=path)
    return written


def write_line(file: BinaryIO, pieces: Iterable[str], where: str, *, is_compressed: bool) -> None:
    """Append pieces to a file, compressed as their own gzip member if the file is compressed.

    Raises `DataError` as `line_pieces` does, with ``where``.
    """
    try:
        if not is_compressed:
            file.writelines(piece.encode() for piece in pieces)
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as member:
            member.writelines(piece.encode() for piece in pieces)
    except DataError as error:
        raise error.at(where) from None


def read_back(model: M, where: str, elements: Mapping[str, Iterable[AnyModel]] | None = None) -> M:
    """Return a model as it would be read from its line. Raises `DataError` if it cannot be read.

    ``elements``: see `line_pieces`.
    """
    pieces = (piece.encode() for piece in line_pieces(model, elements))
    kind = type(model)
    unbounded = Budget(replace(DEFAULT_LIMITS, memory=sys.maxsize))  # everything that is charged is already in memory
    return read_long_line(pieces, (kind,), lambda _: kind, unbounded, where)
