"""Two records with 10,000 files and 200 steps each: how long comparing them takes, compared with reading them.

Reading is parsing both lines. Comparing is everything after that: what each build requested and what became of it, step
by step, and the two side by side. Times are processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from build_kit import Daemon
from diff_kit import Build, base, compared, recorded

from cacheview.collector import rare_searches
from cacheview.diff.words import answer_sentence
from cacheview.model import decode
from cacheview.replay.file import ReplayCase

FILES = 10_000
STEPS = 200
ROUNDS = 7
LONGEST = 0.3  # seconds


def build_of() -> Build:
    files = {
        "Dockerfile": b"of now",
        **{f"src/{number // 100}/{number}": b"x" * (number % 97) for number in range(FILES)},
    }
    lines = [f"RUN step {number}" if number % 3 else f"ENV NAME{number}=x" for number in range(STEPS - 3)]
    lines.insert(STEPS // 4, "COPY src /src")
    lines.insert(STEPS // 2, "COPY . /all")
    return Build("FROM base\n" + "\n".join(lines) + "\n", files)


def timed(work: Callable[[], object]) -> float:
    with rare_searches():  # as in the command
        begun = time.process_time()
        work()
        return time.process_time() - begun


def test_comparing_takes_less_than_300_ms_beside_reading() -> None:
    build = build_of()
    daemon = Daemon()
    base(daemon)
    recorded(daemon, build)
    first = recorded(daemon, build, 1).model_dump_json(exclude_defaults=True)
    edits = {
        "nothing": build,
        "one file": replace(build, files={**build.files, "src/50/5000": b"y"}),
        "all modes": replace(build, modes=dict.fromkeys(build.files, 0o600)),
        "every instruction": replace(build, dockerfile=build.dockerfile.replace("RUN step", "RUN other")),
    }
    print()
    for name, edited in edits.items():
        line = recorded(daemon, edited, 2).model_dump_json(exclude_defaults=True)
        reading, comparing = [], []
        for _ in range(ROUNDS):
            cases: list[ReplayCase] = []
            reading.append(timed(lambda: cases.extend(decode(ReplayCase, each) for each in (first, line))))  # noqa: B023
            comparing.append(timed(lambda: compared(*cases)))  # noqa: B023
        ratio = median(comparing) / median(reading)
        size = len(first) + len(line)
        print(f"{name}: {1000 * median(comparing):.0f} ms, {ratio:.2f} of parsing {size:,} bytes")
        print(f"  {answer_sentence(compared(*cases))[:110]}")
        assert median(comparing) < LONGEST
