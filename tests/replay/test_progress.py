"""Reporting the progress of a replay, and canceling it."""

from __future__ import annotations

import pytest

from cacheview.dockerfile.context import MemoryContext
from cacheview.dockerfile.release import MOBY_71EBFC7
from cacheview.engine.rulesets import CONTAINERD_71EBFC7
from cacheview.model import ImageStore
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay

FILE = b"ARG A=1\nFROM scratch\nLABEL a=b\nLABEL c=d\n"


def test_progress_reports_the_number_of_each_step() -> None:
    reported: list[int] = []
    checksums = ContextChecksums(MemoryContext({}, {}), "", MOBY_71EBFC7)
    options = BuildOptions(labels={"l": "1"})
    result = replay(
        FILE, checksums, ImageStore(()), CONTAINERD_71EBFC7, MOBY_71EBFC7, options, progress=reported.append
    )
    assert reported == [3, 4, 5]
    assert result.total == 5


def test_stopped() -> None:
    def stop(number: int) -> None:
        if number == 4:
            raise KeyboardInterrupt

    checksums = ContextChecksums(MemoryContext({}, {}), "", MOBY_71EBFC7)
    with pytest.raises(KeyboardInterrupt):
        replay(FILE, checksums, ImageStore(()), CONTAINERD_71EBFC7, MOBY_71EBFC7, BuildOptions(), progress=stop)
