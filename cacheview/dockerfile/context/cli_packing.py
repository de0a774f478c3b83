"""The tar of a context as sent by the Docker CLI, and by clients that also pack a folder with ``TarWithOptions``.

Facts from docker/cli ``cli/command/image/build`` (v20.10.24, v23.0.15, v28.2.2) and the vendored ``pkg/archive`` and
``moby/go-archive``, and from testcontainers-go 0.44.0 ``ContainerRequest.GetContext``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cacheview.dockerfile.context.context import Context
from cacheview.dockerfile.context.dockerignore import BadPatternError, Folder, Patterns, parse_dockerignore
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.ignore_rules import IgnoreRules
from cacheview.dockerfile.context.packed import (
    DOCKERFILE,
    IGNORE_FILE,
    HeaderStyle,
    PackedContext,
    check_readable,
    outside_context,
    random_name,
)
from cacheview.dockerfile.context.tarsum import Header, Member
from cacheview.dockerfile.refusal import BuildRefusedError

__all__ = ["CliPacking", "TestcontainersGoPacking", "read_ignored"]

_RANDOM_DIGITS = 20
_ADDED_MODE = 0o600


@dataclass(frozen=True, slots=True)
class CliPacking:
    """The Docker CLI and Compose v2.

    Attributes:
        style: the style of the headers.
        rules: how it reads the patterns of ``.dockerignore``.
    """

    style: HeaderStyle
    rules: IgnoreRules

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:
        """See `Client.pack`."""
        name = _dockerfile_in(context, dockerfile)
        ignored = read_ignored(context)
        members: Iterable[Member] = _refusing(lambda: _Sender(context, ignored, name, self))
        if name:
            return PackedContext(members, name, ignored)
        random = random_name(_RANDOM_DIGITS)
        return PackedContext(_with_dockerfile(members, context, random, text or b""), random, ignored, random)

    def pack_alone(self, text: bytes, mode: int, uid: int, gid: int) -> PackedContext:
        """See `Client.pack_alone`: it packs a folder with a file, and keeps the owner of the file."""
        entry = Entry(DOCKERFILE, EntryKind.FILE, mode, size=len(text), uid=uid, gid=gid)
        member = replace(self.style, sends_owner=True).member(entry)
        return PackedContext([member._replace(data=text)], DOCKERFILE)


@dataclass(frozen=True, slots=True)
class TestcontainersGoPacking:
    """testcontainers-go: it does not check the context first, and always sends the Dockerfile and ``.dockerignore``."""

    __test__ = False  # pytest would take it for a test because of its name

    style: HeaderStyle
    rules: IgnoreRules

    def pack(self, context: Context, dockerfile: str, text: bytes | None) -> PackedContext:  # noqa: ARG002
        """See `Client.pack`."""
        name = dockerfile.removeprefix("./")
        if name in ("", "-") or name.startswith("../"):
            raise outside_context("testcontainers-go")
        ignored = read_ignored(context)
        forced = [IGNORE_FILE] if context.has(IGNORE_FILE) else []
        packing = CliPacking(self.style, self.rules)

        def sender() -> _Sender:
            return _Sender(context, ignored, "", packing, checks=False, forced=[*forced, name])

        return PackedContext(_refusing(sender), name, ignored)


def read_ignored(context: Context) -> tuple[str, ...]:
    """Return the patterns of ``.dockerignore``; none if there is no such file.

    Raises:
        BuildRefusedError: a line is too long for the client.
    """
    data = context.content(IGNORE_FILE)
    if data is None:
        return ()
    try:
        return parse_dockerignore(data)
    except BadPatternError as error:
        message = f"error reading .dockerignore: {error.what}"
        raise BuildRefusedError(
            f"the client rejects the .dockerignore file: {message}; shorten the line",
            message=message,
            where=f"{IGNORE_FILE}: {error.where}",
            by="client",
        ) from None


def _refusing(sender: Callable[[], _Sender]) -> Iterator[Member]:
    try:
        yield from sender().members()
    except BadPatternError as error:
        message = f"error checking context: {error.what}"
        raise BuildRefusedError(
            f"the client rejects the .dockerignore file: {message}", message=message, where=IGNORE_FILE, by="client"
        ) from None


def _with_dockerfile(members: Iterable[Member], context: Context, name: str, text: bytes) -> Iterator[Member]:
    """Yield the members with a Dockerfile from outside the context, whose name is added to ``.dockerignore``.

    docker/cli: ``AddDockerfileToBuildContext``.
    """
    existing = None
    for member in members:
        if member.header.name != IGNORE_FILE:
            yield member
            continue
        if member.header.type != EntryKind.FILE.value:
            # The CLI writes content for a link, which Go's tar writer rejects.
            message = "archive/tar: write too long"
            what = (
                f"{IGNORE_FILE} is a link, and the Docker CLI cannot add the Dockerfile's name to it; use a regular "
                "file"
            )
            raise BuildRefusedError(what, message=message, where=IGNORE_FILE, by="client")
        existing = b"".join(context.read(member.source))
        data = existing + f"\n{name}\n".encode()
        yield Member(member.header._replace(size=len(data)), data=data)
    if existing is None:
        data = f"{IGNORE_FILE}\n{name}\n".encode()
        yield Member(Header(IGNORE_FILE, _ADDED_MODE, size=len(data)), data=data)
    yield Member(Header(name, _ADDED_MODE, size=len(text)), data=text)


class _Sender:
    """A single walk that does the work of two walks of the client: the check and the tar."""

    def __init__(
        self,
        context: Context,
        ignored: Sequence[str],
        dockerfile: str,
        packing: CliPacking,
        *,
        checks: bool = True,
        forced: Sequence[str] = (),
    ) -> None:
        self.context = context
        self.style = packing.style
        self.has_check = checks
        self.forced = forced
        self.checks = Patterns(ignored, packing.rules)
        self.patterns = Patterns([*ignored, *self._always_sent(dockerfile)], packing.rules) if checks else self.checks
        self.first_names: dict[int, str] = {}
        self.check_folders = {"": self.checks.root()}
        self.folders = {"": self.patterns.root()}
        self.is_cut_off = False  # an error ends the tar, and the client sends the part before it
        self._packed: list[Member] = []

    def _always_sent(self, dockerfile: str) -> list[str]:
        """Return patterns for the files that the client always sends, since the daemon needs them first.

        docker/cli: ``TrimBuildFilesFromExcludes``.
        """
        return ["!" + name for name in (IGNORE_FILE, dockerfile) if name and self._is_matched(name)]

    def _is_matched(self, name: str) -> bool:
        try:
            return self.checks.matches_by_one_parent(name)
        except BadPatternError:
            return False

    def members(self) -> Iterator[Member]:
        for entry in self.context.walk(self._enters):
            if entry.kind is not EntryKind.DIRECTORY:
                self._visit(entry)
        packed = {member.header.name for member in self._packed} if self.forced else set()
        for name in self.forced:
            forced = self.context.entry(name)
            if forced is not None and name not in packed:
                self._add(forced)
                packed.add(name)
        return iter(self._packed)

    def _enters(self, entry: Entry) -> bool:
        return self._visit(entry)

    def _visit(self, entry: Entry) -> bool:
        """Check and add an entry; return whether to walk into it."""
        path = entry.path
        parent = path.rpartition("/")[0]
        is_folder = entry.kind is EntryKind.DIRECTORY
        checked = self.has_check and self._check(entry, self.check_folders[parent])
        folder = self.folders[parent]
        inside = Folder(path, folder, self.patterns) if is_folder else None
        is_sent = not folder.closed and self._is_sent(path, folder, inside)
        if is_sent:
            self._add(entry)
        if inside is None:
            return False
        inside.closed = folder.closed or not (is_sent or self.patterns.may_put_back_inside(path))
        self.folders[path] = inside
        return checked or not inside.closed

    def _is_sent(self, path: str, folder: Folder, inside: Folder | None) -> bool:
        if not self.patterns.patterns or self.is_cut_off:
            return not self.is_cut_off
        try:
            return self.patterns.is_sent(path, folder, inside)
        except BadPatternError:  # for the Dockerfile's name, which the check does not use as a pattern
            self.is_cut_off = True
            return False

    def _check(self, entry: Entry, folder: Folder) -> bool:
        """Check an entry like the client, which checks all entries before it sends anything.

        Returns whether the check includes the entry.
        """
        path = entry.path
        is_folder = entry.kind is EntryKind.DIRECTORY
        if is_folder and not entry.is_readable and folder.checked:
            self._refuse(entry, "can't stat '{}'")
        checked = folder.checked and (not self.checks.patterns or self.checks.is_checked(path, folder))
        if is_folder:
            inside = self.check_folders[path] = Folder(path, folder, self.checks)
            inside.checked = checked
        elif checked and not entry.is_readable:
            self._refuse(entry, "no permission to read from '{}'")
        return checked

    def _refuse(self, entry: Entry, message: str) -> None:
        message = "error checking context: " + message.format(self.context.full_path(entry.path))
        what = "folder" if entry.kind is EntryKind.DIRECTORY else "file"
        raise BuildRefusedError(
            f"the client cannot read this {what} and sends nothing; change the {what}'s permissions, or add the {what} "
            "to .dockerignore",
            message=message,
            where=entry.path,
            by="client",
        )

    def _add(self, entry: Entry) -> None:
        if entry.kind is EntryKind.SOCKET:
            return
        check_readable(entry)
        first = None
        if entry.inode and entry.kind is not EntryKind.DIRECTORY and self.style.sends_hard_links:
            first = self.first_names.get(entry.inode)
            if first is None:
                self.first_names[entry.inode] = entry.path
        self._packed.append(self.style.member(entry, first))


def _dockerfile_in(context: Context, dockerfile: str) -> str:
    """Return the path of the Dockerfile in the context, with links followed; empty if it is outside.

    A ``dockerfile`` that is empty, ``-``, or begins with ``../`` is outside the context.
    """
    if dockerfile in ("", "-"):
        return ""
    if dockerfile == DOCKERFILE and not context.has(dockerfile) and context.has(dockerfile.lower()):
        dockerfile = dockerfile.lower()
    real = context.real_name(dockerfile)
    return "" if real.startswith("../") else real
