"""The predicted store after a pull from a registry matches the real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_predictions import NOT_BUILT, differences
from daemon_registry import PASSWORD, USER, RegistryDaemon
from daemon_start import EngineDaemon
from daemon_stores import opened
from daemon_what_if import context_of
from test_daemon_what_if import predicted, unlike, would_be

ON_EVERY_ENGINE = True

BASE: Final = "FROM scratch\nCOPY base /base\nENV BASE={}\n"
APP: Final = "FROM {}\nCOPY app /app\nENV APP=1\n"


@dataclass(frozen=True)
class Pulls:
    """An engine that pulls images. ``base``, ``app``: their names in the registry."""

    client: DockerCli
    builder: Builder
    base: str
    app: str

    def build(self, name: str, dockerfile: str) -> None:
        assert not self.client.build("-", ["--tag", name], context_of(dockerfile)).error

    def push(self, name: str) -> None:
        self.client.push(name)


def _newer_base(at: Pulls) -> None:
    """The registry has a different base from the one that the engine built the app on."""
    at.build(at.base, BASE.format(2))
    at.push(at.base)
    at.builder.remove_all_but(())
    at.build(at.base, BASE.format(1))
    at.build(at.app, APP.format(at.base))


def _same(at: Pulls) -> None:
    """The registry has the base that the engine built."""
    at.build(at.base, BASE.format(1))
    at.build(at.app, APP.format(at.base))
    at.push(at.base)


def _pushed_and_removed(at: Pulls) -> None:
    """The registry has the app, and the engine has only the base."""
    _same(at)
    at.push(at.app)
    at.client.remove(at.app)


@pytest.mark.parametrize(
    ("before", "pulled"),
    [(_newer_base, "base"), (_same, "base"), (_pushed_and_removed, "app")],
    ids=["a newer base", "the same", "pushed and removed"],
)
def test_predicted_pulls_match_the_real_pulls(
    before: Callable[[Pulls], None],
    pulled: str,
    engine: EngineDaemon,
    builder: Builder,
    client: DockerCli,
    registry: RegistryDaemon,
    emptied: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del emptied
    place = f"{registry.host}/{engine.kind.name}/{before.__name__.strip('_')}"
    at = Pulls(client, builder, f"{place}-base:1", f"{place}-app:1")
    client.log_in(registry.host, USER, PASSWORD)
    monkeypatch.setenv("DOCKER_CONFIG", str(client.settings))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)
    before(at)
    name = {"base": at.base, "app": at.app}[pulled]
    reported = would_be(opened(engine.location("engine")), [f"pull:registry:{name}"])
    foreseen = predicted(reported, APP.format(at.base))
    client.run("pull", name)
    assert unlike(reported.store, opened(engine.location("engine")).store) == []
    truth = client.build("-", ["--tag", "what/again:1"], context_of(APP.format(at.base)))
    assert list(differences(foreseen, truth, builder, unknown=[NOT_BUILT])) == []
