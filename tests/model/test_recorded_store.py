"""A record opened as a store has the rules of the recorded build."""

from __future__ import annotations

import pytest

from cacheview.cases import rules_named
from cacheview.replay.file import ExpectedBuild, ReplayCase


@pytest.mark.parametrize("kind", ["graphdriver", "containerd"])
@pytest.mark.parametrize("daemon", ["", "moby 71ebfc7"])
def test_the_store_of_a_record_has_the_rules_of_its_build(daemon: str, kind: str) -> None:
    record = ReplayCase(daemon=daemon, engine="24.0.7", kind=kind, dockerfile="", expect=ExpectedBuild(ok=True))
    assert rules_named(record.as_case.rules).rules is record.rules
