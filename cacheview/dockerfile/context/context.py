"""The interfaces of build contexts, and of the clients that pack them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from cacheview.dockerfile.context.entry import Entry
from cacheview.model import Problem

if TYPE_CHECKING:
    from cacheview.dockerfile.context.packed import PackedContext

__all__ = ["Context", "ContextSource", "Packer", "Packing"]


class Packing(Protocol):
    """How a client creates the tar of a context."""

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:
        """See `Client.pack`."""


class Packer(Packing, Protocol):
    """The part of a `Client` that a context uses."""

    def pack_alone(self, text: bytes, mode: int, uid: int, gid: int) -> PackedContext:
        """See `Client.pack_alone`."""


class ContextSource(Protocol):
    """A build context: files that a client packs, or a tar that is ready to be sent."""

    @property
    def title(self) -> str:
        """A description for display."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The entries that the client silently leaves out, and why; complete only after the walk."""

    def packed(self, client: Packer, dockerfile: str, text: bytes | None) -> PackedContext:
        """Return the content to send: the result of `Client.pack`, unless the context is already a tar.

        Raises:
            BuildRefusedError: the client refuses the context, with its message.
            DataError: the context cannot be read.
        """

    def has(self, path: str) -> bool:
        """Return whether there is an entry. Links are not followed."""

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:
        """Yield the content of a file in pieces. Raises `DataError` if it cannot be read.

        Args:
            path: a `Member.source`.
            follow: whether to follow a link and read its target.
        """

    def stamp(self, path: str, *, follow: bool = False) -> tuple[int, ...]:
        """Return the current stamp of the entry; empty if not known."""


class Context(ContextSource, Protocol):
    """A tree of files that a client packs."""

    def full_path(self, path: str) -> str:
        """Return a path in it as the client sees it: for a folder on disk, an absolute path."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """All entries by path, including those that the client ignores, in walk order, without the root.

        Raises:
            DataError: a folder could not be listed, or there are too many entries.
        """

    def walk(self, enter: Callable[[Entry], bool]) -> Iterator[Entry]:
        """Yield entries in the order of Go's ``filepath.Walk``, entering a folder only if `enter` returns True."""

    def entries_in(self, path: str) -> Sequence[Entry]:
        """Return the entries of a folder, sorted by name; an empty path is the root.

        Links on the way are followed, even out of the context.

        Raises:
            DataError: it could not be listed.
        """

    def top(self) -> Entry:
        """Return the folder itself, with an empty path."""

    def entry(self, path: str) -> Entry | None:
        """Return one entry; None if there is none. Links are followed on the way to it, but not at its end."""

    def target(self, path: str) -> Entry | None:
        """Return the target of a path with all links followed, as an entry with this path; None if there is none."""

    def content(self, path: str) -> bytes | None:
        """Return the content of a file, with all links followed, even out of the context; None if there is none.

        Raises:
            DataError: it cannot be read, or is too large.
        """

    def real_name(self, path: str) -> str:
        """Return a path with all links followed, as the CLI does for the Dockerfile; ``../…`` if it is outside."""
