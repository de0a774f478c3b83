"""A user who may use the socket of an engine, but not read its files: no step is told otherwise than it is built."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from daemon_client import DockerCli
from daemon_engines import INSTALLED
from daemon_scenarios import OVER_A_BASE, SCENARIOS, Build, Scenario, arguments_of, write
from daemon_start import SOCKET_GROUP, EngineDaemon
from daemon_unprivileged import NOBODY, Unprivileged, unprivileged

from cacheview.engine import RULE_SETS
from cacheview.model import StoreKind

ON_EVERY_ENGINE = True
pytestmark = pytest.mark.usefixtures("emptied")


@pytest.fixture(scope="module")
def user(engine: EngineDaemon, daemon_folder: Path) -> Iterator[Unprivileged]:
    """Somebody in the group of the socket, to which the way is open, and not to the files of the engine."""
    for folder in (daemon_folder, engine.socket.parent.parent, engine.socket.parent):
        folder.chmod(0o711)
    mode = engine.data_root.stat()
    assert (mode.st_uid, mode.st_mode & 0o007) == (0, 0)
    with unprivileged(SOCKET_GROUP, f"engine:{engine.url}") as running:
        yield running


@pytest.fixture
def context() -> Iterator[Path]:
    """A folder that everybody can read."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        os.chmod(name, 0o755)
        yield Path(name) / "context"


def said(user: Unprivileged, engine: EngineDaemon, context: Path, build: Build, client: DockerCli) -> dict[str, Any]:
    file = ["--file", str(context / build.file)] if build.file else []
    store = ["--store", f"engine:{engine.url}", "--client", client.sends_as.name, "--json"]
    for folder, _, names in os.walk(context):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    status, out, err = user.run("replay", str(context), *store, *file, *arguments_of(build.options))
    assert status in (0, 1, 2, 3), err
    assert out, err
    document: dict[str, Any] = json.loads(out)
    assert {None: 3, True: 0, False: 1}[document["all_cached"]] == status or document["refused"]
    return document


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_through_the_socket_alone_nothing_wrong_is_said(
    scenario: Scenario, engine: EngineDaemon, user: Unprivileged, client: DockerCli, context: Path
) -> None:
    write(context, scenario)
    wrong = []
    for build in scenario.builds:
        if build.edit is not None:
            build.edit(context)
        told = said(user, engine, context, build, client)
        if build.asks_itself and RULE_SETS[told["rules"]].reads_one_parent:  # see test_daemon_unanswered.py
            statuses = [step["status"] for step in told["steps"]]
            assert (statuses[1], "hit" in statuses) == ("unknown", False)
            continue
        file = ["--file", str(context / build.file)] if build.file else []
        named = ["--tag", build.tag or f"alone/{scenario.name}"]
        truth = client.build(context, [*arguments_of(build.options), *file, *named])
        for step, fact in zip(told["steps"], truth.steps, strict=False):
            if step["status"] in ("hit", "miss", "not asked") and (step["status"] == "hit") != fact.cached:
                wrong.append(f"{build.message}: {step['text']}: {step['status']}, the builder: {fact}")
            if step["status"] == "unknown" and not step["reason"]:
                wrong.append(f"{build.message}: {step['text']}: unknown without a reason")
        if told["refused"] is not None and told["refused"]["said"].casefold() != truth.error.casefold():
            wrong.append(f"{build.message}: refused with {told['refused']['said']!r}, the builder: {truth.error!r}")
    assert wrong == []


def test_a_hit_that_depends_on_what_the_api_omits_says_what_and_how_to_know(
    engine: EngineDaemon, user: Unprivileged, client: DockerCli, context: Path
) -> None:
    write(context, OVER_A_BASE)
    base, *_ = OVER_A_BASE.builds
    assert client.build(context, ["--file", str(context / base.file), "--tag", base.tag]).error == ""
    whole = replace(base, file="Whole")
    assert client.build(context, ["--file", str(context / whole.file)]).error == ""
    (step,) = [step for step in said(user, engine, context, whole, client)["steps"] if step["created_by"]]
    if engine.kind is INSTALLED:
        assert step["status"] == "hit"
        return
    assert step["status"] == "unknown"
    assert len(step["possible"]) == 1
    assert any("permission" in remedy for remedy in step["remedies"])
    if engine.kind.store is StoreKind.GRAPH_DRIVER:
        assert "if it was built here" in step["reason"]
        assert "most likely was" in step["reason"]


def test_the_user_cannot_read_what_the_engine_keeps(user: Unprivileged, engine: EngineDaemon) -> None:
    status, _, err = user.run("audit", f"data-root:{engine.data_root}")
    assert status == 2
    assert "permission" in err.lower() or "not be read" in err.lower()
    assert os.geteuid() != NOBODY
