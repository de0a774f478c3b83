"""A user who may use the socket of an engine, and not its files, has its images downloaded: ``COPY --from`` is known,
and a ``COPY`` that misses names the file."""

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
"""Of a folder that its layer has no entry for: what unpacking makes of it, an archive does not show."""

_KNOWN = 9
"""Steps of each scenario, at least, that copy from an image and nothing of such a folder."""


@pytest.fixture(scope="module")
def user(engine: EngineDaemon, daemon_folder: Path) -> Iterator[Unprivileged]:
    """Somebody in the group of the socket, to whom the files of the engine are closed, with a cache of their own."""
    for folder in (daemon_folder, engine.socket.parent.parent, engine.socket.parent):
        folder.chmod(0o711)
    with tempfile.TemporaryDirectory(prefix="cacheview-") as cache:
        os.chown(cache, NOBODY, NOBODY)
        with unprivileged(SOCKET_GROUP, f"engine:{engine.url}", cache) as running:
            yield running
            assert list(Path(cache).rglob("*.json.gz")), "what was read of layers is kept"
        assert not list(Path(cache).rglob(".image-*")), "what was downloaded is deleted"


@pytest.fixture
def context() -> Iterator[Path]:
    """A folder that everybody can read."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as name:
        os.chmod(name, 0o755)
        yield Path(name) / "context"


def printed(
    user: Unprivileged, engine: EngineDaemon, context: Path, client: DockerCli, *more: str
) -> tuple[dict[str, Any], str]:
    """What the command line says, and what it complains of."""
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
    """Since 25.0 whether a step hits may be unknown, as the API does not tell what was built here, and so may be which
    image a stage ends in. What is copied from an image is known."""
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
        return  # whether the step before is a hit, the API alone does not show on this engine
    assert found[0]["evidence"] == "not readable"
    assert "--download-layers" in found[0]["remedy"]

    reported, err = printed(user, engine, context, client, "--download-layers")
    assert "downloading" in err
    (miss,) = reported["misses"]
    assert miss["comparison"]["evidence"] == "proven"
    assert [(each["path"], each["aspects"]) for each in miss["comparison"]["files"]] == [("src/a", ["content"])]
