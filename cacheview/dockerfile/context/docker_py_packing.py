"""The tar of a context that docker-py sends (``docker/utils/build.py``, ``docker/api/build.py`` of 5.0.3 and 7.1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cacheview.dockerfile.context.context import Context
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import clean, raw
from cacheview.dockerfile.context.ignore_docker_py import DockerPyPatterns, docker_py_lines
from cacheview.dockerfile.context.packed import DOCKERFILE, IGNORE_FILE, HeaderStyle, PackedContext, random_name
from cacheview.dockerfile.context.tarsum import Header, Member
from cacheview.dockerfile.refusal import BuildRefusedError

__all__ = ["DockerPyPacking"]

_RANDOM_DIGITS = 40
_ADDED_MODE = 0o644


@dataclass(frozen=True, slots=True)
class DockerPyPacking:
    """docker-py, and all programs that use it to build.

    Attributes:
        style: the style of the headers.
        strips_spaces: whether spaces after an exclamation mark are ignored.
    """

    style: HeaderStyle
    strips_spaces: bool

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:
        """See `Client.pack`."""
        data = context.content(IGNORE_FILE)
        lines = docker_py_lines(data) if data is not None else []
        is_outside = dockerfile in ("", "-") or clean(dockerfile).startswith("..")
        random = random_name(_RANDOM_DIGITS) if is_outside else ""
        name = random or clean(dockerfile)
        entries = _FolderWalk(context, DockerPyPatterns([*lines, f"!{name}"], strips=self.strips_spaces)).entries()
        added: dict[str, bytes] = {}
        if random:
            added = {IGNORE_FILE: raw("\n".join([*(lines or [IGNORE_FILE]), random])), random: text or b""}
        return PackedContext(self._members(entries, added), name or DOCKERFILE, tuple(lines), random)

    def pack_alone(self, text: bytes, mode: int, uid: int, gid: int) -> PackedContext:  # noqa: ARG002
        """See `Client.pack_alone`: it creates a member from ``fileobj`` (``mkbuildcontext``)."""
        return PackedContext([Member(Header(DOCKERFILE, _ADDED_MODE, size=len(text)), data=text)], DOCKERFILE)

    def _members(self, entries: list[Entry], added: dict[str, bytes]) -> Iterator[Member]:
        first_names: dict[int, str] = {}
        for entry in sorted(entries, key=lambda entry: entry.path):
            if entry.path in added or entry.kind is EntryKind.SOCKET:
                continue
            first = None
            if entry.inode and entry.kind is EntryKind.FILE and self.style.sends_hard_links:
                first = first_names.setdefault(entry.inode, entry.path)
            if first in (None, entry.path) and not entry.is_readable and entry.kind is EntryKind.FILE:
                message = f"Can not read file in context: {entry.path}"
                raise BuildRefusedError(
                    f"docker-py refuses the context: {message}", message=message, where=entry.path, by="client"
                )
            yield self.style.member(entry, first if first != entry.path else None)
        for name, data in added.items():
            yield Member(Header(name, _ADDED_MODE, size=len(data)), data=data)


class _FolderWalk:
    def __init__(self, context: Context, patterns: DockerPyPatterns) -> None:
        self.context = context
        self.patterns = patterns
        self._packed: list[Entry] = []

    def entries(self) -> list[Entry]:
        for entry in self.context.walk(self._enters):
            if entry.kind is not EntryKind.DIRECTORY and not self.patterns.leaves_out(entry.path):
                self._packed.append(entry)
        return self._packed

    def _enters(self, entry: Entry) -> bool:
        is_ignored = self.patterns.leaves_out(entry.path)
        if not is_ignored:
            self._packed.append(entry)
        enters = not is_ignored or self.patterns.may_put_back_inside(entry.path)
        if enters and not entry.is_readable:
            message = f"[Errno 13] Permission denied: '{self.context.full_path(entry.path)}'"
            raise BuildRefusedError(
                f"docker-py refuses the context: {message}", message=message, where=entry.path, by="client"
            )
        return enters
