"""The layers of a real engine show what ``COPY --from`` copies, and which file made a ``COPY`` miss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_layered import layered_image
from daemon_multistage import MULTI_STAGE, OWNED, REMOVED
from daemon_need import unavailable
from daemon_predictions import NOT_BUILT, built, differences, predicted, unlike
from daemon_program import program_that_removes
from daemon_scenarios import Scenario, write
from daemon_start import EngineDaemon, layers_are_in_sight

from cacheview.model import StoreKind

ON_EVERY_ENGINE = True

_CANNOT_RUN = "failed to create task for container"


@pytest.fixture(scope="module", autouse=True)
def layers_in_sight(engine: EngineDaemon) -> None:
    if not layers_are_in_sight(engine.data_root):
        unavailable("the layers of an engine are out of sight where /dev/shm is not in memory")


@pytest.fixture(autouse=True)
def layered(emptied: None, builder: Builder) -> None:
    """The image that stages copy from."""
    builder.client.load_image(layered_image())


def predicted_wrongly(
    scenario: Scenario, engine: EngineDaemon, builder: Builder, client: DockerCli, folder: Path
) -> list[str]:
    """Return the wrong predictions for a scenario's builds, read from the engine and from its data root."""
    context = folder / scenario.name
    write(context, scenario)
    version = builder.client.version()["Version"]
    by_names = version.startswith(("20.10.", "23.0."))
    wrong = []
    for build in scenario.builds:
        if build.edit is not None:
            build.edit(context)
        places = {"engine": engine.location("engine")}
        if engine.kind.store is StoreKind.GRAPH_DRIVER:
            places["data-root"] = engine.location("data-root")
        reported = {
            place: predicted(where, context, build, client, f"Docker {version}, overlay2" if place != "engine" else "")
            for place, where in places.items()
        }
        truth = built(context, scenario.name, build, client)
        if _CANNOT_RUN in truth.error:
            pytest.skip(f"containers do not run on this machine: {truth.error}")
        unknown = [NOT_BUILT]
        if by_names and scenario is OWNED:
            unknown.append("owner names from")
        for place, replayed in reported.items():
            found = (*differences(replayed, truth, builder, unknown=unknown), *unlike(build, truth, engine))
            wrong += [f"{place}: {build.message}: {each}" for each in found]
    return wrong


@pytest.mark.parametrize("scenario", MULTI_STAGE, ids=lambda scenario: scenario.name)
def test_copies_from_stages_and_images_are_predicted(
    scenario: Scenario, engine: EngineDaemon, builder: Builder, client: DockerCli, tmp_path: Path
) -> None:
    assert predicted_wrongly(scenario, engine, builder, client, tmp_path) == []


def test_what_a_command_removed_is_not_copied(
    engine: EngineDaemon, builder: Builder, client: DockerCli, tmp_path: Path
) -> None:
    scenario = replace(REMOVED, files={**REMOVED.files, "remove": program_that_removes()})

    def is_executable(folder: Path) -> None:
        (folder / "remove").chmod(0o755)

    first, *rest = scenario.builds
    scenario = replace(scenario, builds=(replace(first, edit=is_executable), *rest))
    assert predicted_wrongly(scenario, engine, builder, client, tmp_path) == []
