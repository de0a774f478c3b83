"""A user who can access an engine's socket, but not its files. For builds, see ``test_daemon_replay.py``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from daemon_client import DockerCli
from daemon_engines import INSTALLED
from daemon_predictions import predicted_for
from daemon_scenarios import OVER_A_BASE, write
from daemon_start import EngineDaemon
from daemon_unprivileged import NOBODY, Unprivileged

from cacheview.model import StoreKind

ON_EVERY_ENGINE = True
pytestmark = pytest.mark.usefixtures("emptied")


def test_a_hit_depending_on_data_the_api_omits_gives_reason_and_remedy(
    engine: EngineDaemon, user: Unprivileged, client: DockerCli, public_folder: Path
) -> None:
    context = public_folder / "context"
    write(context, OVER_A_BASE)
    base, *_ = OVER_A_BASE.builds
    assert client.build(context, ["--file", str(context / base.file), "--tag", base.tag]).error == ""
    whole = replace(base, file="Whole")
    assert client.build(context, ["--file", str(context / whole.file)]).error == ""
    (step,) = [step for step in predicted_for(user, engine, context, whole, client)["steps"] if step["created_by"]]
    if engine.kind is INSTALLED:
        assert step["status"] == "hit"
        return
    assert step["status"] == "unknown"
    assert len(step["possible"]) == 1
    assert any("permission" in remedy for remedy in step["remedies"])
    if engine.kind.store is StoreKind.GRAPH_DRIVER:
        assert "if it was built here" in step["reason"]
        assert "was most likely" in step["reason"]


def test_the_user_cannot_read_what_the_engine_keeps(user: Unprivileged, engine: EngineDaemon) -> None:
    status, _, err = user.run("audit", f"data-root:{engine.data_root}")
    assert status == 2
    assert "permission" in err.lower() or "not be read" in err.lower()
    assert os.geteuid() != NOBODY
