"""Where the entries of a build context come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from cacheview.dockerfile.context.entry import Entry
from cacheview.model import Problem

if TYPE_CHECKING:
    from cacheview.dockerfile.context.packed import Packed

__all__ = ["Context", "ContextSource", "Packer", "Packing"]


class Packing(Protocol):
    """How a client makes the tar of a context."""

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> Packed:
        """See `Client.pack`."""


class Packer(Packing, Protocol):
    """A client, as a context knows it: `Client`."""

    def pack_alone(self, text: bytes, mode: int, uid: int, gid: int) -> Packed:
        """See `Client.pack_alone`."""


class ContextSource(Protocol):
    """What the daemon is sent, or what a client makes that of."""

    @property
    def title(self) -> str:
        """What it is, for people."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the client silently leaves out, and why; known once it was walked."""

    def packed(self, client: Packer, dockerfile: str, text: bytes | None) -> Packed:
        """What is sent: as `Client.pack` makes it, unless it is a tar already.

        Raises:
            BuildRefusedError: the client refuses the context, in its words.
            DataError: the context cannot be read.
        """

    def has(self, path: str) -> bool:
        """Whether there is an entry, links not followed."""

    def read(self, path: str, *, follow: bool = False) -> Iterator[bytes]:
        """The content of a file by its `Member.source`, in pieces. Raises `DataError` if it cannot be read.

        ``follow``: where it is a link, the content of what it leads to.
        """

    def stamp(self, path: str, *, follow: bool = False) -> tuple[int, ...]:
        """The stamp that the entry has now; empty: not known."""


class Context(ContextSource, Protocol):
    """A tree of files, which a client packs."""

    def place(self, path: str) -> str:
        """A path in it as the client writes it: of a folder the whole path."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The whole tree by path, before anything is ignored, in walk order. The root is not among them.

        Raises:
            DataError: a folder could not be listed, or there are too many entries.
        """

    def walk(self, enter: Callable[[Entry], bool]) -> Iterator[Entry]:
        """Entries in the order of Go's ``filepath.Walk``, and into a folder only where `enter` is true."""

    def listed(self, path: str) -> Sequence[Entry]:
        """What is in a folder, sorted by name; empty: the root. Links on the way are followed, also out of it.

        Raises:
            DataError: it could not be listed.
        """

    def top(self) -> Entry:
        """The folder itself, with an empty path."""

    def named(self, path: str) -> Entry | None:
        """One entry, links followed on the way to it but not at its end; None if there is none."""

    def followed(self, path: str) -> Entry | None:
        """What a path leads to when all links are followed, under that path; None: nothing."""

    def outside(self, path: str) -> bytes | None:
        """The content of a file, all links followed, also out of the context; None if there is none.

        Raises:
            DataError: it cannot be read, or is too large for what is read as a whole.
        """

    def real_name(self, path: str) -> str:
        """The path with all links followed, as the client does for the Dockerfile; ``../…`` where it leads out."""
