"""Replay files: builds by real daemons, one JSON object per line, each with the store before it and its result.

A build record is one such line.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from cacheview.dockerfile.context import ContextSource
from cacheview.dockerfile.context.clients import DOCKER_CLI, Client, client_named
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.release import BuilderRelease, builder_release
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets.releases import choose
from cacheview.model import DataError
from cacheview.model.base import Model
from cacheview.model.recorded_store import RecordedStore
from cacheview.replay.options import BuildOptions, references
from cacheview.replay.recorded import RecordedMember, RecordedOwner, RecordedSum, bytes_of
from cacheview.replay.tar_context import TarContext

__all__ = ["ExpectedBuild", "ExpectedStep", "ReplayCase"]


_MAX_MEMBERS: Final = 250_000


class ExpectedStep(Model):
    """The result of one line ``Step n/m``.

    Attributes:
        instruction: the instruction as the daemon printed it.
        cached: whether it printed ``Using cache``; None: not known.
        image: id of the image after it, or the first 12 digits if the rest is not known; empty if there is none.
        triggers: for a ``FROM``, whether each trigger was cached.
        at: when the daemon began it (RFC 3339); empty: not known.
    """

    instruction: str
    cached: bool | None = False
    image: str = ""
    triggers: tuple[bool | None, ...] = ()
    at: str = ""


class ExpectedBuild(Model):
    """The result of a build.

    Attributes:
        ok: whether it succeeded.
        error: the daemon's message if it did not.
        steps: the steps that began; None: the daemon did not print them.
        created_by: the history of the image, oldest first; None: not known.
        image: id of the resulting image; empty: not known.
    """

    ok: bool
    error: str = ""
    steps: tuple[ExpectedStep, ...] | None = ()
    created_by: tuple[str, ...] | None = None
    image: str = ""


class ReplayCase(RecordedStore):
    """One build, and the store before it.

    Attributes:
        client: the client that sent the context, as for `client_named`; empty: the docker CLI.
        context: by path, the ``type``, ``mode`` and content of every file, as for `MemoryContext`.
        members: alternatively, the headers and sums of the context as sent, so that the client does not matter.
        image_sums: checksums of the files of images, so that the layers of the store are not needed.
        image_owners: likewise, the names of owners that the images have.
        dockerfile, dockerignore: their text; see `text_of` for bytes that are not UTF-8.
        dockerfile_name: path of the Dockerfile.
        tags: further names of the image after ``tag``.
        replayed: whether no daemon built it, so that the expected result is an earlier replay's prediction.
    """

    client: str = ""
    dockerfile: str
    dockerfile_name: str = "Dockerfile"
    dockerignore: str | None = None
    context: dict[str, dict[str, Any]] = Field(default_factory=dict)
    members: tuple[RecordedMember, ...] | None = None
    image_sums: tuple[RecordedSum, ...] = ()
    image_owners: tuple[RecordedOwner, ...] = ()
    build_args: dict[str, str | None] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    cache_from: tuple[str, ...] = ()
    target: str = ""
    platform: str = ""
    no_cache: bool = False
    pull: bool = False
    tags: tuple[str, ...] = ()
    replayed: bool = False
    expect: ExpectedBuild

    @property
    def text(self) -> bytes:
        """The Dockerfile. Raises `DataError` if it is malformed."""
        return bytes_of(self.dockerfile)

    @property
    def dockerfile_path(self) -> str:
        """The path of the Dockerfile in the context. Raises `DataError` if it is malformed."""
        return bytes_of(self.dockerfile_name).decode("utf-8", "surrogateescape")

    @property
    def context_source(self) -> ContextSource:
        """The context. Raises `DataError` if it is malformed."""
        if self.members is None:
            return MemoryContext.from_sample(self.context)
        if len(self.members) > _MAX_MEMBERS:
            raise DataError(f"the context has more than {_MAX_MEMBERS:,} members")
        ignore = bytes_of(self.dockerignore or "")
        members = [each.member(number, ignore) for number, each in enumerate(self.members)]
        return TarContext(members, "the context", release=self.release)

    @property
    def options(self) -> BuildOptions:
        """The options of the build. Raises `DataError` if they cannot be read."""
        return BuildOptions(
            build_args=self.build_args,
            labels=self.labels,
            target=self.target,
            platform=self.platform,
            cache_from=references(self.cache_from),
            no_cache=self.no_cache,
            pull=self.pull,
        )

    @property
    def rules(self) -> RuleSet:
        """The rule set of its engine. Raises `DataError` if there is none."""
        kind = self.store_kind
        choice = choose(self.engine, kind, self.commit)
        if choice is None:
            raise DataError(f"no rules are known for Docker {self.engine[:40]} with a {kind.store_title}")
        return choice.rules

    @property
    def sent_by(self) -> Client:
        """The client that sent the context. Raises `DataError` if no such client is known."""
        if self.members is not None or not self.client:
            return DOCKER_CLI
        return client_named(self.client)

    @property
    def release(self) -> BuilderRelease:
        """The release of its builder."""
        return builder_release(self.engine, self.commit)
