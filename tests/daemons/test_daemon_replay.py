"""The classic builder, called by the docker CLI, does what the replay of a Dockerfile predicted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from daemon_builds import Builder, BuildError
from daemon_client import DockerCli, docker_programs
from daemon_need import unavailable
from daemon_predictions import NOT_BUILT, built, differences, predicted, predicted_for, unlike, wrong_of
from daemon_program import program_that_does_nothing
from daemon_scenarios import FILES, RUN, SCENARIOS, STAGES, TWICE, Scenario, write
from daemon_start import EngineDaemon
from daemon_stores import opened
from daemon_unprivileged import Unprivileged

from cacheview.cases import daemon_of
from cacheview.cli import main

ON_EVERY_ENGINE = True

_UNKNOWN = (NOT_BUILT, "layer")
"""If an engine's layers are not visible, their files are unknown too."""

pytestmark = pytest.mark.usefixtures("emptied")


@pytest.fixture(scope="module")
def clients(engine: EngineDaemon, tmp_path_factory: pytest.TempPathFactory) -> list[DockerCli]:
    """The docker CLIs of this machine; the one in the PATH comes first."""
    settings = tmp_path_factory.mktemp("settings")
    found = [DockerCli(program, engine.url, settings) for program in docker_programs()]
    if not found:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    return found


@pytest.fixture(scope="module")
def client(clients: list[DockerCli]) -> DockerCli:
    return clients[0]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_build_is_predicted_before_it_is_run(
    scenario: Scenario,
    engine: EngineDaemon,
    builder: Builder,
    client: DockerCli,
    user: Unprivileged,
    public_folder: Path,
) -> None:
    """All of it is predicted for root, and nothing wrong for a user who cannot read the engine's files."""
    context = public_folder / scenario.name
    write(context, scenario)
    asks_itself = daemon_of(opened(engine.location("engine"))).rules.reads_one_parent
    wrong = []
    for build in scenario.builds:
        if build.edit is not None:
            build.edit(context)
        reported = predicted(engine.location("engine"), context, build, client)
        to_others = predicted_for(user, engine, context, build, client)
        assert (reported.refused is not None and reported.refused.by == "nobody") == (asks_itself and build.asks_itself)
        if asks_itself and build.asks_itself:
            statuses = [step["status"] for step in to_others["steps"]]
            assert (statuses[1], "hit" in statuses) == ("unknown", False)
            continue  # the build would hang the engine for later tests
        truth = built(context, scenario.name, build, client)
        wrong += [
            f"{build.message}: {found}"
            for found in (*differences(reported, truth, builder, unknown=_UNKNOWN), *unlike(build, truth, engine))
        ]
        wrong += [f"{build.message}, to others: {found}" for found in wrong_of(to_others, truth)]
    assert wrong == []


def test_builds_of_every_client_are_predicted(
    engine: EngineDaemon, builder: Builder, clients: list[DockerCli], tmp_path: Path
) -> None:
    scenario = replace(FILES, name="clients", builds=FILES.builds[:2])
    context = tmp_path / "clients"
    write(context, scenario)
    sums = set()
    for client in clients:
        first, again = scenario.builds
        reported = predicted(engine.location("engine"), context, first, client)
        sums.add((client.sends_as.name, *(step.created_by for step in reported.steps)))
        truth = built(context, f"clients-{client.version.partition('+')[0]}", first, client)
        assert list(differences(reported, truth, builder)) == [], client.version
        reported = predicted(engine.location("engine"), context, again, client)
        assert reported.all_cached, client.version
    assert len(sums) == len({client.sends_as.name for client in clients})


def test_commands_that_run(engine: EngineDaemon, builder: Builder, client: DockerCli, tmp_path: Path) -> None:
    context = tmp_path / "run"
    scenario = replace(RUN, files={"noop": program_that_does_nothing()})
    write(context, scenario)
    (context / "noop").chmod(0o755)
    for number, build in enumerate(scenario.builds):
        if build.edit is not None:
            build.edit(context)
        reported = predicted(engine.location("engine"), context, build, client)
        truth = built(context, scenario.name, build, client)
        if truth.error and not number:
            pytest.skip(f"containers do not run on this machine: {truth.error}")
        assert [*differences(reported, truth, builder), *unlike(build, truth, engine)] == [], build.message


def test_a_data_root_shows_the_same_as_its_engine(
    engine: EngineDaemon, client: DockerCli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = tmp_path / "same"
    write(context, replace(STAGES, name="same"))
    built(context, "same", STAGES.builds[0], client)
    (context / "two").write_bytes(b"another\n")
    rules = daemon_of(opened(engine.location("engine"))).rules
    reported = {}
    for kind in engine.kinds:
        options = ["--store", engine.location(kind), "--rules", rules.name, "--json"]
        assert main(["replay", str(context), *options, "--client", _client_option(client)]) in (1, 3)
        reported[kind] = [step["status"] for step in json.loads(capsys.readouterr().out)["steps"]]
    assert reported["engine"].count("hit") >= 3
    assert reported.get("data-root", reported["engine"]) == reported["engine"]
    for remote, here in zip(reported["remote"], reported["engine"], strict=True):
        assert remote in (here, "unknown")


def test_the_status_of_the_command_shows_whether_a_build_is_cached(
    engine: EngineDaemon, client: DockerCli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = tmp_path / "status"
    write(context, replace(TWICE, name="status"))
    command = ["replay", str(context), "--store", engine.location("engine"), "--client", _client_option(client)]
    (context / "one").write_bytes(b"of the command\n")
    assert main(command) == 1
    assert "Step 2/12 : COPY one /one\n ---> miss\n" in capsys.readouterr().out
    truth = built(context, "status", TWICE.builds[0], client)
    assert truth.error == ""
    assert main(command) == 0
    printed = capsys.readouterr().out
    for number, step in enumerate(truth.steps, 1):
        assert f"Step {number}/{truth.total} : {step.text}\n" in printed
        assert step.image in printed
    assert printed.endswith("12 steps: 8 cached\n")
    (context / "Dockerfile").write_text("FROM scratch\nRUNN make\n")
    assert main(command) == 2
    output = built(context, "status", TWICE.builds[0], client).error
    assert f"the daemon reports: {output}\n" in capsys.readouterr().out


@pytest.mark.parametrize("named", [False, True], ids=["as restored", "named afterwards"])
def test_a_repeated_restoring_build_ends_as_predicted(
    named: bool, engine: EngineDaemon, builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store then has the images that the first build restored, so Docker 28 and later with containerd fail.

    An image that was named in between is restored a second time, so the third build fails.
    """
    rules = daemon_of(opened(engine.location("engine"))).rules
    if not rules.may_restore:
        pytest.skip("this engine does not restore images")
    context = tmp_path / "again"
    context.mkdir()
    files = {name: name.encode() for name in ("one", "two", "three")}
    dockerfile = "FROM scratch\nCOPY one /\nCOPY two /\nCOPY three /\n"
    for name, content in {"Dockerfile": dockerfile.encode(), **files}.items():
        (context / name).write_bytes(content)
        (context / name).chmod(0o755)
    kept = builder.ids()
    builder.build("live/again", dockerfile, files)
    saved = b"".join(builder.client.get_image("live/again"))
    builder.remove_all_but(kept)
    builder.client.load_image(saved)
    command = ["replay", str(context), "--client", "docker-py", "--cache-from", "live/again"]
    ends = [0, 0, 2] if named else [0, 2, 2]
    for number, end in enumerate(ends if rules.restoring.fails_again else [0] * 3):
        assert (status := main([*command, "--store", engine.location("engine")])) == end
        printed = capsys.readouterr().out
        remote = main([*command, "--store", engine.location("remote")])
        capsys.readouterr()
        assert remote in (status, 3)
        output, cached = "", []
        try:
            steps = builder.build("live/other", dockerfile, files, cache_from=["live/again"])
            cached = [step.cached for step in steps[1:]]
            for step in steps[1:-1] if named and number == 0 else ():
                builder.client.tag(step.image, "live/restored", step.image[7:19])
        except BuildError as error:
            output = str(error)
        assert (status, cached) == ((2, []) if output else (0, [True] * 3))
        assert f"the daemon reports: {output}" in printed or not output


def _client_option(client: DockerCli) -> str:
    return client.sends_as.name
