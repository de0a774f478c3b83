"""The ways in which clients write the headers of the files that they send, as far as a layer can show them.

A layer has the modes that were sent, but neither the owner nor the way the header was written, so each way is tried.
The ways come from the packings of `CLIENTS`. The modes in the layer already lack the bits that a umask removes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cacheview.dockerfile.context.cli_packing import CliPacking, TestcontainersGoPacking
from cacheview.dockerfile.context.clients import CLIENTS, Client
from cacheview.dockerfile.context.context import Packing
from cacheview.dockerfile.context.docker_py_packing import DockerPyPacking
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.java_packing import DockerJavaPacking, TestcontainersJavaPacking
from cacheview.dockerfile.context.packed import HeaderStyle
from cacheview.dockerfile.context.tar_fs_packing import DockerodePacking, TestcontainersNodePacking
from cacheview.dockerfile.context.tarsum import Header

__all__ = ["IMAGE_STYLES", "SENDER_STYLES", "SenderStyle", "clients_of"]

_JAVA_LINK_MODE: Final = 0o100644
_JAVA_FOLDER_MODE: Final = 0o040755


@dataclass(frozen=True, slots=True)
class SenderStyle:
    """One way to write headers.

    Attributes:
        clients: the names in `CLIENTS` of those that use it; empty: it is how a builder hashes files of an image.
        style: of the headers.
        sends_folders: whether folders have headers of their own.
        sends_empty_folders: whether empty folders have headers even if other folders do not.
        link_mode: the mode of every symbolic link, with type bits; None: its own.
        prefix: the beginning of every name.
        root_name: the name of root as an owner; empty: names of owners are not hashed.
    """

    clients: tuple[str, ...]
    style: HeaderStyle
    sends_folders: bool = True
    sends_empty_folders: bool = False
    link_mode: int | None = None
    prefix: str = ""
    root_name: str = ""

    def header(self, entry: Entry, first: str | None, *, is_empty: bool) -> bytes:
        """Return the bytes hashed before the content; empty: it is sent without a header.

        Args:
            entry: with the mode and the owner that were sent.
            first: for a hard link, its first name.
            is_empty: for a folder, whether nothing was sent in it.
        """
        is_folder = entry.kind is EntryKind.DIRECTORY
        if is_folder and not (self.sends_folders or (self.sends_empty_folders and is_empty)):
            return b""
        header = self.style.member(entry, first).header
        if self.link_mode is not None and entry.kind is EntryKind.SYMLINK:
            header = Header(header.name, self.link_mode, type=header.type, link=header.link)
        elif is_folder and self.sends_empty_folders:
            header = header._replace(mode=_JAVA_FOLDER_MODE)
        if self.root_name and (header.uid, header.gid) == (0, 0):
            header = header._replace(owner_names=(self.root_name, self.root_name))
        return header._replace(name=self.prefix + header.name).hashed_bytes() if self.prefix else header.hashed_bytes()


_JAVA_STYLE: Final = HeaderStyle(sends_type_bits=True, sends_owner=True, sends_capability=False, sends_hard_links=False)


def _styles_of(packing: Packing) -> tuple[SenderStyle, ...]:
    """Return the ways in which a packing may write headers. Raises `TypeError` for a packing without a case here."""
    match packing:
        case DockerJavaPacking():
            return (
                SenderStyle((), _JAVA_STYLE, sends_folders=False, sends_empty_folders=True, link_mode=_JAVA_LINK_MODE),
            )
        case TestcontainersJavaPacking():
            return (SenderStyle((), _JAVA_STYLE, prefix="./"),)
        case TestcontainersNodePacking(style):  # folders only if there is no ``.dockerignore``
            sender_style = SenderStyle((), replace(style, umask=0))
            return sender_style, replace(sender_style, sends_folders=False)
        case CliPacking(style) | TestcontainersGoPacking(style) | DockerPyPacking(style) | DockerodePacking(style):
            return (SenderStyle((), replace(style, umask=0)),)
    raise TypeError(f"no header style for {type(packing).__name__}")


def _all_styles() -> tuple[SenderStyle, ...]:
    """Return each way once, with all clients that use it."""
    clients: dict[SenderStyle, tuple[str, ...]] = {}
    for name, client in CLIENTS.items():
        for style in _styles_of(client.packing):
            clients[style] = (*clients.get(style, ()), name)
    return tuple(replace(style, clients=names) for style, names in clients.items())


SENDER_STYLES: Final = _all_styles()
"""All styles in the order of `CLIENTS`, the Docker CLI first."""

_IMAGE_STYLE: Final = HeaderStyle(sends_owner=True, sends_hard_links=False)

IMAGE_STYLES: Final = (
    SenderStyle((), _IMAGE_STYLE),
    SenderStyle((), replace(_IMAGE_STYLE, sends_type_bits=True)),
    SenderStyle((), replace(_IMAGE_STYLE, sends_type_bits=True), root_name="root"),
)
"""The ways in which builders hash files of an image themselves, see `layers.image_sums`: 24.0 and later, 23.0, 20.10.
"""


def clients_of(styles: Iterable[SenderStyle]) -> tuple[Client, ...]:
    """Return the clients that use any of these ways, in the order of `CLIENTS`."""
    names = set(_names(styles))
    return tuple(client for name, client in CLIENTS.items() if name in names)


def _names(styles: Iterable[SenderStyle]) -> Iterator[str]:
    for style in styles:
        yield from style.clients
