"""The variables of a Compose file: their sources, and their replacement in values.

Sources: compose-go v2.0.2 ``template/template.go`` and ``dotenv/parser.go``, and Compose 1.29.2
``compose/config/interpolation.py``, which supports neither ``+`` nor variables within a default value. Compose v1 reads
``.env`` with python-dotenv (0.21.1), which does not support ``NAME: value``, and replaces only ``${NAME}`` and
``${NAME:-default}``.
"""

from __future__ import annotations

import os
import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cacheview.model import DataError
from cacheview.stores.files import open_regular

__all__ = ["ComposeVariables", "read_environment"]

_MAX_FILE_BYTES: Final = 4 << 20
_MAX_VALUES: Final = 100_000
_MAX_VALUE_CHARACTERS: Final = 1 << 20  # of one value
_MAX_CHARACTERS: Final = 16 << 20  # of all values of a project or of an environment file, after replacement
_MAX_DEPTH: Final = 50
_NAME: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_BRACE: Final = re.compile("[{}]")
_ESCAPE: Final = re.compile(r'\\(?:[abcfnrtv$"\\]|0[0-7]{0,3})')
_ESCAPED: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}
_NAME_END: Final = re.compile("[:}]")
_OPERATORS: Final = (":-", ":?", ":+", "-", "?", "+")
_SPACE: Final = "\t\v\f\r \x85\xa0"  # not a line end


@dataclass
class _Spent:
    values: int = 0
    characters: int = 0


class ComposeVariables:
    """Replaces variables in values.

    Args:
        nests: whether a default value may contain variables, and ``+`` is supported, as in Compose v2.

    Attributes:
        unset: names that are used without a value, for which Compose warns and uses an empty text.
    """

    def __init__(self, values: Mapping[str, str], *, nests: bool = True) -> None:
        self.values = values
        self.nests = nests
        self.unset: dict[str, None] = {}
        self._spent = _Spent()

    def with_values(self, values: Mapping[str, str]) -> ComposeVariables:
        """Return variables with other values for another file of the same project.

        Both share `unset` and the limits.
        """
        result = ComposeVariables(values, nests=self.nests)
        result.unset, result._spent = self.unset, self._spent
        return result

    def replaced_in(self, value: Any, where: str, depth: int = 0) -> Any:
        """Return a value with the variables in all its texts replaced. Raises `DataError` if Compose rejects it."""
        self._spent.values += 1
        if self._spent.values > _MAX_VALUES:
            raise DataError(f"the project has more than {_MAX_VALUES:,} values", where=where)
        if depth > _MAX_DEPTH:
            raise DataError(f"values are nested more than {_MAX_DEPTH} levels deep", where=where)
        match value:
            case str():
                text = self._text(value, where)
                self._spent.characters += len(text)
                if self._spent.characters > _MAX_CHARACTERS:
                    raise DataError(f"the values have more than {_MAX_CHARACTERS:,} characters in total", where=where)
                return text
            case dict():
                return {
                    key: self.replaced_in(each, f"{where}.{str(key)[:80]}", depth + 1) for key, each in value.items()
                }
            case list():
                return [self.replaced_in(each, where, depth + 1) for each in value]
        return value

    def _text(self, text: str, where: str, depth: int = 0) -> str:
        if "$" not in text:
            return text
        if depth > _MAX_DEPTH:
            raise DataError(f"variables are nested more than {_MAX_DEPTH} levels deep", where=where)
        if len(text) > _MAX_VALUE_CHARACTERS:
            raise DataError(f"a value with variables has more than {_MAX_VALUE_CHARACTERS:,} characters", where=where)
        parts: list[str] = []
        place = length = 0
        while (sign := text.find("$", place)) >= 0:
            parts.append(text[place:sign])
            after = sign + 1
            if text.startswith("$", after):
                parts.append("$")
                place = after + 1
            elif named := _NAME.match(text, after):
                parts.append(self._value(named[0]))
                place = named.end()
            elif text.startswith("{", after) and (end := self._end(text, after)) > 0:
                parts.append(self._braced(text[after + 1 : end], where, depth))
                place = end + 1
            elif self.nests and not text.startswith("{", after):
                parts.append("$")  # Compose v1 rejects it
                place = after
            else:
                what = f"Invalid template: {text[:200]!r}; use $$ for a literal dollar sign"
                raise DataError(what, where=where)
            length += len(parts[-1])
            if length > _MAX_VALUE_CHARACTERS:
                raise DataError(f"a value has more than {_MAX_VALUE_CHARACTERS:,} characters", where=where)
        return "".join((*parts, text[place:]))

    def _end(self, text: str, start: int) -> int:
        """Return the position of the closing brace for the one at `start`; 0 if there is none."""
        if not self.nests:
            return max(text.find("}", start), 0)
        depth = 0
        for brace in _BRACE.finditer(text, start):
            depth += 1 if brace[0] == "{" else -1
            if not depth:
                return brace.start()
        return 0

    def _braced(self, inside: str, where: str, depth: int) -> str:
        named = _NAME.match(inside)
        after = inside[named.end() :] if named else ""
        operator = next((each for each in _OPERATORS if after.startswith(each)), "")
        if named is None or (after and not operator) or ("+" in operator and not self.nests):
            raise DataError(f"Invalid template: {'${' + inside[:200] + '}'!r}", where=where)
        name, word = named[0], after[len(operator) :]
        if not operator:
            return self._value(name)
        value = self.values.get(name)
        has = bool(value) if operator.startswith(":") else value is not None
        if "?" in operator:
            if has:
                return value or ""
            reason = f": {word[:200]}" if word else ""
            raise DataError(f"required variable {name[:200]} is missing a value{reason}", where=where)
        word_counts = has if "+" in operator else not has
        if not word_counts:
            return value or ""
        return self._text(word, where, depth + 1) if self.nests else word

    def _value(self, name: str) -> str:
        if name not in self.values:
            self.unset[name] = None
        return self.values.get(name, "")


def read_environment(
    folder: Path, environment: Mapping[str, str], *, files: Sequence[Path] = (), as_v1: bool = False
) -> dict[str, str]:
    """Return the variables of a project, from the ``.env`` next to the Compose file and from the client's environment.

    Args:
        files: files to read instead of ``.env``; they must exist. If several define a name, the last one counts.

    Raises:
        DataError: a file cannot be read.
    """
    by_name: dict[str, str] = {}
    default = folder / ".env"
    for path in files or ((default,) if os.path.isfile(default) else ()):
        with open_regular(path, str(path)) as file:
            data = file.read(_MAX_FILE_BYTES + 1)
        if len(data) > _MAX_FILE_BYTES:
            raise DataError(
                f"is larger than {_MAX_FILE_BYTES >> 20} MiB, the limit for an environment file", where=str(path)
            )
        text = data.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n")
        _EnvironmentFile(text, str(path), environment, by_name, as_v1=as_v1).read()
    return {**by_name, **environment}


class _EnvironmentFile:
    def __init__(
        self, text: str, where: str, environment: Mapping[str, str], by_name: dict[str, str], *, as_v1: bool
    ) -> None:
        self.text = text
        self.place = self.ends_at = 0
        self.where = where
        self.environment = environment
        self.by_name = by_name
        process = dict(environment)
        self.variables = ChainMap(by_name, process) if as_v1 else ChainMap(process, by_name)
        self.as_v1 = as_v1

    def read(self) -> None:
        characters = 0
        while self._to_statement():
            key, is_inherited = self._key()
            if self.as_v1 and not is_inherited and self.text[self.ends_at] == ":":
                self._to_line_end()  # python-dotenv warns and continues
                continue
            if is_inherited:
                if key in self.environment:
                    self.by_name[key] = self.environment[key]
                continue
            self.by_name[key] = self._value()
            characters += len(self.by_name[key])
            if characters > _MAX_CHARACTERS:
                raise DataError(f"the values have more than {_MAX_CHARACTERS:,} characters in total", where=self.where)

    def _to_statement(self) -> bool:
        while True:
            while self.place < len(self.text) and self.text[self.place].isspace():
                self.place += 1
            if self.place >= len(self.text):
                return False
            if self.text[self.place] != "#":
                return True
            self._to_line_end()

    def _to_line_end(self) -> None:
        end = self.text.find("\n", self.place)
        self.place = len(self.text) if end < 0 else end

    def _key(self) -> tuple[str, bool]:
        if exported := re.compile(r"export\s+").match(self.text, self.place):
            self.place = exported.end()
        start = self.place
        while self.place < len(self.text) and self.text[self.place] not in "=:\n":
            character = self.text[self.place]
            if character not in _SPACE and character not in "_.-[]" and not character.isalnum():
                raise self._error(f"unexpected character {character!r} in a variable name", start)
            self.place += 1
        self.ends_at = self.place
        is_inherited = self.place >= len(self.text) or self.text[self.place] == "\n"
        key = self.text[start : self.place].rstrip()
        if any(character in _SPACE for character in key):
            raise self._error("key cannot contain a space", start)
        self.place += 1
        while self.place < len(self.text) and self.text[self.place] in _SPACE and not is_inherited:
            self.place += 1
        return key, is_inherited

    def _value(self) -> str:
        quote = self.text[self.place : self.place + 1]
        if quote not in ("'", '"') or not quote:
            end = self.text.find("\n", self.place)
            end = len(self.text) if end < 0 else end
            value = self.text[self.place : end].partition(" #")[0].rstrip()
            self.place = end
            return self._expanded(value)
        start, parts = self.place, list[str]()
        index = start + 1
        while index < len(self.text):
            character = self.text[index]
            if character == "\\" and self.text[index + 1 : index + 2] == quote:
                parts.append(quote)
                index += 2
                continue
            if character == quote:
                self.place = index + 1
                value = "".join(parts)
                if quote == "'":
                    return self._expanded(value) if self.as_v1 else value
                return self._expanded(_ESCAPE.sub(_unescaped, value))
            parts.append(character)
            index += 1
        raise self._error("unterminated quoted value", start)

    def _expanded(self, value: str) -> str:
        if self.as_v1:
            return _python_expanded(value, self.variables, self.where)
        return str(ComposeVariables(self.variables).replaced_in(value, self.where))

    def _error(self, what: str, place: int) -> DataError:
        return DataError(f"line {self.text.count(chr(10), 0, place) + 1}: {what}", where=self.where)


def _python_expanded(value: str, values: Mapping[str, str], where: str) -> str:
    """Return a value with each ``${NAME}`` or ``${NAME:-default}`` replaced. Other forms stay as they are."""
    parts: list[str] = []
    place = end = length = 0
    while (start := value.find("${", place)) >= 0:
        if end < start + 2:
            stop = _NAME_END.search(value, start + 2)
            if stop is None:
                break
            end = stop.start()
        has_default = value.startswith(":-", end)
        close = value.find("}", end) if has_default else end
        if close < 0:
            break
        parts.append(value[place:start])
        if value[close] == "}":
            parts.append(values.get(value[start + 2 : end], value[end + 2 : close] if has_default else ""))
            length += len(parts[-1])
            if length > _MAX_VALUE_CHARACTERS:
                raise DataError(f"a value has more than {_MAX_VALUE_CHARACTERS:,} characters", where=where)
            place = close + 1
        else:
            parts.append("${")
            place = start + 2
    return "".join((*parts, value[place:]))


def _unescaped(escape: re.Match[str]) -> str:
    letter = escape[0][1:]
    if letter == "$":
        return "$$"
    if letter.startswith("0"):
        return chr(int(letter[1:], 8)) if len(letter) == 4 else escape[0]
    return _ESCAPED.get(letter, escape[0])
