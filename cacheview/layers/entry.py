"""One entry of a layer: a file, folder, link or device, or the mark of a removed file."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.model import DataError
from cacheview.stores.tar import TarHeader

__all__ = ["OPAQUE", "WHITEOUT", "LayerEntry", "LayerError", "entry_of"]

WHITEOUT = ".wh."
"""The beginning of the name of a file that marks another one as removed (the OCI image spec)."""

OPAQUE = ".wh..wh..opq"
"""The name of the file that marks all other content of its folder as removed."""

_HARD_LINK = "1"
_KINDS = {kind.value: kind for kind in EntryKind if kind.value}
_CAPABILITY = "security.capability"
_MODE_BITS = 0o7777


class LayerError(DataError):
    """A layer cannot be read. The message contains the reason, and what to do."""


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One entry.

    Attributes:
        number: index among all members of the layer's tar stream, from 0.
        path: from the root, clean and without a leading slash; bytes that are not UTF-8 are surrogate escapes. For a
            whiteout, the path of the mark itself.
        kind: the kind of entry; for a hard link `EntryKind.FILE`.
        mode: permission bits, with set-user-id, set-group-id and sticky.
        uid, gid: the owner.
        size: bytes of content; for a hard link 0.
        target: of a symlink, as written.
        hard_link: the path of the file for which this is another name; empty: it is not a hard link.
        device: major and minor number of a device.
        capability: the value of ``security.capability``; empty: none.
        is_sparse: whether its content is stored as a sparse file.
    """

    number: int
    path: str
    kind: EntryKind
    mode: int
    uid: int
    gid: int
    size: int = 0
    target: str = ""
    hard_link: str = ""
    device: tuple[int, int] = (0, 0)
    capability: bytes = b""
    is_sparse: bool = False

    @property
    def name(self) -> str:
        """The last name in its path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder that contains it; empty: the root."""
        return self.path.rpartition("/")[0]


def entry_of(header: TarHeader, number: int) -> LayerEntry | None:
    """Return an entry from its tar header; None for the root itself, and for a member that is not a file.

    A GNU volume label, for example, is not a file.

    Raises:
        LayerError: the name, or the target of a hard link, is outside the root.
    """
    is_link = header.kind == _HARD_LINK
    kind = EntryKind.FILE if is_link else _KINDS.get(header.kind)
    path = _inside(header.name)
    if kind is None or not path:
        return None
    return LayerEntry(
        number,
        path,
        kind,
        header.mode & _MODE_BITS,
        header.uid,
        header.gid,
        _size(header) if kind is EntryKind.FILE else 0,
        header.link if kind is EntryKind.SYMLINK else "",
        _inside(header.link) if is_link else "",
        header.device,
        header.xattrs.get(_CAPABILITY, b""),
        header.sparse is not None,
    )


def _size(header: TarHeader) -> int:
    return header.sparse.size if header.sparse is not None else header.size


def _inside(name: str) -> str:
    """Return a name relative to the root, cleaned. A leading slash is dropped, since Docker joins names to the root."""
    clean = posixpath.normpath(name.lstrip("/") or ".")
    if clean == ".." or clean.startswith("../") or "\0" in clean:
        raise LayerError(f"a name in the layer points outside the image: {name[:200]!r}. Docker rejects such layers")
    return "" if clean == "." else clean
