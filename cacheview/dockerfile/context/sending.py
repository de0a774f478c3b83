"""The context on the daemon before the first step: the files that were sent, without those that the daemon removes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cacheview.dockerfile.context.clients import Client
from cacheview.dockerfile.context.context import ContextSource
from cacheview.dockerfile.context.dockerignore import BadPatternError, Patterns, parse_dockerignore
from cacheview.dockerfile.context.entry import EntryKind
from cacheview.dockerfile.context.ignore_rules import FILEUTILS, PATTERNMATCHER, IgnoreRules
from cacheview.dockerfile.context.packed import DOCKERFILE, IGNORE_FILE
from cacheview.dockerfile.context.tree import ForbiddenPathError, Tree, TreeNode
from cacheview.dockerfile.context.unpack import unpack
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease

__all__ = ["IGNORE_FILE", "UploadedContext", "send"]


class UploadedContext:
    """A context on the daemon.

    Attributes:
        tree: its files.
        dockerfile: the name of the Dockerfile on the daemon.
        ignored: the patterns of ``.dockerignore`` as the client read them.
        has_random_name: whether ``.dockerignore`` contains a name that the client chooses at random for every build.
    """

    def __init__(self, tree: Tree, dockerfile: str, ignored: tuple[str, ...], *, has_random_name: bool = False) -> None:
        self.tree = tree
        self.dockerfile = dockerfile
        self.ignored = ignored
        self.has_random_name = has_random_name


def send(
    context: ContextSource,
    dockerfile: str,
    client: Client,
    release: BuilderRelease,
    text: bytes | None = None,
) -> UploadedContext:
    """Return the context as it is on the daemon before the first step.

    Args:
        context: the files on disk, or a tar.
        dockerfile: its path in the context. If empty, ``-``, or beginning with ``../``, it is outside the context.
        client: the client that sends it.
        release: the daemon's release.
        text: the Dockerfile, for a client that adds one from outside.

    Raises:
        BuildRefusedError: the client or the daemon refuses the context, with its message.
        DataError: the context cannot be read.
    """
    packed = context.packed(client, dockerfile, text)
    tree = unpack(packed.members, release)
    name = packed.dockerfile
    if name == DOCKERFILE and name not in tree and name.lower() in tree:
        name = name.lower()
    if not _exists(tree, name) and context.has(name):
        # The CLI considers only one folder above it to keep it, but all of them to leave it out.
        message = f"Cannot locate specified Dockerfile: {name}"
        why = (
            "it is a link to a file that does not exist" if name in tree else ".dockerignore excludes a folder above it"
        )
        raise BuildRefusedError(f"{message}; {why}", message=message, where="" if name in tree else IGNORE_FILE)
    _remove_ignored(tree, context, name, FILEUTILS if release.ignores_by_old_rules else PATTERNMATCHER)
    return UploadedContext(tree, name, packed.ignored, has_random_name=bool(packed.random) and IGNORE_FILE in tree)


def _exists(tree: Tree, dockerfile: str) -> bool:
    try:
        return tree.resolve(dockerfile) in tree
    except ForbiddenPathError:
        return False


def _remove_ignored(tree: Tree, context: ContextSource, dockerfile: str, rules: IgnoreRules) -> None:
    """Remove the files that only the daemon needed, as it does before the first step (``removeDockerfile``)."""
    try:
        node = tree.get(tree.resolve(IGNORE_FILE))
        if node is None or node.entry.kind is not EntryKind.FILE:
            return
        lines = parse_dockerignore(_content(context, node))
    except (ForbiddenPathError, BadPatternError):
        return
    for name in (IGNORE_FILE, dockerfile):
        if _is_removed(name, lines, rules):
            with suppress(ForbiddenPathError):
                tree.remove(tree.resolve(name))


def _content(context: ContextSource, node: TreeNode) -> bytes:
    return node.data if node.data is not None else b"".join(context.read(node.source, follow=node.follows_links))


def _is_removed(name: str, lines: Sequence[str], rules: IgnoreRules) -> bool:
    try:
        return Patterns(lines, rules).matches_or_parent(name)
    except BadPatternError:
        return False
