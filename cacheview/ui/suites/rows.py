"""A probe of a suite with its expected and actual answer, in the words of the list. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from cacheview.model.image import short_id
from cacheview.ui.names import name_of

if TYPE_CHECKING:
    from cacheview.engine import Verdict
    from cacheview.engine.case_results import ProbeResult
    from cacheview.model import Expectation, SuiteCase, SuiteProbe
    from cacheview.stores.opened_location import OpenedCase

__all__ = ["ChecksRow", "Outcome", "checked_row", "expected_in_words", "is_about", "unusable_row"]

_MAX_TEXT_CHARACTERS = 160  # shown of an error or a command
_MAX_SEARCHED_CHARACTERS = 2000  # of a row's searchable text


class Outcome(Enum):
    """The result of a probe. `check` counts the last two as failed."""

    PASSED = "passed"
    FAILED = "failed"
    UNUSABLE = "could not be run"


@dataclass(frozen=True, slots=True)
class ChecksRow:
    """One line of the list.

    Attributes:
        location: the location of the suite.
        number: the number of the case in the file, from 1, counting damaged lines too; 0: the file as a whole.
        case: the position of the case among those that the window shows for the file; None: it is not among them.
        probe: the position of the probe in the case; None: the case could not be run.
        rules: name of the rule set of the case.
        differences: the differences from the expectation, or why the probe could not be run; empty: it passed.
        searched: the searchable text in lower case, created with the row, since a filter reads it for every row.
    """

    location: str
    number: int
    case: int | None
    probe: int | None
    case_name: str
    probe_name: str
    note: str
    rules: str
    expected: str
    actual: str
    outcome: Outcome
    differences: tuple[str, ...]
    searched: str

    @property
    def case_title(self) -> str:
        """The title of the case (``3 name``); empty for the file as a whole."""
        return f"{self.number or ''} {self.case_name}".strip()

    @property
    def probe_title(self) -> str:
        """The title of the probe (``2 name``); empty if there is none."""
        return f"{self.probe + 1} {self.probe_name}".strip() if self.probe is not None else ""

    @property
    def place(self) -> str:
        """The place of the row (``case 3 name, probe 2 name``); for a file as a whole, its location."""
        parts = [f"case {self.case_title}"] if self.number else [self.location]
        return ", ".join([*parts, f"probe {self.probe_title}"] if self.probe is not None else parts)

    @property
    def line(self) -> str:
        """The entire row on one line, for the clipboard."""
        place = f"{self.location}: {self.place}" if self.number else self.place
        return f"{place}: {self.outcome.value}" + (f": {self.reason}" if self.differences else "")

    @property
    def reason(self) -> str:
        """The differences on one line."""
        return "; ".join(self.differences)


def checked_row(location: str, number: int, place: int, case: SuiteCase, result: ProbeResult) -> ChecksRow:
    """Return the row of a probe that was checked. ``place``: the position of the case, see `ChecksRow.case`."""
    value, verdict = case.probes[result.index], result.verdict
    outcome = Outcome.PASSED if result.passed else Outcome.FAILED if verdict is not None else Outcome.UNUSABLE
    return _row(
        location,
        number,
        place,
        result.index,
        (case.name, _name(value), value.note, case.rules),
        (expected_in_words(value.expect), _answer_in_words(verdict) if verdict is not None else ""),
        outcome,
        result.differences,
    )


def unusable_row(
    location: str, number: int, why: str, *, place: int | None = None, case: SuiteCase | None = None
) -> ChecksRow:
    """Return the row of a line, or of a file (number 0), that cannot be run."""
    names = (case.name, "", "", case.rules) if case is not None else ("", "", "", "")
    return _row(location, number, place, None, names, ("", ""), Outcome.UNUSABLE, (why,))


def _row(
    location: str,
    number: int,
    place: int | None,
    probe: int | None,
    names: tuple[str, str, str, str],
    answers: tuple[str, str],
    outcome: Outcome,
    differences: tuple[str, ...],
) -> ChecksRow:
    numbers = str(number), str(probe + 1) if probe is not None else ""
    searched = "\n".join((*numbers, *names, *answers, outcome.value, name_of(location), *differences)).lower()
    return ChecksRow(
        location, number, place, probe, *names, *answers, outcome, differences, searched[:_MAX_SEARCHED_CHARACTERS]
    )


def is_about(row: ChecksRow, case: OpenedCase) -> bool:
    """Whether an opened case is the one that a row is about: the file may have changed in between."""
    if row.rules != case.rules or (row.case_name and row.case_name != case.name):
        return False
    if row.probe is None:
        return True
    entry = case.probes[row.probe] if row.probe < len(case.probes) else None
    return entry is not None and (_name(entry), expected_in_words(entry.expect)) == (row.probe_name, row.expected)


def _name(suite_probe: SuiteProbe) -> str:
    return suite_probe.name or " ".join(suite_probe.config.Cmd or ())[:_MAX_TEXT_CHARACTERS]


def expected_in_words(expect: Expectation | None) -> str:
    """Return ``hit 1a2b3c4d5e6f``, ``miss``, ``error: …``."""
    if expect is None:
        return "nothing"
    # The ids of images that the cache creates are `new` and `new:N`.
    is_new = (expect.image or "").partition(":")[0] == "new"
    return _in_words(expect.outcome, expect.image, is_new, expect.error or "")


def _answer_in_words(verdict: Verdict) -> str:
    image = verdict.image.id if verdict.image is not None else None
    return _in_words(verdict.outcome.value, image, verdict.is_new, verdict.error)


def _in_words(outcome: str, image: str | None, is_new: bool, error: str) -> str:
    if image is not None:
        return f"{outcome} {'a new image' if is_new else short_id(image)}"
    return f"{outcome}: {error[:_MAX_TEXT_CHARACTERS]}" if error else outcome
