"""The engine's marks on the fields of the probe, and the paths that identify fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["FAILED", "NOT_COMPARED", "FieldMark", "FieldPath", "marks_by_field"]

FAILED: Final = "failed"
NOT_COMPARED: Final = "not compared"


@dataclass(frozen=True, slots=True)
class FieldMark:
    """The outcome of one check for a part of the probe.

    Attributes:
        outcome: ``passed``, ``failed``, ``not reached`` or ``not compared``.
        image_value: the image's value; None if it has none.
        note: a note for the tool tip.
    """

    outcome: str
    image_value: object = None
    note: str = ""


_PATH: Final = re.compile(r"(?:len\((?P<counted>\w+)\)|(?P<field>\w+)(?P<rest>(?:\.\w+)?(?:\[.+\])?))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A path split into its parts: ``Healthcheck.Test[0]`` → field ``Healthcheck``, member ``Test``, key 0.

    ``key`` is the index of an element, the key of a map, or None for the whole field.
    """

    field: str
    member: str = ""
    key: int | str | None = None

    @staticmethod
    def parse(text: str) -> FieldPath:
        """Parse a path; ``len(Cmd)`` is the field ``Cmd``. Raises ValueError if the text is not a path."""
        match = _PATH.fullmatch(text)
        if match is None:
            raise ValueError(f"not a field path: {text[:200]!r}")
        if match["counted"]:
            return FieldPath(match["counted"])
        rest = match["rest"]
        member, bracket, key = rest.partition("[")
        if not bracket:
            return FieldPath(match["field"], member.removeprefix("."))
        try:
            step = json.loads(key.removesuffix("]"))
        except ValueError:
            step = None
        if not isinstance(step, int | str) or isinstance(step, bool):
            raise ValueError(f"not a field path: {text[:200]!r}")
        return FieldPath(match["field"], member.removeprefix("."), step)

    def __str__(self) -> str:
        member = f".{self.member}" if self.member else ""
        key = "" if self.key is None else f"[{json.dumps(self.key, ensure_ascii=False)}]"
        return f"{self.field}{member}{key}"


def marks_by_field(marks: Mapping[str, FieldMark]) -> dict[str, tuple[tuple[FieldPath, FieldMark], ...]]:
    """Return the marks grouped by field, each with its path."""
    grouped: dict[str, list[tuple[FieldPath, FieldMark]]] = {}
    for text, mark in marks.items():
        path = FieldPath.parse(text)
        grouped.setdefault(path.field, []).append((path, mark))
    return {field: tuple(group) for field, group in grouped.items()}


def outcome_of(marks: Iterable[tuple[FieldPath, FieldMark]]) -> str:
    """Return a field's outcome: failed if any part failed, not compared if no part was compared, otherwise empty."""
    outcomes = {mark.outcome for _, mark in marks}
    if FAILED in outcomes:
        return FAILED
    return NOT_COMPARED if outcomes == {NOT_COMPARED} else ""
