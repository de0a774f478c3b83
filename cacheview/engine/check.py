"""One comparison and its outcome."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cacheview.model import Doubt

__all__ = [
    "ABSENT",
    "UNKNOWN",
    "Absent",
    "Check",
    "CheckKey",
    "CheckKind",
    "CheckOutcome",
    "Key",
    "Path",
    "check_name",
    "path_text",
]


class CheckOutcome(Enum):
    """The result of a check. The daemon stops at the first failure: what follows is not reached.

    A check that would fail with the values as the store reports them, and may pass, is not known.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "not known"
    NOT_REACHED = "not reached"
    NOT_COMPARED = "not compared"

    @property
    def word(self) -> str:
        """What it is called for people; the value stands in JSON."""
        return "unknown" if self is CheckOutcome.UNKNOWN else self.value


class Absent(Enum):
    """The value of a side that has none: an element past the end, a key that does not exist; or that is not known."""

    ABSENT = "absent"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return "nothing" if self is Absent.ABSENT else self.value


ABSENT = Absent.ABSENT
UNKNOWN = Absent.UNKNOWN
"""The value of a side that the daemon has and the store does not report."""


class CheckKind(Enum):
    """What a check compares. The value is its name where it has no path."""

    FIELD = "field"
    LENGTH = "length"
    NOT_SET = "not set"
    ELEMENT = "element"
    BUILT_LOCALLY = "built locally"
    PLATFORM = "platform"
    PLATFORM_PART = "part of a platform"
    CREATED = "created"
    NEWEST = "newest"
    REFERENCE = "reference"
    SOURCE = "source"
    PARENT = "parent"
    PARENT_OF_ANSWER = "parent of the local answer"
    ANCESTOR = "ancestor"
    PARENT_OF = "parent of"
    PARENT_IN_STORE = "parent in store"
    NOT_EMPTY = "history not empty"
    ENTRY_COUNT = "len(history)"
    LAYER_COUNT = "len(diff_ids)"
    HISTORY = "history"
    ENTRY = "entry"
    ENTRY_FIELD = "field of an entry"
    LAYERS = "diff_ids"
    LAYER = "layer"
    COMMAND = "created_by"

    @property
    def is_of_history(self) -> bool:
        """Whether the parent's side is compared with a source's or a child's: history and layers."""
        return self in _OF_HISTORY

    @property
    def is_of_config(self) -> bool:
        """Whether a field of the container config is compared."""
        return self in _OF_CONFIG


_OF_CONFIG = frozenset({CheckKind.FIELD, CheckKind.LENGTH, CheckKind.NOT_SET, CheckKind.ELEMENT})
_OF_HISTORY = frozenset(
    {
        CheckKind.NOT_EMPTY,
        CheckKind.ENTRY_COUNT,
        CheckKind.LAYER_COUNT,
        CheckKind.HISTORY,
        CheckKind.ENTRY,
        CheckKind.ENTRY_FIELD,
        CheckKind.LAYERS,
        CheckKind.LAYER,
    }
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a map, as a part of a path."""

    text: str


Path = tuple[str | int | Key, ...]
"""Where a value stands: a field; in it an index of a list, a `Key` of a map, or the name of a part."""


CheckKey = tuple[CheckKind, Path]
"""A check's kind and path."""


def path_text(path: Path) -> str:
    """A path as people write it: ``Env[1]``, ``Labels["a"]``, ``Healthcheck.Test``, ``history[2].created``."""
    text = ""
    for part in path:
        match part:
            case int():
                text += f"[{part}]"
            case Key():
                text += f"[{json.dumps(part.text, ensure_ascii=False)}]"
            case _:
                text += f".{part}" if text else part
    return text


def check_name(kind: CheckKind, path: Path) -> str:
    """What a check is called."""
    text = path_text(path)
    match kind:
        case CheckKind.LENGTH:
            return f"len({text})"
        case CheckKind.NOT_SET:
            return f"{text} not set"
        case CheckKind.PARENT_OF:
            return f"parent of {text}"
    return text or kind.value


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a trace.

    Attributes:
        kind: what it compares.
        outcome: see `CheckOutcome`; a failure is certain.
        probe: the probe's side: a plain JSON-like value, a model, `ABSENT` or `UNKNOWN`.
        image: the image's side, likewise. In the history checks the probe's side is its parent's.
        field: what of the probe the check reads: one of `CONFIG_FIELDS`, ``parent`` or ``cache_from``; empty: nothing.
        note: what a reader needs to know of this comparison, in a sentence; mostly empty.
        children: the element-level checks that it consists of; may be long and made when asked for.
        doubts: what the outcome rests on that is not known exactly; empty: it is certain, or an earlier check of the
            same image failed.
        path: where the value stands, of the kinds that have several: see `Path`.
    """

    kind: CheckKind
    outcome: CheckOutcome
    probe: object = ABSENT
    image: object = ABSENT
    field: str = ""
    note: str = ""
    children: Sequence[Check] = ()
    doubts: tuple[Doubt, ...] = ()
    path: Path = ()

    @property
    def name(self) -> str:
        """What it is called: ``User``, ``len(Cmd)``, ``Env[1]``, ``Labels["a"]``, ``history[2].created``."""
        return check_name(self.kind, self.path)

    @property
    def key(self) -> CheckKey:
        """What distinguishes it from all others of the same list, whatever the values."""
        return self.kind, self.path

    @property
    def failed(self) -> bool:
        """Whether it fails for certain."""
        return self.outcome is CheckOutcome.FAILED

    @property
    def certain(self) -> bool:
        """Whether the daemon's own comparison is known to come out the same."""
        return not self.doubts
