"""What a client sends: the members of its tar, and what it requests of the daemon."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from cacheview.dockerfile.context.entry import Entry, Kind
from cacheview.dockerfile.context.tarsum import HARD_LINK, TYPE_BITS, Header, Member, without_root_user
from cacheview.model import DataError

__all__ = ["DOCKERFILE", "IGNORE_FILE", "HeaderStyle", "Packed", "check_readable", "random_name"]

IGNORE_FILE = ".dockerignore"
DOCKERFILE = "Dockerfile"


@dataclass(frozen=True, slots=True)
class Packed:
    """A context as it is sent.

    Attributes:
        members: in the order of the tar. Reading them may raise what `Client.pack` does.
        dockerfile: its name on the daemon, as the request has it.
        ignored: patterns of ``.dockerignore`` as the client read them.
        random: name of the Dockerfile that the client chooses at random for every build; empty: none.
    """

    members: Iterable[Member]
    dockerfile: str
    ignored: tuple[str, ...] = ()
    random: str = ""


@dataclass(frozen=True, slots=True)
class HeaderStyle:
    """How a client fills the headers of its tar.

    Attributes:
        type_bits: the mode has the bits of the file's type (``fillGo18FileTypeBits``).
        owner: uid and gid are the file's own; otherwise 0.
        capability: ``security.capability`` is sent.
        hard_links: a second name of a file is sent as a link to the first.
        umask: bits that are taken out of every mode.
        windows: the client runs on Windows, where Go has 0666 for what can be written and 0444 for what cannot, and the
            client sends ``mode & 0755 | 0111``.
        slash: the name of a folder ends with a slash.
    """

    type_bits: bool = False
    owner: bool = False
    capability: bool = True
    hard_links: bool = True
    umask: int = 0
    windows: bool = False
    slash: bool = True

    def member(self, entry: Entry, first: str | None = None) -> Member:
        """The member of an entry; ``first``: the first name of the same file, where this is another."""
        is_file = entry.kind is Kind.FILE
        header = Header(
            entry.path + ("/" if entry.kind is Kind.DIRECTORY and self.slash else ""),
            self.mode(entry),
            entry.uid if self.owner else 0,
            entry.gid if self.owner else 0,
            entry.size if is_file and first is None else 0,
            entry.kind.value if first is None else HARD_LINK,
            entry.target if first is None else first,
            entry.device,
            (("security.capability", without_root_user(entry.capability)),)
            if entry.capability and self.capability
            else (),
        )
        return Member(header, entry.path, stamp=entry.stamp)

    def mode(self, entry: Entry) -> int:
        """The mode as it is sent."""
        mode = entry.mode & ~self.umask
        if self.windows:
            is_read_only = entry.kind is Kind.FILE and not entry.mode & 0o200
            mode = 0o555 if is_read_only else 0o755
        return mode | (TYPE_BITS[entry.kind] if self.type_bits else 0)


def check_readable(entry: Entry) -> None:
    """Raises `DataError` if the client could not read what it has begun to send."""
    if not entry.readable:
        raise DataError("it cannot be read, so the client would send a broken context", where=entry.path)


def random_name(digits: int) -> str:
    """A name as clients draw it for a Dockerfile from outside the context."""
    return f".dockerfile.{secrets.token_hex(20)[:digits]}"
