"""What sums the files of a build context, for a replay."""

from __future__ import annotations

from typing import Protocol

from cacheview.dockerfile.context import DOCKER_CLI, Client, Context, ContextSums, SourcesSum
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refused import RefusedError
from cacheview.dockerfile.release import BuilderRelease

__all__ = ["ContextSummer", "Summer"]


class Summer(Protocol):
    """Sums the files of ``COPY`` and ``ADD``."""

    def prepare(self) -> None:
        """What the client does before the daemon hears of the build.

        Raises:
            RefusedError: the client refuses the context.
            DataError: it cannot be read.
        """

    def sum(self, copy: CopySources) -> SourcesSum:
        """What stands for the files of a step. Raises `RefusedError`, or `NotKnownError`."""


class ContextSummer:
    """Sums files of a context as the builder of a release does, sent by a client."""

    def __init__(
        self,
        context: Context,
        dockerfile_name: str,
        release: BuilderRelease,
        client: Client = DOCKER_CLI,
        hasher: Hasher | None = None,
        dockerfile: bytes | None = None,
        *,
        leads_out: bool = False,
    ) -> None:
        """Sums of a context.

        Args:
            context: what is on disk.
            dockerfile_name: path of the Dockerfile in the context; empty: it is elsewhere.
            release: the builder.
            client: what sends the context.
            hasher: reads the files.
            dockerfile: its text, which some clients send where it is not in the context.
            leads_out: no Dockerfile was named, and the one that the client finds is a link out of the context.
        """
        self._leads_out = leads_out
        self._sums = ContextSums(
            context, dockerfile_name, client=client, release=release, hasher=hasher, dockerfile=dockerfile
        )

    def prepare(self) -> None:
        if self._leads_out:
            # ``runBuild`` of ``cli/command/image/build.go`` opens the name that was given, and none was.
            said = "unable to open Dockerfile: open : no such file or directory"
            what = "the Dockerfile is a link out of the context; name the file that it leads to with -f"
            raise RefusedError(what, said=said)
        _ = self._sums.sent

    def sum(self, copy: CopySources) -> SourcesSum:
        # Slashes, whatever the builder has made of them: at the end of the destination they stand for a directory.
        destination = copy.destination.replace("\\", "/") if copy.backslashes else copy.destination
        return self._sums.of_sources(copy.sources, add=copy.name == "ADD", destination=destination)
