"""With downloaded images, a user who can only access an engine's socket gets predictions for ``COPY --from``.

A ``COPY`` that misses also names the changed file.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_engines import INSTALLED
from daemon_layered import layered_image
from daemon_multistage import IMAGE, SCRATCH
from daemon_predictions import NOT_BUILT, built
from daemon_scenarios import Scenario, write
from daemon_start import SOCKET_GROUP, EngineDaemon
from daemon_unprivileged import NOBODY, Unprivileged, unprivileged

ON_EVERY_ENGINE = True
pytestmark = pytest.mark.usefixtures("emptied")

_BY_DRIVER = "depend on the storage driver"
"""The reason for a folder without an entry in its layer: an archive does not show the result of unpacking it."""

_KNOWN = 9
"""The minimum number of steps per scenario that copy from an image, but not from such a folder."""


@pytest.fixture(scope="module")
def user(engine: EngineDaemon, daemon_folder: Path) -> Iterator[Unprivileged]:
    """A user in the socket's group with a separate cache, who cannot access the engine's files."""
    for folder in (daemon_folder, engine.socket.parent.parent, engine.socket.parent):
        folder.chmod(0o711)
    with tempfile.TemporaryDirectory(prefix="cacheview-") as cache:
        os.chown(cache, NOBODY, NOBODY)
        with unprivileged(SOCKET_GROUP, f"engine:{engine.url}", cache) as running:
            yield running
            assert list(Path(cache).rglob("*.json.gz")), "layer listings were not cached"
        assert not list(Path(cache).rglob(".image-*")), "downloaded images were not deleted"


@pytest.fixture
def context() -> Iterator[Path]:
    """A folder that everybody can read."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        os.chmod(name, 0o755)
        yield Path(name) / "context"


def printed(
    user: Unprivileged, engine: EngineDaemon, context: Path, client: DockerCli, *more: str
) -> tuple[dict[str, Any], str]:
    """Return the command's JSON output and its standard error."""
    for folder, _, names in os.walk(context):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    command = ["replay", str(context), "--store", f"engine:{engine.url}", "--client", client.sends_as.name, "--json"]
    _, out, err = user.run(*command, *more)
    assert out, err
    document: dict[str, Any] = json.loads(out)
    return document, err


@pytest.mark.parametrize("scenario", [IMAGE, SCRATCH], ids=lambda scenario: scenario.name)
def test_copies_from_stages_are_predicted_with_downloaded_layers(
    scenario: Scenario, engine: EngineDaemon, builder: Builder, user: Unprivileged, client: DockerCli, context: Path
) -> None:
    """Copies from an image are known; copies from a stage may be unknown since Docker 25.0.

    Its API does not report which images were built locally, so it may be unknown whether a step hits, and which image a
    stage ends with.
    """
    builder.client.load_image(layered_image())
    write(context, scenario)
    wrong = []
    known = 0
    first, again, *_, refused = scenario.builds
    assert built(context, f"down/{scenario.name}", first, client).error == ""
    for build in (again, refused):
        file = ["--file", str(context / build.file)] if build.file else []
        reported, _ = printed(user, engine, context, client, "--download-layers", *file)
        truth = built(context, f"down/{scenario.name}", build, client)
        for step, fact in zip(reported["steps"], truth.steps, strict=False):
            if step["status"] in ("hit", "miss", "not asked") and (step["status"] == "hit") != fact.cached:
                wrong.append(f"{build.message}: {step['text']}: {step['status']}, the builder: {fact}")
            is_predicted = step["status"] != "unknown" or step["created_by"] is not None or _BY_DRIVER in step["reason"]
            if not is_predicted and (engine.kind is INSTALLED or NOT_BUILT not in step["reason"]):
                wrong.append(f"{build.message}: {step['text']}: {step['reason']}")
            known += build is again and "--from=" in step["text"] and step["created_by"] is not None
        if (reported["refused"] or {"said": ""})["said"].casefold() != truth.error.casefold():
            wrong.append(f"{build.message}: refused: {reported['refused']}, the builder: {truth.error!r}")
        if not truth.error:
            entries = reversed(builder.client.history(truth.steps[-1].image))
            pairs = zip(reported["history"] or (), entries, strict=False)
            wrong += [f"{ours}, the builder: {fact}" for ours, fact in pairs if ours not in (None, fact["CreatedBy"])]
    assert wrong == []
    assert known >= _KNOWN or (engine.kind is not INSTALLED and scenario is SCRATCH)


def test_nothing_is_downloaded_unless_it_is_asked_for(
    engine: EngineDaemon, user: Unprivileged, client: DockerCli, context: Path
) -> None:
    write(context, Scenario("edit", "FROM scratch\nLABEL a=1\nCOPY src /in\n", {"src/a": b"one\n"}, ()))
    assert client.build(context, ["--tag", "down/edit"]).error == ""
    (context / "src" / "a").write_bytes(b"two\n")
    reported, err = printed(user, engine, context, client)
    assert "downloading" not in err
    found = [miss["comparison"] for miss in reported["misses"]]
    if found in ([], [None]):
        return  # this engine's API does not show whether the previous step is a hit
    assert found[0]["evidence"] == "not readable"
    assert "--download-layers" in found[0]["remedy"]

    reported, err = printed(user, engine, context, client, "--download-layers")
    assert "downloading" in err
    (miss,) = reported["misses"]
    assert miss["comparison"]["evidence"] == "proven"
    assert [(each["path"], each["aspects"]) for each in miss["comparison"]["files"]] == [("src/a", ["content"])]
