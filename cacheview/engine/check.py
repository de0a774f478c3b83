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
    """The result of a check. The daemon stops at the first failure and does not reach later checks.

    A check that fails with the values as the store reports them, but may pass, is *unknown*.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "not known"
    NOT_REACHED = "not reached"
    NOT_COMPARED = "not compared"

    @property
    def word(self) -> str:
        """The word for people; the enumeration's value is used in JSON."""
        return "unknown" if self is CheckOutcome.UNKNOWN else self.value


class Absent(Enum):
    """Replaces the value of a side that has none (an element past the end, a missing key) or whose value is unknown."""

    ABSENT = "absent"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return "nothing" if self is Absent.ABSENT else self.value


ABSENT = Absent.ABSENT
UNKNOWN = Absent.UNKNOWN
"""The value of a side that the daemon has but the store does not report."""


class CheckKind(Enum):
    """The subject of a check. The member's value is the check's name if the check has no path."""

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
        """Whether the parent's history or layers are compared with those of a source or child."""
        return self in _HISTORY_KINDS

    @property
    def is_of_config(self) -> bool:
        """Whether a field of the container config is compared."""
        return self in _CONFIG_KINDS


_CONFIG_KINDS = frozenset({CheckKind.FIELD, CheckKind.LENGTH, CheckKind.NOT_SET, CheckKind.ELEMENT})
_HISTORY_KINDS = frozenset(
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
    """A key of a map, as part of a path."""

    text: str


Path = tuple[str | int | Key, ...]
"""The location of a value: a field, followed by an index in a list, a `Key` of a map, or the name of a part."""


CheckKey = tuple[CheckKind, Path]
"""The kind and path of a check."""


def path_text(path: Path) -> str:
    """Return a path in its usual form: ``Env[1]``, ``Labels["a"]``, ``Healthcheck.Test``, ``history[2].created``."""
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
    """Return the name of a check."""
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
        kind: the subject of the check.
        outcome: see `CheckOutcome`; a failure is certain.
        probe: the probe's side: a plain JSON-like value, a model, `ABSENT` or `UNKNOWN`. In history checks it is the
            parent's side.
        image: the image's side, in the same form.
        field: the part of the probe that the check reads: one of `CONFIG_FIELDS`, ``parent`` or ``cache_from``; empty:
            none.
        note: a remark for the reader, in a sentence; usually empty.
        children: the checks of its elements; may be long and created on demand.
        doubts: unknown facts that the outcome depends on; empty: it is certain, or an earlier check of the same image
            failed.
        path: the location of the value for kinds that have several, see `Path`.
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
        """The name: ``User``, ``len(Cmd)``, ``Env[1]``, ``Labels["a"]``, ``history[2].created``."""
        return check_name(self.kind, self.path)

    @property
    def key(self) -> CheckKey:
        """The key that identifies the check in its list, regardless of the values."""
        return self.kind, self.path

    @property
    def failed(self) -> bool:
        """Whether it certainly fails."""
        return self.outcome is CheckOutcome.FAILED
