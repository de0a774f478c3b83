"""The tar of a context that docker-java and testcontainers-java send.

Facts from docker-java 3.7.1 (``Dockerfile``, ``CompressArchiveUtil``), testcontainers-java 2.0.5 (``MountableFile``)
and ``TarArchiveEntry`` of commons-compress: links to folders are followed, a second name of a file is a separate file,
and patterns and names are based on the JDK's canonical path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from cacheview.dockerfile.context.context import Context
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import decoded
from cacheview.dockerfile.context.ignore_docker_java import DockerJavaPatterns
from cacheview.dockerfile.context.packed import IGNORE_FILE, PackedContext, check_readable, path_in_context
from cacheview.dockerfile.context.tarsum import TYPE_BITS, Header, Member
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError

__all__ = ["DockerJavaPacking", "TestcontainersJavaPacking"]

_FILE_MODE = 0o100644
_EXECUTABLE_MODE = 0o100755
_FOLDER_MODE = 0o040755
_MAX_LINKS = 40  # on the way to a file; only a cycle has more, and the system does not follow more
_MAX_ENTRIES = 1_000_000


@dataclass(frozen=True, slots=True)
class DockerJavaPacking:
    """docker-java: ``buildImageCmd(File)``, and testcontainers-java with ``withDockerfile``."""

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """See `Client.pack`."""
        name = path_in_context(dockerfile, "docker-java")
        data = context.content(IGNORE_FILE)
        patterns = DockerJavaPatterns(data if data is not None else b"")
        pattern = patterns.leaves_out(_canonical(context, name))
        if pattern is not None:
            message = f"Dockerfile is excluded by pattern '{pattern}' in .dockerignore file"
            raise BuildRefusedError(
                f"docker-java refuses the context: {message}", message=message, where=IGNORE_FILE, by="client"
            )
        return PackedContext(_docker_java(context, patterns), name)


@dataclass(frozen=True, slots=True)
class TestcontainersJavaPacking:
    """testcontainers-java, which does not read ``.dockerignore``.

    Attributes:
        files: the files that the program adds: the path on the daemon, and the path in the context
            (``withFileFromPath``) or the content (``withFileFromString``).
    """

    __test__ = False  # pytest would take it for a test because of its name

    files: tuple[tuple[str, str | bytes], ...] = ((".", ""),)

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """See `Client.pack`."""
        return PackedContext(self._members(context), path_in_context(dockerfile, "testcontainers-java"))

    def _members(self, context: Context) -> Iterator[Member]:
        for destination, source in self.files:
            if isinstance(source, bytes):
                yield Member(Header(destination, _FILE_MODE, size=len(source)), data=source)
            else:
                yield from _mountable(context, destination, source)


def _canonical(context: Context, path: str) -> str:
    """Return the JDK's canonical path, relative to the context if inside. A broken link is not followed."""
    if context.target(path) is not None:
        return context.real_name(path)
    parent, _, name = path.rpartition("/")
    real = context.real_name(parent) if parent else ""
    return f"{real}/{name}" if real else name


def _docker_java(context: Context, patterns: DockerJavaPatterns) -> Iterator[Member]:
    count = 0
    pending = [("", "", 0)]
    while pending:
        folder, real, links = pending.pop()
        inside = _entries_in(context, folder)
        if not inside and folder:
            yield from _empty_folder(context, folder)
        for entry in inside:
            count += 1
            if count > _MAX_ENTRIES or links > _MAX_LINKS:
                raise DataError(
                    "a link points to a folder above it, and docker-java follows the link", where=entry.path
                )
            if entry.path != (name := decoded(entry.path)):  # the JDK does not find such a file, and sends an empty one
                if patterns.leaves_out(_path_to_match(context, _joined(real, name))) is None:
                    yield Member(Header(name, _FILE_MODE), data=b"")
                continue
            is_link = entry.kind is EntryKind.SYMLINK
            canonical = _canonical(context, entry.path) if is_link else _joined(real, entry.path)
            target = context.target(entry.path) if is_link else entry
            if target is not None and target.kind is EntryKind.DIRECTORY:
                pending.append((entry.path, canonical, links + is_link))
                continue
            if patterns.leaves_out(_path_to_match(context, canonical)) is not None:
                continue
            if is_link:
                header = Header(entry.path, _FILE_MODE, type=EntryKind.SYMLINK.value, link=decoded(entry.target))
                yield Member(header, entry.path)
                continue
            check_readable(entry)
            mode = _EXECUTABLE_MODE if entry.is_executable else _FILE_MODE
            yield _java_member(entry, Header(entry.path, mode, size=entry.size), follows=True)


def _empty_folder(context: Context, path: str) -> Iterator[Member]:
    """Yield an empty folder; a link to one is sent as a link, but with the slash and the mode of a folder."""
    named, entry = context.entry(path), context.target(path)
    if named is not None and named.kind is EntryKind.SYMLINK:
        yield Member(Header(path + "/", _FOLDER_MODE, type=EntryKind.SYMLINK.value, link=decoded(named.target)), path)
    elif entry is not None:
        yield _java_member(entry, Header(path + "/", _FOLDER_MODE, type=EntryKind.DIRECTORY.value))


def _joined(folder: str, path: str) -> str:
    """Return the path of an entry, given the canonical path of its folder."""
    name = path.rpartition("/")[2]
    return f"{folder}/{name}" if folder else name


def _path_to_match(context: Context, canonical: str) -> str:
    """Return the path that patterns are matched against: relative to the context if inside, otherwise absolute."""
    if canonical.startswith("../"):
        return os.path.normpath(os.path.join(context.full_path(""), canonical))
    return canonical


def _java_member(entry: Entry, header: Header, *, follows: bool = False) -> Member:
    return Member(header._replace(uid=entry.uid, gid=entry.gid), entry.path, follows, stamp=entry.stamp)


def _entries_in(context: Context, folder: str) -> list[Entry]:
    try:
        return list(context.entries_in(folder))
    except DataError:
        message = f"Failed to read build context directory: {context.full_path('')}"
        raise BuildRefusedError(
            f"docker-java refuses the context: {message}", message=message, where=folder, by="client"
        ) from None


def _below(context: Context, path: str, root: str) -> str:
    """Return a path relative to another; empty if they are the same."""
    if not root or path == root:
        return path if not root else ""
    return os.path.relpath("/" + context.full_path(path), "/" + context.full_path(root))


def _mountable(context: Context, destination: str, root: str) -> Iterator[Member]:
    """``recursiveTar``: it visits children by canonical path, so the target of a link is sent under its own name."""
    root = _canonical(context, root) if root else ""
    pending = [(root, 0)]
    count = 0
    while pending:
        path, links = pending.pop()
        count += 1
        if count > _MAX_ENTRIES or links > _MAX_LINKS:
            raise DataError("a link points to a folder above it, and testcontainers-java follows the link", where=path)
        below = _below(context, path, root)
        name = (f"{destination}/{below}" if below else destination).lstrip("/")
        entry = context.target(path) if path else context.top()
        if entry is None:
            yield Member(Header(name, _FILE_MODE))
            continue
        mode = entry.mode | TYPE_BITS[entry.kind]
        if entry.kind is EntryKind.DIRECTORY:
            yield _java_member(entry, Header(name + "/", mode, type=EntryKind.DIRECTORY.value))
            for each in reversed(context.entries_in(path)):
                is_link = each.kind is EntryKind.SYMLINK
                pending.append((decoded(_canonical(context, each.path) if is_link else each.path), links + is_link))
        elif entry.kind is EntryKind.FILE:
            check_readable(entry)
            yield _java_member(entry, Header(name, mode, size=entry.size), follows=True)
        else:
            yield _java_member(entry, Header(name, mode))
