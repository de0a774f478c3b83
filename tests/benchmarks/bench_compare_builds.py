"""Two records of 10,000 files and 200 steps each: how long they take to compare beside reading them.

Reading is parsing both lines; preparing is replaying each record in its own store and walking through its Dockerfile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median

from build_kit import Daemon
from diff_kit import Build, base, recorded, side

from cacheview.diff.compare import compare_builds
from cacheview.diff.words import answer_sentence
from cacheview.model import decode
from cacheview.replay.file import ReplayCase
from cacheview.stores.collector import rare_searches

FILES = 10_000
STEPS = 200
ROUNDS = 5


def build_of() -> Build:
    files = {"Dockerfile": b"of now", **{f"src/{number // 100}/{number}": b"x" for number in range(FILES)}}
    lines = [f"RUN step {number}" if number % 3 else f"ENV NAME{number}=x" for number in range(STEPS - 3)]
    lines.insert(STEPS // 4, "COPY src /src")
    lines.insert(STEPS // 2, "COPY . /all")
    return Build("FROM base\n" + "\n".join(lines) + "\n", files)


def median_of(work: Callable[[], object]) -> float:
    times = []
    with rare_searches():  # as in the command
        for _ in range(ROUNDS):
            begun = time.process_time()
            work()
            times.append(time.process_time() - begun)
    return median(times)


def test_comparing_beside_reading() -> None:
    build = build_of()
    daemon = Daemon()
    base(daemon)
    recorded(daemon, build)
    a = recorded(daemon, build, 1)
    edits = {
        "nothing": build,
        "one file": replace(build, files={**build.files, "src/50/5000": b"y"}),
        "all modes": replace(build, modes=dict.fromkeys(build.files, 0o600)),
        "every instruction": replace(build, dockerfile=build.dockerfile.replace("RUN step", "RUN other")),
    }
    lines = {name: recorded(daemon, other, 2).model_dump_json(exclude_defaults=True) for name, other in edits.items()}
    first = a.model_dump_json(exclude_defaults=True)
    reading = median_of(lambda: (decode(ReplayCase, first), decode(ReplayCase, lines["nothing"])))
    print(f"\nreading {len(first) + len(lines['nothing']):,} bytes: {1000 * reading:.0f} ms")
    preparing = median_of(lambda: (side(a), side(a)))
    print(f"preparing: {1000 * preparing:.0f} ms, {preparing / reading:.2f} of reading")
    for name, line in lines.items():
        one, other = side(a), side(decode(ReplayCase, line))
        seconds = median_of(partial(compare_builds, one, other))
        said = answer_sentence(compare_builds(one, other))
        print(f"{name}: {1000 * seconds:.0f} ms, {seconds / reading:.2f} of reading: {said[:90]}")
        assert seconds + preparing < 3 * reading + 0.3
