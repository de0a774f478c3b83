"""The output of a client: the members of its tar, and its request to the daemon."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.tarsum import HARD_LINK, TYPE_BITS, Header, Member, without_root_user
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError

__all__ = [
    "DOCKERFILE",
    "IGNORE_FILE",
    "HeaderStyle",
    "PackedContext",
    "check_readable",
    "outside_context",
    "path_in_context",
    "random_name",
]

IGNORE_FILE = ".dockerignore"
DOCKERFILE = "Dockerfile"


@dataclass(frozen=True, slots=True)
class PackedContext:
    """A context as a client sends it.

    Attributes:
        members: the members of the tar, in order. Reading them may raise the errors of `Client.pack`.
        dockerfile: its name on the daemon, as in the request.
        ignored: the patterns of ``.dockerignore`` as the client read them.
        random: the name of the Dockerfile if the client chooses a random one for every build; otherwise empty.
    """

    members: Iterable[Member]
    dockerfile: str
    ignored: tuple[str, ...] = ()
    random: str = ""


@dataclass(frozen=True, slots=True)
class HeaderStyle:
    """How a client fills in the headers of its tar.

    Attributes:
        sends_type_bits: whether the mode contains the bits of the file type (``fillGo18FileTypeBits``).
        sends_owner: whether uid and gid are those of the file; otherwise, they are 0.
        sends_capability: whether ``security.capability`` is sent.
        sends_hard_links: whether a second name of a file is sent as a link to the first.
        umask: bits that are removed from every mode.
        is_windows: whether the client runs on Windows, where Go's mode is 0666 for writable files and 0444 for others,
            and the client sends ``mode & 0755 | 0111``.
        ends_folders_with_slash: whether the name of a folder ends with a slash.
    """

    sends_type_bits: bool = False
    sends_owner: bool = False
    sends_capability: bool = True
    sends_hard_links: bool = True
    umask: int = 0
    is_windows: bool = False
    ends_folders_with_slash: bool = True

    def member(self, entry: Entry, first: str | None = None) -> Member:
        """Return the member for an entry. ``first`` is the first name of the file if this is another one."""
        is_file = entry.kind is EntryKind.FILE
        header = Header(
            entry.path + ("/" if entry.kind is EntryKind.DIRECTORY and self.ends_folders_with_slash else ""),
            self.mode(entry),
            entry.uid if self.sends_owner else 0,
            entry.gid if self.sends_owner else 0,
            entry.size if is_file and first is None else 0,
            entry.kind.value if first is None else HARD_LINK,
            entry.target if first is None else first,
            entry.device,
            (("security.capability", without_root_user(entry.capability)),)
            if entry.capability and self.sends_capability
            else (),
        )
        return Member(header, entry.path, stamp=entry.stamp)

    def mode(self, entry: Entry) -> int:
        """Return the mode as it is sent."""
        mode = entry.mode & ~self.umask
        if self.is_windows:
            is_read_only = entry.kind is EntryKind.FILE and not entry.mode & 0o200
            mode = 0o555 if is_read_only else 0o755
        return mode | (TYPE_BITS[entry.kind] if self.sends_type_bits else 0)


def check_readable(entry: Entry) -> None:
    """Raise `DataError` if the client could not read a file that it has started to send."""
    if not entry.is_readable:
        raise DataError("it cannot be read, so the client sends a broken context", where=entry.path)


def path_in_context(dockerfile: str, client: str) -> str:
    """Return the cleaned path of the Dockerfile for a client that reads it only from the context.

    Raises `BuildRefusedError` if the Dockerfile is not in the context.
    """
    name = clean(dockerfile or DOCKERFILE)
    if dockerfile in ("", "-") or name.startswith("../"):
        raise outside_context(client)
    return name


def outside_context(client: str) -> BuildRefusedError:
    """Return the refusal of a client that reads the Dockerfile only from the context."""
    return BuildRefusedError(f"{client} reads the Dockerfile from the context; put it there", by="client")


def random_name(digits: int) -> str:
    """Return a random name like those that clients give a Dockerfile from outside the context."""
    return f".dockerfile.{secrets.token_hex(20)[:digits]}"
