"""Replaying past a miss: the image from which the rest of a stage continues."""

from __future__ import annotations

from collections.abc import Mapping

from build_kit import Daemon, context_of

from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.options import BuildOptions
from cacheview.replay.past_misses import replay_past_misses
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay


def past_misses(daemon: Daemon, dockerfile: str, options: BuildOptions) -> Replay:
    def play(assumed: Mapping[int, str]) -> Replay:
        checksums = ContextChecksums(context_of({}), "", daemon.release)
        text = dockerfile.encode()
        return replay(text, checksums, daemon.store, daemon.rules, daemon.release, options, assumed=assumed)

    return replay_past_misses(play, daemon.store, daemon.rules)


def test_an_ignored_local_match_is_assumed_past_a_miss() -> None:
    """The replay does not continue from a source's step, which is a different image."""
    daemon = Daemon("20.10.24")
    daemon.build("FROM scratch\nENV A=1\nLABEL other=1\nENV C=3\n", name="source:1")
    made = daemon.build("FROM scratch\nENV A=1\nENV B=2\nENV C=3\n")
    dockerfile = "FROM scratch\nENV A=1\nENV B=2\nENV C=3\n"
    reported = past_misses(daemon, dockerfile, BuildOptions(cache_from=("source:1",)))
    assert [step.status.value for step in reported.looked_up] == ["hit", "miss", "miss"]
    assert [step.assumed for step in reported.looked_up] == ["", *made]


def test_past_a_miss_the_nearest_candidate_is_assumed() -> None:
    daemon = Daemon("20.10.24")
    made = daemon.build("FROM scratch\nENV A=1\nENV B=2\nENV C=3\n")
    reported = past_misses(daemon, "FROM scratch\nENV A=1\nENV B=3\nENV C=3\n", BuildOptions())
    assert [step.status.value for step in reported.looked_up] == ["hit", "miss", "hit"]
    assert reported.steps[2].assumed == made[1]
