"""The engine's builder uses the cache as cacheview predicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from daemon_builds import Builder, BuildError, Step
from daemon_program import program_that_does_nothing
from daemon_shop import FILES, WEB, Build
from daemon_start import KINDS, EngineDaemon, Kind
from daemon_stores import ask, opened, probe_of

from cacheview.cases import daemon_of
from cacheview.cli import main
from cacheview.engine import RuleSet, VerdictOutcome
from cacheview.engine.candidate import container_config_of
from cacheview.engine.rulesets.releases import choose
from cacheview.model import StoreKind
from cacheview.stores.opened_location import OpenedCase


@pytest.fixture(scope="module")
def rules(builder: Builder) -> RuleSet:
    """The rules of the running engine."""
    chosen = choose(builder.client.version()["Version"], StoreKind.GRAPH_DRIVER)
    assert chosen is not None
    return chosen.rules


@pytest.mark.parametrize("kind", ["engine", "remote"])
def test_an_engine_uses_its_own_rules(kind: Kind, engine: EngineDaemon, shop: list[Build], rules: RuleSet) -> None:
    case = opened(engine.location(kind))
    assert daemon_of(case).rules is rules


@pytest.mark.parametrize("kind", KINDS)
def test_the_probe_of_each_built_step_hits_its_image(
    kind: Kind, engine: EngineDaemon, shop: list[Build], rules: RuleSet
) -> None:
    case = opened(engine.location(kind))
    probes = 0
    for build in shop:
        for step in build.steps:
            if step.asks_cache:
                verdict = ask(case, probe_of(case.store.by_id[step.image]), rules)
                assert verdict.image is not None, step
                assert verdict.image.id == step.image, step
                probes += 1
    assert probes >= 27


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeated_build_is_cached_as_predicted(
    kind: Kind, engine: EngineDaemon, shop: list[Build], builder: Builder, rules: RuleSet
) -> None:
    case = opened(engine.location(kind))
    last = {build.name: build for build in shop}
    for build in last.values():
        again = builder.build(build.name, build.dockerfile, FILES)
        printed = [_predicted(case, step, rules) for step in again if step.asks_cache]
        assert printed == [step.image for step in again if step.asks_cache and step.cached]
        assert printed == [step.image for step in build.steps if step.asks_cache]


EDITS: Mapping[str, tuple[tuple[str, str] | None, Mapping[str, bytes], Mapping[str, str]]] = {
    "an environment value": (("APP_HOME=/srv/web", "APP_HOME=/srv/www"), {}, {}),
    "a label": (("org.example.app=web", "org.example.app=webb"), {}, {}),
    "the order of labels": (
        ("org.example.app=web org.example.version=$VERSION", "org.example.version=$VERSION org.example.app=web"),
        {},
        {},
    ),
    "a file": (None, {"app/style.css": b"h1 { color: red }\n"}, {}),
    "a build argument": (None, {}, {"VERSION": "1.1"}),
    "the user": (("USER 1000:1000", "USER 1000"), {}, {}),
    "a port": (("443/tcp", "8443/tcp"), {}, {}),
    "the command": (('"80"]', '"81"]'), {}, {}),
    "nothing but spaces": (("USER 1000:1000", "USER   1000:1000"), {}, {}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_the_same_steps_are_cached_as_predicted(
    edit: str, engine: EngineDaemon, shop: list[Build], builder: Builder, rules: RuleSet
) -> None:
    replaced, files, arguments = EDITS[edit]
    dockerfile = WEB
    if replaced is not None:
        assert replaced[0] in WEB
        dockerfile = WEB.replace(*replaced)
    stores_before = [opened(engine.location(kind)) for kind in KINDS]
    built = builder.build("shop/edited:1", dockerfile, {**FILES, **files}, buildargs=dict(arguments))
    steps = [step for step in built if step.asks_cache]
    after = opened(engine.location("data-root"))

    for before in stores_before:
        printed = [ask(before, probe_of(after.store.by_id[step.image]), rules) for step in steps]
        assert [verdict.outcome is VerdictOutcome.HIT for verdict in printed] == [step.cached for step in steps]
        assert [verdict.image.id for verdict in printed if verdict.image] == [
            step.image for step in steps if step.cached
        ]
    assert [_predicted(after, step, rules) for step in steps] == [step.image for step in steps]
    assert all(step.cached for step in steps) == (edit == "nothing but spaces")


def test_a_run_is_asked_for_with_its_build_arguments(engine: EngineDaemon, builder: Builder, rules: RuleSet) -> None:
    dockerfile = 'FROM scratch\nCOPY noop /noop\nSHELL ["/noop", "-c"]\nARG VERSION=1\nRUN make $VERSION\n'
    files = {"noop": program_that_does_nothing()}
    try:
        first = builder.build("shop/run:1", dockerfile, files)
    except BuildError as error:
        pytest.skip(f"containers do not run on this machine: {error}")
    for kind in KINDS:
        case = opened(engine.location(kind))
        image = case.store.by_id[first[-1].image]
        config = container_config_of(image)
        assert config is not None
        assert config.Cmd == ("|1", "VERSION=1", "/noop", "-c", "make $VERSION")
        assert _predicted(case, first[-1], rules) == image.id
    cases = [opened(engine.location(kind)) for kind in KINDS]
    other = builder.build("shop/run:2", dockerfile, files, buildargs={"VERSION": "2"})
    assert [step.cached for step in other if step.asks_cache] == [True, True, True, False]
    for kind, case in zip(KINDS, cases, strict=True):
        probe = probe_of(opened(engine.location(kind)).store.by_id[other[-1].image])
        assert ask(case, probe, rules).outcome is VerdictOutcome.MISS


def test_explain_on_the_command_line(
    engine: EngineDaemon, shop: list[Build], rules: RuleSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = next(build for build in shop if build.name == "shop/web:1.0")
    parent, made = build.steps[-2].image, build.steps[-1].image
    config = container_config_of(opened(engine.location("data-root")).store.by_id[made])
    assert config is not None
    document = json.loads(config.model_dump_json())
    file = tmp_path / "config.json"
    for kind in KINDS:
        file.write_text(json.dumps(document))
        arguments = ["--parent", parent, "--config", str(file), "--json"]
        if kind == "data-root":  # does not contain the version of its engine
            arguments += ["--rules", rules.name]
        assert main(["explain", engine.location(kind), *arguments]) == 0
        reported = json.loads(capsys.readouterr().out)
        assert reported["verdict"]["image"]["id"] == made
        file.write_text(json.dumps({**document, "User": "nobody"}))
        assert main(["explain", engine.location(kind), *arguments]) == 1
        reported = json.loads(capsys.readouterr().out)
        assert reported["deciding"]["check"]["check"] == "User"


def _predicted(case: OpenedCase, step: Step, rules: RuleSet) -> str:
    """Return the ID of the image that the step's probe hits, or another outcome."""
    verdict = ask(case, probe_of(case.store.by_id[step.image]), rules)
    return verdict.image.id if verdict.image is not None else verdict.outcome.value
