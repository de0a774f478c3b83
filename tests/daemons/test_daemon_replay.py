"""What a replay says of a Dockerfile is what the classic builder then does, sent by the docker CLI itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import unavailable
from daemon_builds import Builder
from daemon_client import DockerCli, Outcome, docker_programs
from daemon_engines import INSTALLED
from daemon_program import program_that_does_nothing
from daemon_scenarios import FILES, RUN, SCENARIOS, STAGES, TWICE, Build, Scenario, arguments_of, write
from daemon_start import EngineDaemon
from daemon_stores import opened

from cacheview.cases import daemon_of
from cacheview.cli import main
from cacheview.dockerfile.context.folder import FolderContext
from cacheview.replay.dockerfiles import find_dockerfile
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, Step
from cacheview.replay.summer import ContextSummer

ON_EVERY_ENGINE = True

_LATER = "it depends on the step before, which is unknown"


pytestmark = pytest.mark.usefixtures("emptied")


@pytest.fixture(scope="module")
def clients(engine: EngineDaemon, tmp_path_factory: pytest.TempPathFactory) -> list[DockerCli]:
    """The docker CLIs of this machine, that of the PATH first."""
    settings = tmp_path_factory.mktemp("settings")
    found = [DockerCli(program, engine.url, settings) for program in docker_programs()]
    if not found:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    return found


@pytest.fixture(scope="module")
def client(clients: list[DockerCli]) -> DockerCli:
    return clients[0]


def predicted(location: str, context: Path, build: Build, client: DockerCli) -> Replay:
    """What cacheview says of a build, of the store as it is now."""
    case = opened(location)
    daemon = daemon_of(case)
    rules, release = daemon.rules, daemon.builder
    dockerfile = find_dockerfile(context, context / build.file if build.file else "")
    summer = ContextSummer(FolderContext(context), dockerfile.name, release, client.sends_as)
    return replay(dockerfile.read(), summer, case.store, rules, release, build.options, name=dockerfile.name)


def built(context: Path, name: str, build: Build, client: DockerCli) -> Outcome:
    file = ["--file", str(context / build.file)] if build.file else []
    return client.build(context, [*arguments_of(build.options), *file, "--tag", build.tag or f"live/{name}"])


def differences(told: Replay, truth: Outcome, builder: Builder) -> Iterator[str]:
    """What the replay said otherwise than the builder did."""
    if truth.error and truth.steps and told.refused is None and is_pulled(told, truth):
        return
    if [step.text for step in told.steps] != [step.text for step in truth.steps]:
        yield f"steps {[step.text for step in told.steps]}, the builder had {[step.text for step in truth.steps]}"
        return
    if truth.total not in (0, told.total):
        yield f"{told.total} steps in all, the builder counted {truth.total}"
    for step, fact in zip(told.steps, truth.steps, strict=True):
        if step.cached is None:
            if "--from=" not in step.text and step.reason != _LATER:
                yield f"{step.text}: not known: {step.reason}"
            if fact.cached and fact.image not in possible_images(step, truth):
                yield f"{step.text}: {fact.image} is not among what it may hit: {step.possible}"
            continue
        if step.cached != fact.cached:
            yield f"{step.text}: {step.status.value}, the builder {'used' if fact.cached else 'did not use'} the cache"
        if tuple(trigger.cached for trigger in step.triggers) != fact.triggers:
            yield f"{step.text}: triggers {step.triggers}, the builder {fact.triggers}"
        image = truth.steps[step.made_by - 1].image if step.made_by else step.image.removeprefix("sha256:")[:12]
        if (step.cached or image) and image != fact.image:
            yield f"{step.text}: {image}, the builder had {fact.image}"
    if (told.refused is not None) != bool(truth.error):
        yield f"refused: {told.refused}, the builder: {truth.error!r}"
    elif told.refused is not None and told.refused.said.casefold() != truth.error.casefold():
        # Debian builds its engines with other libraries than moby's own, which begin some words with a capital letter.
        yield f"refused with {told.refused.said!r}, the builder: {truth.error!r}"
    if not truth.error:
        entries = builder.client.history(truth.steps[-1].image)
        created_by = [entry["CreatedBy"] for entry in reversed(entries)]
        ours = list(told.history or ())
        if len(ours) != len(created_by) or any(
            mine not in (None, other) for mine, other in zip(ours, created_by, strict=True)
        ):
            yield f"history {ours}, the builder's {created_by}"


def is_pulled(told: Replay, truth: Outcome) -> bool:
    """Whether the build ends at a base that has to be pulled, which is not known to be had; nothing is, after it."""
    begun = told.steps[: len(truth.steps)]
    asked = [step for step in told.asked if step.number >= len(truth.steps)]
    is_base = [step.text for step in begun] == [step.text for step in truth.steps] and begun[-1].text.startswith(
        "FROM "
    )
    return is_base and "pull" in begun[-1].reason and all(step.cached is None for step in asked)


def unlike(build: Build, truth: Outcome, engine: EngineDaemon) -> Iterator[str]:
    """Where the build did not show what it is there for; the scenarios were written for a graph driver of 20.10."""
    if engine.kind is not INSTALLED:
        return
    cached = sum(fact.cached + sum(fact.triggers) for fact in truth.steps)
    if cached != build.cached:
        yield f"{cached} steps were cached, and {build.cached} should have been"
    if bool(truth.error) != bool(build.refused) or build.refused not in truth.error:
        yield f"the builder said {truth.error!r}"


def possible_images(step: Step, truth: Outcome) -> set[str]:
    """What an unknown step may hit by the replay, as far as it is in the store or made by the build itself."""
    made = {fact.image for fact in truth.steps[: step.number - 1]}
    return {image.removeprefix("sha256:")[:12] for image in step.possible} | made


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_build_is_told_before_it_is_run(
    scenario: Scenario, engine: EngineDaemon, builder: Builder, client: DockerCli, tmp_path: Path
) -> None:
    context = tmp_path / scenario.name
    write(context, scenario)
    wrong = []
    for build in scenario.builds:
        if build.edit is not None:
            build.edit(context)
        told = predicted(engine.location("engine"), context, build, client)
        truth = built(context, scenario.name, build, client)
        wrong += [
            f"{build.said}: {found}" for found in (*differences(told, truth, builder), *unlike(build, truth, engine))
        ]
    assert wrong == []


def test_each_client_sends_a_context_in_its_own_way(
    engine: EngineDaemon, builder: Builder, clients: list[DockerCli], tmp_path: Path
) -> None:
    scenario = replace(FILES, name="clients", builds=FILES.builds[:2])
    context = tmp_path / "clients"
    write(context, scenario)
    sums = set()
    for client in clients:
        first, again = scenario.builds
        told = predicted(engine.location("engine"), context, first, client)
        sums.add((client.sends_as.name, *(step.created_by for step in told.steps)))
        truth = built(context, f"clients-{client.version.partition('+')[0]}", first, client)
        assert list(differences(told, truth, builder)) == [], client.version
        told = predicted(engine.location("engine"), context, again, client)
        assert told.all_cached, client.version
    assert len(sums) == len({client.sends_as.name for client in clients})


def test_commands_that_run(engine: EngineDaemon, builder: Builder, client: DockerCli, tmp_path: Path) -> None:
    context = tmp_path / "run"
    scenario = replace(RUN, files={"noop": program_that_does_nothing()})
    write(context, scenario)
    (context / "noop").chmod(0o755)
    for number, build in enumerate(scenario.builds):
        if build.edit is not None:
            build.edit(context)
        told = predicted(engine.location("engine"), context, build, client)
        truth = built(context, scenario.name, build, client)
        if truth.error and not number:
            pytest.skip(f"containers do not run on this machine: {truth.error}")
        assert [*differences(told, truth, builder), *unlike(build, truth, engine)] == [], build.said


def test_a_data_root_tells_the_same_as_its_engine(
    engine: EngineDaemon, client: DockerCli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = tmp_path / "same"
    write(context, replace(STAGES, name="same"))
    built(context, "same", STAGES.builds[0], client)
    (context / "two").write_bytes(b"another\n")
    rules = daemon_of(opened(engine.location("engine"))).rules
    told = {}
    for kind in engine.kinds:
        options = ["--store", engine.location(kind), "--rules", rules.name, "--json"]
        assert main(["replay", str(context), *options, "--client", _client_option(client)]) in (1, 3)
        told[kind] = [step["status"] for step in json.loads(capsys.readouterr().out)["steps"]]
    assert told["engine"].count("hit") >= 3
    assert told.get("data-root", told["engine"]) == told["engine"]
    if engine.kind is INSTALLED:  # of which the API alone tells all
        assert told["remote"] == told["engine"]


def test_the_command_tells_by_its_status_whether_a_build_is_cached(
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
    said = built(context, "status", TWICE.builds[0], client).error
    assert f"the daemon says: {said}\n" in capsys.readouterr().out


def _client_option(client: DockerCli) -> str:
    return client.sends_as.name
