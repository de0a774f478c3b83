"""``cacheview check``: suites of probes, and builds by real daemons, each with what is expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cacheview.engine import RuleSet
from cacheview.engine.judge import judge
from cacheview.model import DataError, SuiteCase
from cacheview.output import print_lines
from cacheview.replay.check import judge_build
from cacheview.replay.file import ReplayCase
from cacheview.stores.collector import paused_collector
from cacheview.stores.suite import read_lines

__all__ = ["check_files"]


@dataclass
class _Tally:
    passed: int = 0
    failed: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, *, passed: bool) -> None:
        if passed:
            self.passed += 1
        else:
            self.failed += 1


def check_files(files: Iterable[str], rules: RuleSet | None) -> int:
    """Run files, print what differs and then the counts; returns the exit status.

    ``rules``: to judge probes by, instead of those that a case names. Builds are judged by their own engine.
    """
    tally = _Tally()
    for file in files:
        try:
            # Nothing of a case refers to itself, so the collector would find nothing.
            with paused_collector():
                for number, case in read_lines(file, _kind):
                    print_lines(_checked(f"{file}: ", number, case, rules, tally))
        except DataError as error:
            print_lines([str(error)])
            tally.add(passed=False)
    print_lines(
        f"not known: {count} step{'s' if count > 1 else ''}: {reason}" for reason, count in tally.unknown.most_common()
    )
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


def _kind(line: bytes) -> type[SuiteCase] | type[ReplayCase]:
    """What a line holds: a build has a Dockerfile, a case of a suite has probes."""
    return ReplayCase if b'"dockerfile"' in line and b'"probes"' not in line else SuiteCase


def _checked(
    file: str, number: int, case: SuiteCase | ReplayCase | DataError, rules: RuleSet | None, tally: _Tally
) -> Iterator[str]:
    if isinstance(case, DataError):
        tally.add(passed=False)
        yield str(case)
    elif isinstance(case, ReplayCase):
        yield from _checked_build(f"{file}build {number}", case, tally)
    else:
        name = f" ({case.name})" if case.name else ""
        yield from _checked_probes(f"{file}case {number}{name}", case, rules, tally)


def _checked_probes(place: str, case: SuiteCase, rules: RuleSet | None, tally: _Tally) -> Iterator[str]:
    for judgement in judge(case, rules):
        tally.add(passed=judgement.passed)
        if not judgement.passed:
            name = case.probes[judgement.index].name
            told = "; ".join(judgement.differences)
            yield f"{place}, probe {judgement.index + 1}{f' ({name})' if name else ''}: {told}"


def _checked_build(place: str, case: ReplayCase, tally: _Tally) -> Iterator[str]:
    scenario = f" ({case.scenario})" if case.scenario else ""
    try:
        judgement = judge_build(case)
    except DataError as error:
        tally.add(passed=False)
        yield f"{place}{scenario}: {error}"
        return
    tally.add(passed=judgement.passed)
    tally.unknown.update(judgement.unknown)
    yield from (f"{place}{scenario}: {difference}" for difference in judgement.differences)
