"""``cacheview check``: checks probes in suites, and builds by real daemons, against their expected results."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cacheview.cases import rules_named
from cacheview.engine import RuleSet
from cacheview.engine.case_results import probe_results
from cacheview.faults import EXIT_UNUSABLE
from cacheview.model import DataError, SuiteCase
from cacheview.model.suite import StoreDocument
from cacheview.output import complain, print_lines
from cacheview.regular import is_missing
from cacheview.replay.check import build_result
from cacheview.replay.file import ReplayCase
from cacheview.stores.budget import LimitError, effort_for
from cacheview.stores.lines import RestUnreadError, read_lines
from cacheview.stores.locations import FILE, parse_location
from cacheview.stores.problems import Problems
from cacheview.stores.suite import WHAT_A_SUITE_IS
from cacheview.usage import add_rules, known_rules, make_parser
from cacheview.wording import counted

__all__ = ["parser", "run"]

_HELP: Final = """\
The output lists each probe or build with an unexpected result. It then shows how many build steps are unknown, and
why. The last line is always `N passed, N failed`, which counts probes and builds, not build steps.

exit status: 0 all passed, 1 some failed, 2 the command line is invalid or no file can be used.
"""

_MAX_LINES_PRINTED: Final = 100
"""The maximum number of lines without a case that are printed individually."""


@dataclass
class _Counts:
    rules: RuleSet | None
    rules_name: str
    passed: int = 0
    failed: int = 0
    unusable: int = 0  # lines and files that cannot be used, which count as failed
    hidden: int = 0  # unusable lines that are only counted
    unknown: Counter[str] = field(default_factory=Counter)

    @property
    def checked(self) -> int:
        """The number of probes and builds that were checked."""
        return self.passed + self.failed - self.unusable

    def add(self, *, passed: bool) -> None:
        if passed:
            self.passed += 1
        else:
            self.failed += 1

    def refuse(self, error: DataError) -> Iterator[str]:
        """Count a line that cannot be used, and yield it unless too many have been printed."""
        self.failed += 1
        self.unusable += 1
        if self.unusable <= _MAX_LINES_PRINTED:
            yield str(error)
        else:
            self.hidden += 1

    def stop(self, error: DataError) -> str:
        """Count an error that leaves out a part of a line or the rest of a file, and return its text."""
        self.failed += 1
        self.unusable += 1
        return str(error)


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser(
        "cacheview check", "Run suites and replay files, and compare the results with the expected ones.", _HELP
    )
    result.add_argument("suites", metavar="SUITE", nargs="+", help="a suite or a replay file, plain or compressed")
    add_rules(result, "use this rule set for every case, instead of the case's own")
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    choice = known_rules(options.rules)
    if choice is not None and choice.note:
        complain(f"--rules: {choice.note}")
    return _check_files(options.suites, options.rules or "")


def _check_files(files: Sequence[str], rules: str = "") -> int:
    """Check files, print the differences and then the counts, and return the exit status.

    Args:
        rules: rules for all cases, as for `rules_named`; a release also selects its builder. Empty: those of each case
            or engine.

    Raises `DataError` if there are no such rules.
    """
    counts = _Counts(rules_named(rules).rules if rules else None, rules)
    usable = sum([_check_file(file, counts) for file in files])
    if counts.hidden:
        print_lines([counted(counts.hidden, "more line is not a valid case", "more lines are not valid cases")])
    print_lines(f"unknown: {counted(count, 'step')}: {reason}" for reason, count in counts.unknown.most_common())
    print(f"{counts.passed} passed, {counts.failed} failed")
    if not usable:
        return EXIT_UNUSABLE
    return 1 if counts.failed else 0


def _check_file(file: str, counts: _Counts) -> bool:
    """Check a file and return whether anything was checked. A file without probes and builds must not seem to pass."""
    before, unusable = counts.checked, counts.unusable
    try:
        _refuse_other_stores(file)
        with effort_for(_size(file)).spent():
            for number, case in read_lines(file, ReplayCase):
                print_lines(_checked(f"{file}: ", number, case, counts))
        if (counts.checked, counts.unusable) == (before, unusable):
            raise DataError(f"the file has no probes or builds to check. {WHAT_A_SUITE_IS}", where=file)
    except DataError as error:
        print_lines([counts.stop(error)])
    except LimitError as error:
        print_lines([counts.stop(DataError(f"checking the file {error}", where=file))])
    return counts.checked > before


def _refuse_other_stores(file: str) -> None:
    """Raise `DataError` if this names a store that is not a file."""
    if parse_location(file).source is not FILE and is_missing(file):
        raise DataError("is a store, not a file. `cacheview check` reads suites and replay files", where=file)


def _size(file: str) -> int:
    """Return the size of a file; 0 if it cannot be determined, since reading reports the reason."""
    try:
        return os.stat(file).st_size
    except (OSError, ValueError):
        return 0


def _checked(file: str, number: int, case: SuiteCase | ReplayCase | DataError, counts: _Counts) -> Iterator[str]:
    if isinstance(case, RestUnreadError):
        yield counts.stop(case)
    elif isinstance(case, DataError):
        yield from counts.refuse(case)
    elif isinstance(case, ReplayCase):
        place = f"{file}build {number}"
        yield from _left_out(place, case, counts)
        yield from _checked_build(place, case, counts)
    else:
        place = f"{file}case {number}{f' ({case.name})' if case.name else ''}"
        yield from _left_out(place, case, counts)
        yield from _checked_probes(place, case, counts)


def _left_out(place: str, document: StoreDocument, counts: _Counts) -> Iterator[str]:
    """Count each image that was left out like a line that cannot be used, since the answers may depend on it."""
    for problem in Problems(document.problems).reported():
        yield counts.stop(DataError(str(problem), where=place))


def _checked_probes(place: str, case: SuiteCase, counts: _Counts) -> Iterator[str]:
    for result in probe_results(case, counts.rules):
        counts.add(passed=result.passed)
        if not result.passed:
            name = case.probes[result.index].name
            text = "; ".join(result.differences)
            yield f"{place}, probe {result.index + 1}{f' ({name})' if name else ''}: {text}"


def _checked_build(place: str, case: ReplayCase, counts: _Counts) -> Iterator[str]:
    scenario = f" ({case.scenario})" if case.scenario else ""
    try:
        result = build_result(case, counts.rules_name)
    except DataError as error:
        counts.add(passed=False)
        yield f"{place}{scenario}: {error}"
        return
    counts.add(passed=result.passed)
    counts.unknown.update(result.unknown)
    yield from (f"{place}{scenario}: {difference}" for difference in result.differences)
