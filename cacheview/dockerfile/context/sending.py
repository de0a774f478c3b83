"""What a client sends of a context, and what the daemon makes of it: from entries to the daemon's tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from cacheview.dockerfile.context.clients import Client
from cacheview.dockerfile.context.context import Context
from cacheview.dockerfile.context.dockerignore import BadPatternError, Folder, Patterns, parse_dockerignore
from cacheview.dockerfile.context.entry import Entry, Kind
from cacheview.dockerfile.context.gopath import parents
from cacheview.dockerfile.context.ignore_rules import IgnoreRules
from cacheview.dockerfile.context.tarsum import header_bytes
from cacheview.dockerfile.context.tree import ForbiddenPathError, Node, Tree
from cacheview.dockerfile.refused import RefusedError
from cacheview.model import DataError

__all__ = ["IGNORE_FILE", "Sent", "send"]

IGNORE_FILE = ".dockerignore"
_DOCKERFILE = "Dockerfile"
_IMPLIED_MODE = 0o755


class Sent:
    """A context on the daemon.

    Attributes:
        tree: what is there.
        dockerfile: its name on the daemon; empty where the client adds it under a name of chance.
        ignored: patterns of ``.dockerignore`` as they stand there.
    """

    def __init__(self, tree: Tree, dockerfile: str, ignored: tuple[str, ...]) -> None:
        self.tree = tree
        self.dockerfile = dockerfile
        self.ignored = ignored


def send(context: Context, dockerfile: str, client: Client, daemon: IgnoreRules) -> Sent:
    """The context as it lies on the daemon before the first step.

    Args:
        context: what is on disk.
        dockerfile: its path in the context; one that begins with ``../``, ``-`` or nothing is from elsewhere.
        client: who sends it.
        daemon: how the daemon reads ``.dockerignore`` when it removes the Dockerfile.

    Raises:
        RefusedError: the client refuses the context, in its words.
        DataError: the context cannot be read.
    """
    dockerfile = _dockerfile_name(context, dockerfile)
    ignored = _ignored(context)
    tree = Tree(_sent_nodes(context, ignored, dockerfile, client))
    if dockerfile:
        if dockerfile not in tree and context.has(dockerfile):
            # The client keeps it by a look at one folder above it, and leaves it out by a look at all.
            said = f"Cannot locate specified Dockerfile: {dockerfile}"
            raise RefusedError(f"{said}; .dockerignore leaves out a folder above it", said=said, where=IGNORE_FILE)
        _remove_ignored(tree, context, dockerfile, daemon)
    # The client adds the name of chance to .dockerignore; without one it makes one that names itself.
    elif _is_removed(IGNORE_FILE, ignored, daemon):
        tree.remove(IGNORE_FILE)
    return Sent(tree, dockerfile, ignored)


def _dockerfile_name(context: Context, dockerfile: str) -> str:
    if dockerfile in ("", "-"):
        return ""
    if dockerfile == _DOCKERFILE and not context.has(dockerfile) and context.has(dockerfile.lower()):
        dockerfile = dockerfile.lower()
    real = context.real_name(dockerfile)
    return "" if real.startswith("../") else real


def _ignored(context: Context) -> tuple[str, ...]:
    data = context.outside(IGNORE_FILE)
    if data is None:
        return ()
    try:
        return parse_dockerignore(data)
    except BadPatternError as error:
        said = f"error reading .dockerignore: {error.what}"
        raise RefusedError(
            f"the client refuses it: {said}; shorten the line", said=said, where=f"{IGNORE_FILE}: {error.where}"
        ) from None


def _sent_nodes(context: Context, ignored: Sequence[str], dockerfile: str, client: Client) -> Mapping[str, Node]:
    try:
        return _Sender(context, ignored, dockerfile, client).nodes()
    except BadPatternError as error:
        said = f"error checking context: {error.what}"
        raise RefusedError(f"the client refuses its .dockerignore: {said}", said=said, where=IGNORE_FILE) from None


class _Sender:
    """One walk for both walks of the client: the check, and the tar."""

    def __init__(self, context: Context, ignored: Sequence[str], dockerfile: str, client: Client) -> None:
        self.context = context
        self.client = client
        self.checks = Patterns(ignored, client.rules)
        self.patterns = Patterns([*ignored, *self._kept(dockerfile)], client.rules)
        self.found: dict[str, Node] = {}
        self.first_names: dict[int, str] = {}
        self.check_folders = {"": self.checks.root()}
        self.folders = {"": self.patterns.root()}
        self.is_cut_off = False  # an error ends the tar, and the client sends what there is

    def _kept(self, dockerfile: str) -> list[str]:
        """What the client always sends: the daemon needs it, and removes it again (``TrimBuildFilesFromExcludes``)."""
        return ["!" + name for name in (IGNORE_FILE, dockerfile) if name and self._is_matched(name)]

    def _is_matched(self, name: str) -> bool:
        try:
            return self.checks.matches_by_one_parent(name)
        except BadPatternError:
            return False

    def nodes(self) -> dict[str, Node]:
        for entry in self.context.walk(self._enters):
            if entry.kind is not Kind.DIRECTORY:
                self._see(entry)
        return self.found

    def _enters(self, entry: Entry) -> bool:
        return self._see(entry)

    def _see(self, entry: Entry) -> bool:
        """Takes an entry in; whether to walk into it."""
        path = entry.path
        above = path.rpartition("/")[0]
        is_folder = entry.kind is Kind.DIRECTORY
        checked = self._check(entry, self.check_folders[above])
        folder = self.folders[above]
        inside = Folder(path, folder, self.patterns) if is_folder else None
        sent = not folder.closed and self._is_sent(path, folder, inside)
        if sent:
            self._add(entry)
        if inside is None:
            return False
        inside.closed = folder.closed or not (sent or self.patterns.may_put_back_inside(path))
        self.folders[path] = inside
        return checked or not inside.closed

    def _is_sent(self, path: str, folder: Folder, inside: Folder | None) -> bool:
        if not self.patterns.patterns or self.is_cut_off:
            return not self.is_cut_off
        try:
            return self.patterns.is_sent(path, folder, inside)
        except BadPatternError:  # of the Dockerfile's name: the check had no such pattern
            self.is_cut_off = True
            return False

    def _check(self, entry: Entry, folder: Folder) -> bool:
        """The client's look at all that it will send, before it sends anything; whether it looks at this one."""
        path = entry.path
        is_folder = entry.kind is Kind.DIRECTORY
        if is_folder and not entry.readable and folder.checked:
            self._refuse(entry, "can't stat '{}'")
        checked = folder.checked and (not self.checks.patterns or self.checks.is_checked(path, folder))
        if is_folder:
            inside = self.check_folders[path] = Folder(path, folder, self.checks)
            inside.checked = checked
        elif checked and not entry.readable:
            self._refuse(entry, "no permission to read from '{}'")
        return checked

    def _refuse(self, entry: Entry, said: str) -> None:
        said = "error checking context: " + said.format(self.context.place(entry.path))
        raise RefusedError(
            "the client may not read it, and sends nothing; change its permissions or name it in .dockerignore",
            said=said,
            where=entry.path,
        )

    def _add(self, entry: Entry) -> None:
        path = entry.path
        if entry.kind is Kind.SOCKET:
            return
        if not entry.readable:
            raise DataError("it cannot be read: the client would send a broken context", where=path)
        for above in parents(path):
            if above not in self.found:
                self.found[above] = Node(Entry(above, Kind.DIRECTORY, _IMPLIED_MODE))
        first = None
        if entry.inode and entry.kind is not Kind.DIRECTORY:
            first = self.first_names.get(entry.inode)
            if first is None:
                self.first_names[entry.inode] = path
        header = header_bytes(entry, type_bits=self.client.type_bits, hard_link_to=first)
        self.found[path] = Node(entry, header, hard_link=first is not None)


def _remove_ignored(tree: Tree, context: Context, dockerfile: str, rules: IgnoreRules) -> None:
    """What the daemon does before the first step (``removeDockerfile``): it removes what was sent for itself only."""
    try:
        real = tree.resolve(IGNORE_FILE)
        node = tree.get(real)
        if node is None:
            return
        lines = parse_dockerignore(b"".join(context.read(real)))
    except (ForbiddenPathError, BadPatternError):
        return
    for name in (IGNORE_FILE, dockerfile):
        if _is_removed(name, lines, rules):
            with suppress(ForbiddenPathError):
                tree.remove(tree.resolve(name))


def _is_removed(name: str, lines: Sequence[str], rules: IgnoreRules) -> bool:
    try:
        return Patterns(lines, rules).matches_or_parent(name)
    except BadPatternError:
        return False
