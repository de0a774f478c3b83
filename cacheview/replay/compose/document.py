"""Reads a Compose file as plain values, as Compose's own YAML library does, within limits.

Compose v2 reads YAML with Go's ``yaml.v3`` (compose-go v2.0.2), Compose v1 with PyYAML's safe loader. They read
plain scalars differently: ``yes`` is a string in the first and true in the second; ``1:30`` is a string or 90.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError
from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from cacheview.model import DataError
from cacheview.model.effort import go_on
from cacheview.stores.files import open_regular

__all__ = ["CONFIG_HINT", "Date", "read_document"]

_MAX_FILE_BYTES: Final = 4 << 20
_MAX_PAIRS: Final = 200_000  # of all mappings, counted again each time one is merged into another
_MAX_VALUES: Final = 500_000  # keys, values and aliases as written; each temporarily takes up to 700 bytes
_MAX_DEPTH: Final = 100  # nested values, and nested brackets
_MAX_DIGITS: Final = 400
_VALUES_PER_CHECK: Final = 64  # values between two checks whether to continue
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BOOLS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INT: Final = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]| )([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?"
    r"(Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_STRING_TAG: Final = "tag:yaml.org,2002:str"
_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
_VALUE_TAG: Final = "tag:yaml.org,2002:value"
_PLAIN_TAG: Final = "!cacheview-plain"
CONFIG_HINT: Final = "use the output of `docker compose config --format json`"
"""The advice for a file that uses features of Compose that cacheview does not support."""


@dataclass(frozen=True)
class Date:
    """A plain scalar that YAML reads as a time.

    Attributes:
        word: the scalar as written.
        text: Go's text for it; empty: it depends on the time zone of the client.
    """

    word: str
    text: str

    def __str__(self) -> str:
        return self.word


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with limits.

    Merged mappings take exponential space in PyYAML before 6.0.4, and the time for nested brackets grows with the
    square of their number.
    """

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self._pairs = self._values = self._constructed = self._depth = 0

    def _spend(self, count: int, node: Node) -> None:
        self._pairs += count
        if self._pairs > _MAX_PAIRS:
            raise _too_many(_MAX_PAIRS, "keys", node.start_mark)

    def get_single_node(self) -> Node | None:
        """Return the only document.

        PyYAML raises an error if there are several; Compose reads them, but cacheview does not.
        """
        self.get_event()  # type: ignore[no-untyped-call]
        document = None if self.check_event(yaml.StreamEndEvent) else self.compose_document()
        if not self.check_event(yaml.StreamEndEvent):
            second: Any = self.get_event()  # type: ignore[no-untyped-call]
            raise _not_read("the file contains several documents, which Compose merges", second.start_mark)
        return document

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._values += 1
        if self._values > _MAX_VALUES:
            raise _too_many(_MAX_VALUES, "values", self.get_mark())
        if not self._values % _VALUES_PER_CHECK:
            go_on()
        if self._depth > _MAX_DEPTH:
            raise ScannerError(None, None, f"values are nested more than {_MAX_DEPTH} levels deep", self.get_mark())
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        self._constructed += 1
        if not self._constructed % _VALUES_PER_CHECK:
            go_on()
        if not isinstance(node, ScalarNode):
            return super().construct_object(node, deep=deep)
        try:
            return super().construct_object(node, deep=deep)
        except DataError:
            raise
        # PyYAML leaves it to Python to reject a text that does not match its tag.
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
            tag = node.tag.rpartition(":")[2][:40]
            what = f"{node.value[:80]!r} does not match its tag !!{tag}"
            raise ConstructorError(None, None, what, node.start_mark) from None

    def fetch_flow_collection_start(self, token_class: Any) -> None:
        if self.flow_level > _MAX_DEPTH:
            raise ScannerError(None, None, f"brackets are nested more than {_MAX_DEPTH} levels deep", self.get_mark())
        super().fetch_flow_collection_start(token_class)

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        text = "".join(super().scan_flow_scalar_non_spaces(double, start_mark))
        if _SURROGATE.search(text) is None:
            return [text]
        try:
            return [self.with_pairs(text)]
        except UnicodeError:
            raise ScannerError(None, None, "found invalid Unicode character escape code", start_mark) from None

    def with_pairs(self, text: str) -> str:
        """Return a text with escaped surrogates joined into characters, as in JSON. Raises UnicodeError."""
        raise NotImplementedError

    def flatten_mapping(self, node: MappingNode) -> None:
        """Merge the mappings that ``<<`` names: own keys take precedence, then those of the first mapping.

        In PyYAML 6.0.4 the last mapping takes precedence.
        """
        self._spend(len(node.value), node)
        merged: list[tuple[Node, Node]] = []
        own: list[tuple[Node, Node]] = []
        for key, value in node.value:
            if key.tag != _MERGE_TAG:
                if key.tag == _VALUE_TAG:
                    key.tag = _STRING_TAG
                own.append((key, value))
                continue
            mappings = value.value if isinstance(value, yaml.SequenceNode) else [value]
            self._spend(len(mappings), node)
            for mapping in reversed(mappings):
                if not isinstance(mapping, MappingNode):
                    raise ConstructorError(None, None, "the value of << is not a mapping", key.start_mark)
                self.flatten_mapping(mapping)
                merged += mapping.value
        if merged:
            node.value = [*merged, *own]
        self._spend(len(node.value), node)


def _not_read(what: str, mark: Mark) -> DataError:
    """Return the error for YAML that Compose reads and cacheview does not."""
    return DataError(f"line {mark.line + 1}: {what}; {CONFIG_HINT}")


def _unknown_tag(_: yaml.SafeLoader, node: Node) -> None:
    raise _not_read("tags such as !reset or !override are not supported", node.start_mark)


_Loader.add_constructor(None, _unknown_tag)


def _too_many(limit: int, what: str, mark: Mark) -> DataError:
    return DataError(f"line {mark.line + 1}: the file exceeds the limit of {limit:,} {what}")


class _GoLoader(_Loader):
    """Resolves plain scalars as ``yaml.v3`` does. A duplicate key is an error, and so is a lone surrogate."""

    def with_pairs(self, text: str) -> str:
        return text.encode().decode()

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return _PLAIN_TAG if kind is ScalarNode and tag == _STRING_TAG and implicit[0] else tag

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value if isinstance(node, MappingNode) else ():  # otherwise it is refused below
            name = (key.tag, key.value) if isinstance(key, ScalarNode) else None
            if name is not None and name in seen:
                raise ConstructorError(
                    None, None, f"mapping key {str(key.value)[:80]!r} already defined", key.start_mark
                )
            if name is not None:
                seen.add(name)
        return super().construct_mapping(node, deep=deep)


def _plain_scalar(loader: yaml.SafeLoader, node: Node) -> Any:
    """Return the value of a plain scalar without a tag."""
    text = str(loader.construct_scalar(node))  # type: ignore[arg-type]
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if (date := _DATE.fullmatch(text)) is not None:
        return _date_of(text, date)
    plain = text.replace("_", "")
    if text[:1] not in "+-.0123456789" or len(plain) > _MAX_DIGITS:
        return text
    if _INT.fullmatch(plain):
        result = int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", plain), 0)
        return result if -(1 << 63) <= result < 1 << 64 else float(result)
    return float(plain) if _FLOAT.fullmatch(plain) else text


def _date_of(text: str, date: re.Match[str]) -> Date | str:
    """Return a time as ``yaml.v3`` reads it; the text if it is not a time, such as one in the thirteenth month."""
    year, month, day, hour, minute, second = (int(each or 0) for each in date.groups()[:6])
    try:
        seconds = datetime(year, month, day, hour, minute, second, tzinfo=UTC).strftime("%m-%d %H:%M:%S")
    except ValueError:
        return text
    if date[8] not in (None, "Z", "+00:00"):
        return Date(text, "")
    fraction = (date[7] or "").rstrip("0")
    return Date(text, f"{date[1]}-{seconds}{f'.{fraction}' if fraction else ''} +0000 UTC")


_GoLoader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag == "tag:yaml.org,2002:merge"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_GoLoader.add_constructor(_PLAIN_TAG, _plain_scalar)


def _date(loader: yaml.SafeLoader, node: Node) -> Date:
    return Date(str(loader.construct_scalar(node)), "")  # type: ignore[arg-type]


class _PythonLoader(_Loader):
    """Resolves plain scalars as PyYAML does, but keeps dates as written. Two surrogates become one character."""

    def with_pairs(self, text: str) -> str:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")


_PythonLoader.add_constructor("tag:yaml.org,2002:timestamp", _date)


def _reader_problem(error: ReaderError) -> str:
    if error.encoding != "unicode":
        return f"byte {error.position + 1:,} is not {error.encoding.upper()}"
    return f"character {error.position + 1:,} is {error.character:#04x}, which YAML does not allow"


def read_document(path: Path, *, as_python: bool = False) -> dict[str, Any]:
    """Return the mapping in a Compose file.

    Args:
        path: path of the file. It may be JSON, as printed by ``docker compose config --format json``, since JSON is
            YAML.
        as_python: whether to read plain scalars as Compose v1 does.

    Raises:
        DataError: the file cannot be read, is not YAML, or is not a mapping.
    """
    where = str(path)
    with open_regular(path, where) as file:
        data = file.read(_MAX_FILE_BYTES + 1)
    if len(data) > _MAX_FILE_BYTES:
        raise DataError(f"is larger than {_MAX_FILE_BYTES >> 20} MiB, the limit for a Compose file", where=where)
    loader: Callable[[bytes], _Loader] = _PythonLoader if as_python else _GoLoader
    try:
        reading = loader(data)
        try:
            value = reading.get_single_data()
        finally:
            reading.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise DataError(f"is not a Compose file: {line}{error.problem or error.context}", where=where) from None
    except DataError as error:
        raise DataError(error.what, where=where) from None
    except ReaderError as error:
        raise DataError(f"is not valid YAML: {_reader_problem(error)}", where=where) from None
    except RecursionError:
        raise DataError(f"values are nested more than {_MAX_DEPTH} levels deep", where=where) from None
    if not isinstance(value, dict):
        raise DataError("is not a Compose file: the top level must be a mapping that contains `services`", where=where)
    return value
