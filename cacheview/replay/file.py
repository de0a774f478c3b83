"""Replay files: builds by real daemons, one JSON object a line, each with the store before it and what came of it."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field

from cacheview.dockerfile.context.clients import DOCKER_CLI, Client, client_named
from cacheview.dockerfile.release import BuilderRelease, builder_release
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets.releases import choose
from cacheview.model import DataError, Image, StoreKind
from cacheview.model.base import Model
from cacheview.model.release import COMMIT_71EBFC7

__all__ = ["ExpectedBuild", "ExpectedStep", "ReplayCase"]

_KINDS: Final = {"graphdriver": StoreKind.GRAPH_DRIVER, "containerd": StoreKind.CONTAINERD}
_DEVELOPMENT: Final = "25.0.0-dev"


class ExpectedStep(Model):
    """What became of one line ``Step n/m``. ``image`` is empty where there is none after it."""

    instruction: str
    cached: bool = False
    image: str = ""
    triggers: tuple[bool, ...] = ()


class ExpectedBuild(Model):
    """What became of a build. ``error`` is what the daemon said, where it was not ``ok``."""

    ok: bool
    error: str = ""
    steps: tuple[ExpectedStep, ...] = ()
    created_by: tuple[str, ...] | None = None


class ReplayCase(Model):
    """One build.

    Attributes:
        daemon: which one it was, for people.
        engine: its version; ``kind``: of its store, ``graphdriver`` or ``containerd``.
        images: the store just before the build.
        client: what sent the context, as `client_named` reads it; empty: the docker CLI.
        context: by path, ``type``, ``mode`` and content of every file, as `MemoryContext` reads them.
    """

    model_config = ConfigDict(extra="ignore")

    daemon: str = ""
    engine: str
    kind: str
    client: str = ""
    scenario: str = ""
    images: tuple[Image, ...] = ()
    dockerfile: str
    dockerfile_name: str = "Dockerfile"
    dockerignore: str | None = None
    context: dict[str, dict[str, Any]] = Field(default_factory=dict)
    build_args: dict[str, str | None] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    cache_from: tuple[str, ...] = ()
    target: str = ""
    platform: str = ""
    no_cache: bool = False
    tag: str = ""
    expect: ExpectedBuild

    @property
    def commit(self) -> str:
        """The commit of a development build, where the name of the daemon tells it."""
        told = COMMIT_71EBFC7 in self.engine or COMMIT_71EBFC7 in self.daemon
        if told or (self.engine.startswith(_DEVELOPMENT) and self.kind == "containerd"):
            return COMMIT_71EBFC7
        return ""

    @property
    def rules(self) -> RuleSet:
        """The rule set of its engine. Raises `DataError` where there is none."""
        kind = _KINDS.get(self.kind)
        if kind is None:
            raise DataError(f"no such kind of store: {self.kind[:40]!r}; there are {', '.join(_KINDS)}")
        choice = choose(self.engine, kind, self.commit)
        if choice is None:
            raise DataError(f"no rules are known for Docker {self.engine[:40]} with a {kind.value} store")
        return choice.rules

    @property
    def sent_by(self) -> Client:
        """What sent the context. Raises `DataError` where no such client is known."""
        return client_named(self.client) if self.client else DOCKER_CLI

    @property
    def release(self) -> BuilderRelease:
        """Its builder."""
        return builder_release(self.engine, self.commit)
