"""Watched builds without an engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cacheview.cases import Daemon, DaemonBasis
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.release import builder_release
from cacheview.engine.rulesets.releases import choose
from cacheview.model import DataError, ImageStore, StoreKind
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.misses import misses
from cacheview.replay.records import SentContext, redacted_record, write_record
from cacheview.replay.replay import replay
from cacheview.watch.build import WatchedBuild, expected_build, record_of_build
from cacheview.watch.outcome import BuildOutcome, ReportedStep
from cacheview.watch.prediction import Prediction
from cacheview.watch.request import BuildRequest

__all__ = ["FakeProcess", "build_of"]

DOCKERFILE = b"FROM scratch\nCMD x\nENV A=1\n"
ID = f"sha256:{'5' * 64}"


class FakeProcess:
    """The part of the watching process that the window uses. ``refuses``: the error if it cannot watch."""

    url = "unix:///run/user/1000/cacheview/docker.sock"
    host = "unix:///var/run/docker.sock"

    def __init__(self, refuses: str = "") -> None:
        self.is_closed = False
        self.builds: dict[int, WatchedBuild] = {}
        self._refuses = refuses

    def start(self, _: str, check_canceled: Callable[[], None]) -> None:
        check_canceled()
        if self._refuses:
            raise DataError(self._refuses)
        self.is_closed = False

    def save(self, number: int, path: str, _: Callable[[], None], *, env: bool, labels: bool) -> None:
        case = record_of_build(self.builds[number], expected_build(self.builds[number], None))
        write_record(path, redacted_record(case, env=env, labels=labels))

    def close(self) -> None:
        self.is_closed = True


def prediction() -> Prediction:
    choice = choose("28.5.2", StoreKind.GRAPH_DRIVER)
    assert choice is not None
    daemon = Daemon(choice.rules, builder_release("28.5.2"), DaemonBasis.ENGINE, "28.5.2")
    store = ImageStore(())
    checksums = ContextChecksums(MemoryContext({}, {}), "", daemon.builder)
    from cacheview.replay.options import BuildOptions

    reported = replay(DOCKERFILE, checksums, store, daemon.rules, daemon.builder, BuildOptions())
    why = tuple(misses(reported, store, daemon.rules))
    return Prediction(reported, why, store, daemon, SentContext((), "Dockerfile", DOCKERFILE, None))


def build_of(
    number: int = 1, *, steps: int = 3, is_over: bool = True, differences: tuple[str, ...] = ()
) -> WatchedBuild:
    """A build of three steps. ``steps``: how many have begun."""
    reported = (
        ReportedStep(1, "FROM scratch"),
        ReportedStep(2, "CMD x", bool(differences), "2" * 12),
        ReportedStep(3, "ENV A=1", False, "3" * 12),
    )
    return WatchedBuild(
        number,
        datetime(2026, 1, 1, 12, 0, number % 60, tzinfo=UTC),
        BuildRequest(client="docker-sdk-python/7.1.0", tags=(f"app:{number}",)),
        BuildOutcome(reported[:steps], 3, ID if is_over else "", "", is_over),
        prediction(),
        differences=differences,
        is_sent=True,
        is_final=is_over,
    )
