"""One comparison, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cacheview.model import Doubt

__all__ = ["ABSENT", "UNKNOWN", "Absent", "Check", "CheckOutcome"]


class CheckOutcome(Enum):
    """What came of a check. The daemon stops at the first failure: what follows is not reached."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    NOT_COMPARED = "not compared"


class Absent(Enum):
    """The value of a side that has none: an element past the end, a key that is not there; or that is not known."""

    ABSENT = "absent"
    UNKNOWN = "not known"

    def __str__(self) -> str:
        return "nothing" if self is Absent.ABSENT else self.value


ABSENT = Absent.ABSENT
UNKNOWN = Absent.UNKNOWN
"""The value of a side that the daemon has and the store does not tell."""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a trace.

    Attributes:
        name: what was compared, as a path: ``User``, ``len(Cmd)``, ``Env[1]``, ``Labels["a"]``, ``history[2].created``.
        outcome: passed, failed, not reached, not compared.
        probe: the probe's side: a plain JSON-like value, a model, `ABSENT` or `UNKNOWN`.
        image: the image's side, likewise. In the history checks the probe's side is its parent's.
        field: what of the probe the check reads: one of `CONFIG_FIELDS`, ``parent`` or ``cache_from``; empty: nothing.
        note: what a reader needs to know of this comparison, in a sentence; mostly empty.
        children: the element-level checks that it consists of; may be long and made when asked for.
        doubts: what the outcome rests on that is not known exactly: empty: it is certain, or an earlier check of the
            same image certainly failed.
    """

    name: str
    outcome: CheckOutcome
    probe: object = ABSENT
    image: object = ABSENT
    field: str = ""
    note: str = ""
    children: Sequence[Check] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def failed(self) -> bool:
        return self.outcome is CheckOutcome.FAILED

    @property
    def certain(self) -> bool:
        """Whether the daemon's own comparison is known to come out the same."""
        return not self.doubts
