"""Values of checks as text, and the parts where two of them differ. No Qt."""

from __future__ import annotations

import json
import re
from typing import Final

from cacheview.engine import ABSENT, UNKNOWN, Check, CheckKind, CheckOutcome, plain
from cacheview.engine.check import path_text
from cacheview.model import CONFIG_FIELDS, HistoryEntry, short_id
from cacheview.ui.difference import differing

__all__ = ["MAX_CHARACTERS", "NO_MARK", "differs", "field_path", "full_pair", "marks", "row_pair"]

MAX_CHARACTERS: Final = 100_000
"""The maximum number of characters shown of a value. A longer one is cut, with a note."""

_ABSENT_TEXT: Final = "nothing"
_UNKNOWN_TEXT: Final = UNKNOWN.value
NO_MARK: Final = slice(0, 0)

_DIGEST: Final = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")
_ENTRY_FIELDS: Final = ("created", "created_by", "author", "comment", "empty_layer")
_KINDS_OF_IDS: Final = frozenset(
    {
        CheckKind.PARENT,
        CheckKind.PARENT_OF,
        CheckKind.PARENT_OF_ANSWER,
        CheckKind.PARENT_IN_STORE,
        CheckKind.ANCESTOR,
        CheckKind.REFERENCE,
        CheckKind.SOURCE,
    }
)
_KINDS_WITH_BOTH_SIDES: Final = (
    frozenset({CheckKind.ELEMENT, CheckKind.ENTRY, CheckKind.LAYER, CheckKind.COMMAND}) | _KINDS_OF_IDS
)
"""The checks in which a missing side is shown as "nothing". Other checks then have only one side."""


def row_pair(check: Check) -> tuple[str, str]:
    """Return both values, each on one line, as in a row; empty for a missing side."""
    probe_value, image_value = check.probe, check.image
    if isinstance(probe_value, HistoryEntry) and isinstance(image_value, HistoryEntry):
        return _entry_pair(probe_value, image_value)
    texts = [_ABSENT_TEXT if value is ABSENT else plain(value) for value in (probe_value, image_value)]
    if check.kind in _KINDS_OF_IDS:
        texts = [
            short_id(str(value)) if _is_digest(value) else text
            for value, text in zip((probe_value, image_value), texts, strict=True)
        ]
    return _without_missing_side(check, *texts)


def full_pair(check: Check, *, lines: bool = True) -> tuple[str, str]:
    """Return both full values; empty for a missing side.

    ``lines``: whether to put each element of a list or map on its own line, and to cut at `MAX_CHARACTERS`. Otherwise
    the text is one line, never cut.
    """
    return _without_missing_side(check, _full(check.probe, lines=lines), _full(check.image, lines=lines))


def marks(check: Check, probe_value: str, image_value: str) -> tuple[slice, slice]:
    """Return the part of each text that differs; `NO_MARK` if the values do not count as different."""
    is_count = check.kind in (CheckKind.HISTORY, CheckKind.LAYERS)  # a count is not itself the difference
    if not probe_value or not image_value or probe_value == image_value or is_count or not differs(check):
        return NO_MARK, NO_MARK
    if UNKNOWN in (check.probe, check.image):
        return NO_MARK, NO_MARK
    if isinstance(check.probe, bool | int) and isinstance(check.image, bool | int):
        one, other = (
            slice(0, len(probe_value)),
            slice(0, len(image_value)),
        )  # as a whole, since single characters have no meaning
    else:
        one, other = differing(probe_value, image_value)
    return (NO_MARK if check.probe is ABSENT else one), (NO_MARK if check.image is ABSENT else other)


def differs(check: Check) -> bool:
    """Whether the check failed, or its values differ without an effect.

    The latter applies only to the container config: to fields that the daemon did not reach, that the rules do not
    read, or that they accept anyway. The other checks do not compare two similar values.
    """
    if check.outcome is CheckOutcome.FAILED:
        return True
    if check.image is UNKNOWN:
        return False
    if check.field not in CONFIG_FIELDS or check.kind is CheckKind.COMMAND:
        return False
    if check.kind is CheckKind.NOT_SET:
        return bool(check.probe or check.image) and check.outcome is not CheckOutcome.PASSED
    if _is_empty(check.probe) and _is_empty(check.image):
        return False
    return check.probe != check.image


def field_path(check: Check) -> str:
    """Return the field or element of the probe that a check reads (``Env[1]``, ``Cmd``, ``parent``); empty: none."""
    match check.kind:
        case CheckKind.REFERENCE | CheckKind.SOURCE:
            return path_text(check.path[:2])
        case CheckKind.ELEMENT:
            return path_text(check.path)
    return check.field


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _without_missing_side(check: Check, probe_value: str, image_value: str) -> tuple[str, str]:
    """Return the texts. A missing element stays ``nothing``; the missing side of a one-sided check becomes empty."""
    if (check.field or check.kind in _KINDS_WITH_BOTH_SIDES) and not (check.probe is ABSENT and check.image is ABSENT):
        return probe_value, image_value
    return ("" if check.probe is ABSENT else probe_value), ("" if check.image is ABSENT else image_value)


def _entry_pair(probe_value: HistoryEntry, image_value: HistoryEntry) -> tuple[str, str]:
    """Return the commands. If these are equal but the entries are not, add the first other field that differs."""
    field = next(
        (name for name in _ENTRY_FIELDS if getattr(probe_value, name) != getattr(image_value, name)), "created_by"
    )
    if field == "created_by" or probe_value.created_by != image_value.created_by:
        return plain(probe_value), plain(image_value)
    return _entry_with(probe_value, field), _entry_with(image_value, field)


def _entry_with(entry: HistoryEntry, field: str) -> str:
    value = getattr(entry, field)
    return f"{field} {_ABSENT_TEXT if value is None else plain(value)} · {plain(entry)}"


def _full(value: object, *, lines: bool) -> str:
    if value is ABSENT:
        return _ABSENT_TEXT
    if value is UNKNOWN:
        return _UNKNOWN_TEXT
    if isinstance(value, HistoryEntry):
        fields = {name: getattr(value, name) for name in _ENTRY_FIELDS}
        value = {name: each if isinstance(each, str | bool) else _time(each) for name, each in fields.items()}
    elif hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if not lines:
        return plain(value)
    is_long = isinstance(value, list | tuple | dict) and value
    text = json.dumps(value, ensure_ascii=False, indent=2) if is_long else plain(value)
    return (
        text
        if len(text) <= MAX_CHARACTERS
        else f"{text[:MAX_CHARACTERS]}\n… truncated: {len(text):,} characters in total"
    )


def _time(value: object) -> str | None:
    return None if value is None else str(value)
