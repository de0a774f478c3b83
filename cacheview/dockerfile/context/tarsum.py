"""The sum of one file: moby's tarsum, version 1, of its tar header and its content (``pkg/tarsum``)."""

from __future__ import annotations

from typing import NamedTuple

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.dockerfile.context.gopath import raw

__all__ = ["HARD_LINK", "TYPE_BITS", "Header", "Member", "without_root_user"]

HARD_LINK = "1"
TYPE_BITS = {
    EntryKind.FILE: 0o100000,
    EntryKind.DIRECTORY: 0o040000,
    EntryKind.SYMLINK: 0o120000,
    EntryKind.CHARACTER_DEVICE: 0o020000,
    EntryKind.BLOCK_DEVICE: 0o060000,
    EntryKind.FIFO: 0o010000,
}

_CAPABILITY_LENGTH = 20
_CAPABILITY_VERSION_AT = 3


class Header(NamedTuple):
    """The parts of a tar header that are hashed: all except times.

    Attributes:
        name: as sent.
        mode: as sent, with or without the bits of the file type.
        type: the type flag: `HARD_LINK`, or that of an `EntryKind`.
        link: the target of a link.
        xattrs: extended attributes by name, without the prefix ``SCHILY.xattr.``.
        owner_names: names of the owner and the group; the daemon ignores those that a client sends.
    """

    name: str
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    type: str = EntryKind.FILE.value
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, bytes], ...] = ()
    owner_names: tuple[str, str] = ("", "")

    def hashed_bytes(self) -> bytes:
        """Return the bytes that are hashed before the content: the fields by name (``v1TarHeaderSelect``)."""
        header = raw(
            f"name{self.name}mode{self.mode}uid{self.uid}gid{self.gid}size{self.size}typeflag{self.type}"
            f"linkname{self.link}uname{self.owner_names[0]}gname{self.owner_names[1]}"
            f"devmajor{self.device[0]}devminor{self.device[1]}"
        )
        return header + self.hashed_attributes()

    def hashed_attributes(self) -> bytes:
        """Return the part of `hashed_bytes` for the extended attributes."""
        return b"".join(raw(name) + value for name, value in sorted(self.xattrs)) if self.xattrs else b""


class Member(NamedTuple):
    """One member of the tar that a client sends.

    Attributes:
        header: as sent.
        source: the path in the context that a file's content is read from.
        follows_links: whether links are followed to read it.
        data: content that the client creates; None if the content is read from `source`.
        stamp: the stamp of the file; see `Entry`.
        digest: its sum in hexadecimal digits, if computed while reading the tar; otherwise empty.
    """

    header: Header
    source: str = ""
    follows_links: bool = False
    data: bytes | None = None
    stamp: tuple[int, ...] = ()
    digest: str = ""


def without_root_user(capability: bytes) -> bytes:
    """Return a capability as written into a header: version 3, which contains a root user, becomes version 2.

    moby: ``ReadSecurityXattrToTarHeader`` of ``pkg/archive`` (later ``moby/go-archive``).
    """
    if len(capability) > _CAPABILITY_VERSION_AT and capability[_CAPABILITY_VERSION_AT] == 3:
        version_2 = capability[:_CAPABILITY_VERSION_AT] + b"\x02" + capability[_CAPABILITY_VERSION_AT + 1 :]
        return version_2[:_CAPABILITY_LENGTH]
    return capability
