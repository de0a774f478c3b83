"""The causes that many file changes have in common, and what to do about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import permutations
from typing import Final, TypeVar

from cacheview.dockerfile.context.clients import Client
from cacheview.layers.changes import Aspect, ChangeMark, FileChange, FileState
from cacheview.wording import counted, plural

__all__ = ["FileCause", "FileCauseKind", "HeaderSender", "causes_of", "unexplained"]


class FileCauseKind(Enum):
    """The kind of a cause that many file changes have in common."""

    CLIENT = "client"
    FOLDERS = "folder entries"
    LINE_ENDS = "line ends"
    OWNER = "owner"
    UMASK = "umask"
    MODE = "mode"
    NOT_IGNORED = "not ignored"


@dataclass(frozen=True, slots=True)
class FileCause:
    """One cause that the changes of some files have in common.

    Attributes:
        kind: its kind.
        paths: the files, sorted.
        phrase: a phrase to follow the files: ``line endings changed from LF to CRLF``.
        advice: what to do about it, in sentences; empty if nothing can be done.
        aspects: the aspects of each file that it explains; empty: all.
    """

    kind: FileCauseKind
    paths: tuple[str, ...]
    phrase: str
    advice: str = ""
    aspects: tuple[Aspect, ...] = ()

    @property
    def subject(self) -> str:
        """The files, in words."""
        return self.paths[0] if len(self.paths) == 1 else counted(len(self.paths), "file")


@dataclass(frozen=True, slots=True)
class HeaderSender:
    """The clients whose headers match the files of an image, if the assumed client's do not.

    Attributes:
        clients: the clients that send such headers.
        paths: the files that match if one of these clients sends them.
    """

    clients: tuple[Client, ...]
    paths: frozenset[str]


_AUTOCRLF: Final = (
    "Check out the files with the same line endings: set core.autocrlf in the Git configuration, or add "
    "`* text=auto eol=lf` to .gitattributes."
)
_Key = TypeVar("_Key")
_MIN_FILES: Final = 2  # the fewest files that share a mode or an owner and count as one cause
_UMASKS: Final = (0o022, 0o002, 0o027, 0o077)
_MODE_CLASSES: Final = {0o700: ("owner", "u"), 0o070: ("group", "g"), 0o007: ("others", "o")}
_MODE_PERMISSIONS: Final = {0o444: ("read", "r"), 0o222: ("write", "w"), 0o111: ("execute", "x")}
_TOOL_NAMES: Final = frozenset(
    (
        *(".git", ".hg", ".svn", ".idea", ".vscode", ".DS_Store", "Thumbs.db"),
        *("node_modules", ".gradle", ".terraform", ".next", ".cache"),
        *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".venv", ".hypothesis", ".coverage"),
    )
)
"""Names of files and folders that programs create among the sources."""
_LEFTOVER_SUFFIXES: Final = (".pyc", ".pyo", ".swp", ".swo", "~")
"""Endings of files that editors and interpreters leave behind."""


def causes_of(
    changes: Sequence[FileChange],
    *,
    sender: HeaderSender | None = None,
    client: Client | None = None,
    line_ends: Mapping[str, str] | None = None,
    without_entry: Mapping[str, bool] | None = None,
    source_names: Collection[str] = (),
    is_of_image: bool = False,
) -> tuple[FileCause, ...]:
    """Return the common causes of the changes.

    Args:
        changes: the changes, sorted by path.
        sender: the clients whose headers explain some of the changes.
        client: the assumed client.
        line_ends: by path, how line endings changed, for files that differ only in these.
        without_entry: folders that lack their own entry in one tar, by path: True: in the old one, False: in the new.
        source_names: names that the instruction itself contains. These are not suggested for ``.dockerignore``.
        is_of_image: whether the files are copied from an image, so that a remedy is not known.
    """
    if is_of_image:
        causes = (*_of_line_ends(line_ends or {}), *_of_owners(changes), *_of_modes(changes))
        return tuple(replace(cause, advice="") for cause in causes)
    results = [*_of_client(sender, client), *_of_folders(without_entry or {}), *_of_line_ends(line_ends or {})]
    explained = {path for cause in results for path in cause.paths}
    left = [change for change in changes if change.differs and change.path not in explained]
    by_tools = list(_of_tools(left, source_names))
    explained.update(path for cause in by_tools for path in cause.paths)
    left = [change for change in left if change.path not in explained]
    return (*results, *_of_owners(left), *_of_modes(left), *by_tools)


def unexplained(
    changes: Iterable[FileChange], causes: Iterable[FileCause], *, minor: Aspect | None = None
) -> Iterator[FileChange]:
    """Yield the files with differences that the causes do not explain.

    ``minor``: an aspect that needs no explanation if another aspect of the file differs; None: every aspect needs one.
    """
    also = frozenset(() if minor is None else (minor,))
    by_path: dict[str, frozenset[Aspect] | None] = {}
    nothing: frozenset[Aspect] = frozenset()
    for cause in causes:
        aspects = frozenset((*cause.aspects, *also)) if cause.aspects else frozenset()
        for path in cause.paths:
            before = by_path.get(path, nothing)
            by_path[path] = None if not aspects or before is None else before | aspects if before else aspects
    for change in changes:
        if not change.differs:
            continue
        explained = by_path.get(change.path, nothing)
        is_bare = not change.aspects or change.aspects == (minor,)
        if explained is not None and (is_bare or not explained.issuperset(change.aspects)):
            yield change


def _of_client(sender: HeaderSender | None, client: Client | None) -> Iterator[FileCause]:
    if sender is None or client is None or not sender.paths:
        return
    others = " or ".join(other.title for other in sender.clients)
    names = " or ".join(f"--client {other.name}" for other in sender.clients)
    phrase = f"sent by a different client ({others}), whose headers differ from those of {client.title}"
    advice = f"Build with the same client, or replay with {names}."
    yield FileCause(FileCauseKind.CLIENT, tuple(sorted(sender.paths)), phrase, advice)


def _of_folders(without_entry: Mapping[str, bool]) -> Iterator[FileCause]:
    for missing_before in (True, False):
        paths = tuple(sorted(path for path, before in without_entry.items() if before is missing_before))
        if paths:
            when = "previously sent" if missing_before else "now sends"
            phrase = f"the client {when} the files without entries for their folders"
            yield FileCause(FileCauseKind.FOLDERS, paths, phrase, "Build with the same client.")


def _of_line_ends(line_ends: Mapping[str, str]) -> Iterator[FileCause]:
    for phrase in sorted(set(line_ends.values())):
        paths = tuple(sorted(path for path, each in line_ends.items() if each == phrase))
        yield FileCause(FileCauseKind.LINE_ENDS, paths, phrase, _AUTOCRLF)


def _of_owners(changes: Iterable[FileChange]) -> Iterator[FileCause]:
    for (before, now), paths in _grouped(changes, Aspect.OWNER, lambda old, new: (old.owner, new.owner)):
        advice = "Build as the same user, or with the Docker CLI, which does not send owners."
        yield FileCause(FileCauseKind.OWNER, paths, f"owner {now}, was {before}", advice, (Aspect.OWNER,))


def _of_modes(changes: Sequence[FileChange]) -> Iterator[FileCause]:
    left = [change for change in changes if Aspect.MODE in change.aspects]
    while left:
        pairs = list(map(_modes, left))
        (now, before), fitting = _best_umasks(Counter(pairs))
        group = [change for change, pair in zip(left, pairs, strict=True) if pair in fitting]
        if len(group) < _MIN_FILES:
            break
        set_, cleared = _bits(fitting)
        phrase = f"{_named(set_, cleared)}, umask {now:03o}, was {before:03o}"
        paths = tuple(change.path for change in group)
        advice = f"Check out the files with umask {before:03o}, or {_chmod(set_, cleared)}."
        yield FileCause(FileCauseKind.UMASK, paths, phrase, advice, (Aspect.MODE,))
        left = [change for change, pair in zip(left, pairs, strict=True) if pair not in fitting]
    for (set_, cleared), paths in _grouped(left, Aspect.MODE, lambda old, new: _flips(old.mode, new.mode)):
        advice = f"{_chmod(set_, cleared)[:1].upper()}{_chmod(set_, cleared)[1:]}"
        if not (set_ | cleared) & ~0o111:
            advice += ", and check core.fileMode in the Git configuration"
        yield FileCause(FileCauseKind.MODE, paths, _named(set_, cleared), f"{advice}.", (Aspect.MODE,))


def _modes(change: FileChange) -> tuple[int, int]:
    before, now = change.before, change.now
    assert before is not None
    assert now is not None
    return before.mode, now.mode


def _best_umasks(count: Mapping[tuple[int, int], int]) -> tuple[tuple[int, int], set[tuple[int, int]]]:
    """Return the two umasks, now and before, that explain the modes of the most files, and these modes.

    ``count``: the number of files by their modes. There are few modes, however many files there are.
    """
    fitting = {
        (now, before): {modes for modes in count if _fits(*modes, now, before)}
        for now, before in permutations(_UMASKS, 2)
    }
    best = max(fitting, key=lambda umasks: sum(count[modes] for modes in fitting[umasks]))
    return best, fitting[best]


def _fits(old: int, new: int, now: int, before: int) -> bool:
    """Whether two umasks explain two modes."""
    both = 0o777 if (old | new) & 0o100 else 0o666
    return not (old & before or new & now) and old ^ new == (now ^ before) & both


def _grouped(
    changes: Iterable[FileChange], aspect: Aspect, key: Callable[[FileState, FileState], _Key]
) -> Iterator[tuple[_Key, tuple[str, ...]]]:
    """Yield the paths of equal changes in one aspect, if there are several."""
    groups: dict[_Key, list[str]] = defaultdict(list)
    for change in changes:
        if aspect in change.aspects and change.before is not None and change.now is not None:
            groups[key(change.before, change.now)].append(change.path)
    yield from ((alike, tuple(paths)) for alike, paths in groups.items() if len(paths) >= _MIN_FILES)


def _flips(before: int, now: int) -> tuple[int, int]:
    """Return the bits that were set, and those that were cleared."""
    return now & ~before, before & ~now


def _bits(modes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    set_ = cleared = 0
    for before, now in modes:
        flips = _flips(before, now)
        set_, cleared = set_ | flips[0], cleared | flips[1]
    return set_, cleared


def _named(set_: int, cleared: int) -> str:
    words = [f"{_bit_words(bits)} {word}" for bits, word in ((set_, "set"), (cleared, "cleared")) if bits]
    return " and ".join(words)


def _bit_words(bits: int) -> str:
    if bits & ~0o777 or bits in (0o777, 0o666):
        return f"mode bits {bits:03o}"
    if bits == 0o111:
        return "execute bits"
    phrases = [
        f"{who} {what}"
        for part, (who, _) in _MODE_CLASSES.items()
        for bit, (what, _) in _MODE_PERMISSIONS.items()
        if bits & part & bit
    ]
    return f"{', '.join(phrases)} {plural(len(phrases), 'bit')}"


def _chmod(set_: int, cleared: int) -> str:
    """Return the advice that undoes the changes, usually a command."""
    parts = []
    for bits, sign in ((set_, "-"), (cleared, "+")):
        for part, (_, letter) in _MODE_CLASSES.items():
            letters = "".join(one for bit, (_, one) in _MODE_PERMISSIONS.items() if bits & part & bit)
            if letters:
                parts.append(f"{letter}{sign}{letters if sign == '-' else letters.replace('x', 'X')}")
    return f"run `chmod -R {','.join(parts)}`" if parts else "restore the modes"


def _of_tools(changes: Iterable[FileChange], source_names: Collection[str]) -> Iterator[FileCause]:
    """Yield the causes for files that a program created among the sources."""
    groups: dict[str, list[FileChange]] = defaultdict(list)
    for change in changes:
        pattern = _tool_pattern(change.path, source_names)
        if pattern:
            groups[pattern].append(change)
    for pattern, members in sorted(groups.items()):
        paths = tuple(change.path for change in members)
        name = pattern.removeprefix("**/")
        is_folder = any(f"{name}/" in change.path or _is_folder(change) for change in members)
        shown = f"`{name}{'/' if is_folder else ''}`"
        if all(change.mark is ChangeMark.REMOVED for change in members):
            yield FileCause(
                FileCauseKind.NOT_IGNORED, paths, f"{shown} was sent for the other build, but not for this one"
            )
        else:
            also = "also sent, because " if all(change.mark is ChangeMark.ADDED for change in members) else ""
            advice = f"Add the line `{pattern}` to .dockerignore."
            yield FileCause(FileCauseKind.NOT_IGNORED, paths, f"{also}{shown} is not ignored", advice)


def _is_folder(change: FileChange) -> bool:
    state = change.now or change.before
    return state is not None and state.is_folder


def _tool_pattern(path: str, source_names: Collection[str]) -> str:
    """Return the line of ``.dockerignore`` that excludes a generated path; empty if no known program created it.

    ``source_names``: names that the instruction itself contains.
    """
    parts = path.split("/")
    for place, name in enumerate(parts) if not _TOOL_NAMES.isdisjoint(parts) else ():
        if name in _TOOL_NAMES and name not in source_names:
            return f"**/{name}" if place else name
    name = parts[-1]
    if name.endswith(_LEFTOVER_SUFFIXES) and name not in _LEFTOVER_SUFFIXES and name not in source_names:
        return "**/*~" if name.endswith("~") else f"**/*.{name.rpartition('.')[2]}"
    return ""
