"""Shared code of the fuzzers: rounds of inputs, damage to bytes and JSON, and checks of every answer."""

from __future__ import annotations

import copy
import json
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from cacheview.engine import RULE_SETS, ImageCache, explain
from cacheview.engine.audit import audit
from cacheview.model import ContainerConfig, DataError, Probe
from cacheview.report.audits import audit_as_text
from cacheview.report.explanation_objects import as_json
from cacheview.report.explanations import as_markdown, as_text
from cacheview.stores.opened_location import OpenedCase, OpenedLocation
from cacheview.stores.save import suite_line
from cacheview.visible import is_unprintable

__all__ = ["HOSTILE", "Fuzz", "damaged", "damaged_json", "examine", "fuzz", "shown"]

ROUND = 25
"""The number of inputs per example: hypothesis takes longer to create an example than it takes to read most inputs."""

MOST_SECONDS = 5.0
"""The limit of processor time for one input of some kilobytes."""


class TooSlowError(BaseException):
    """Not an Exception, so that no code under test catches it."""


@dataclass
class Fuzz:
    """One run of a fuzzer.

    Attributes:
        random: the source of random inputs.
        read: how many inputs could be read at least in part, if the fuzzer counts them.
    """

    random: random.Random = field(default_factory=random.Random)
    inputs: int = 0
    read: int = 0
    slowest: float = 0.0

    @contextmanager
    def given(self, data: object) -> Iterator[None]:
        """Count an input, limit its time, and add the input to the error if it fails."""
        self.inputs += 1
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, 4 * MOST_SECONDS)
        try:
            yield
            spent = time.process_time() - began
            self.slowest = max(self.slowest, spent)
            assert spent < MOST_SECONDS, f"took {spent:.1f} s"
        except BaseException as error:
            error.add_note(f"The input: {data!r}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def fuzz(request: pytest.FixtureRequest, one: Callable[[Fuzz], object]) -> None:
    """Call ``one``, which creates and tries an input, as often as requested, and print a summary."""
    inputs, first = request.config.getoption("--fuzz-inputs"), request.config.getoption("--fuzz-seed")
    run = Fuzz()

    @seed(first)
    @settings(
        max_examples=max(1, inputs // ROUND),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=True))
    def rounds(source: random.Random) -> None:
        run.random = source
        for _ in range(ROUND):
            one(run)

    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    began = time.monotonic()
    try:
        rounds()
    finally:
        signal.signal(signal.SIGVTALRM, before)
        print(
            f"\n{request.node.name}: {run.inputs:,} inputs, seed {first}, {run.read:,} read, "
            f"{time.monotonic() - began:.0f} s, slowest {run.slowest * 1000:.0f} ms"
        )


# Damage

HOSTILE = (
    "",
    "\0",
    "\x1b[2J\x1b]0;x\x07",
    "\u202e\u2066\u200b\u2028",
    "\x9b31m\x7f\r",
    "a\n9 passed, 0 failed",
    "<img src=x><b>&amp;",
    "|`*_[x](y)\\",
    "../../etc/passwd",
    "sha256:" + "0" * 64,
    "sha256:",
    "9" * 5000,
    "-1",
    "[]",
    "{}",
    "A=",
    "=",
    "|1 A=b /bin/sh -c x",
    "/bin/sh -c #(nop) ",
    '"\\',
    "{redacted-1}",
    "x" * 5000,
    "ß\U0001f600",
)
"""Texts with a special meaning somewhere."""

_ODD: tuple[Any, ...] = (
    *HOSTILE,
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63),
    2**64,
    10**40,
    1e308,
    0.5,
    [],
    {},
    [[]],
    [None],
    {"": None},
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2024-02-30T00:00:00+99:99",
)

_TOKENS = (
    b"\0",
    b"\xff",
    b"\n",
    b"{",
    b"[",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"1e999",
    b"\x1b[",
    b"../",
    b"\x80\x80",
)


def damaged(data: bytes, source: random.Random) -> bytes:
    """Return the bytes with a few faults."""
    content = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 4, 16))):
        at = source.randrange(len(content) + 1)
        match source.randrange(7):
            case 0 if at < len(content):
                content[at] ^= 1 << source.randrange(8)
            case 1 if at < len(content):
                content[at] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
            case 2:
                del content[at : at + source.choice((1, 2, 8, 512, 4096))]
            case 3:
                part = content[at : at + source.choice((1, 4, 16, 512))]
                content[at:at] = part * source.choice((1, 1, 2, 50))
            case 4:
                content[at:at] = source.choice(_TOKENS) * source.choice((1, 1, 1, 100))
            case 5:
                del content[at:]
            case _:
                other = source.randrange(len(content) + 1)
                content[at : at + 8] = content[other : other + 8]
    return bytes(content)


def damaged_json(document: Any, source: random.Random) -> Any:
    """Return a copy of a JSON-like value with a few faults: another value or key, or a missing or repeated one."""
    result = copy.deepcopy(document)
    for _ in range(source.choice((1, 1, 1, 2, 4, 16))):
        places = _places(result)
        if not places:
            return source.choice(_ODD)
        holder, key = source.choice(places)
        match source.randrange(6):
            case 0 if isinstance(holder, dict):
                holder[source.choice(HOSTILE)] = holder.pop(key)
            case 1:
                del holder[key]
            case 2:
                other, place = source.choice(places)
                if _has(other, place):
                    holder[key] = copy.deepcopy(other[place])
            case 3 if isinstance(holder[key], str):
                text = holder[key]
                at = source.randrange(len(text) + 1)
                holder[key] = text[:at] + source.choice(HOSTILE) + text[at:]
            case 4 if isinstance(holder, list):
                holder[key:key] = [copy.deepcopy(holder[key])] * source.choice((1, 1, 3, 40))
            case _:
                holder[key] = copy.deepcopy(source.choice(_ODD))
    return result


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(document: Any) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []
    left = [document]
    while left:
        value = left.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in list(items):
            places.append((value, key))
            left.append(inner)
    return places


# Checks of every answer


def shown(text: str) -> None:
    """Assert that the printed text contains no control characters."""
    assert not any(is_unprintable(character) for character in text if character != "\n")


def refused(error: DataError) -> None:
    """Assert that an error has a message of one line with a readable length."""
    assert error.what
    assert len(str(error)) < 20_000


def examine(opened: OpenedLocation, run: Fuzz) -> None:
    """Use a store as the program does."""
    run.read += 1
    for problem in opened.problems:
        assert problem.what
    for case in opened.cases[:3]:
        _examine_case(case, run.random)


def _examine_case(case: OpenedCase, source: random.Random) -> None:
    probes = [reported.probe for reported in case.probes[:3]]
    for image in source.sample(case.store.images, min(2, len(case.store.images))):
        config = image.config.container_config or image.container_config or image.config.config
        probes.append(Probe(parent=source.choice((image.id, image.parent or "")), config=config or ContainerConfig()))
    for probe in probes:
        rules = RULE_SETS[source.choice(sorted(RULE_SETS))]
        explanation = explain(ImageCache(case.store, rules), probe)
        match source.randrange(4):
            case 0:
                shown(as_text(explanation, everything=True))
            case 1:
                text = as_json(explanation)
                shown(text)
                json.loads(text)
            case 2:
                as_markdown(explanation)
            case _:
                json.loads("".join(suite_line(case, probe=probe, redact_env=True, redact_labels=True)))
    if source.randrange(4) == 0:
        rules = RULE_SETS[source.choice(sorted(RULE_SETS))]
        shown(audit_as_text(audit(case.store, rules), case.store, rules))
