"""``.dockerignore``: the files that the client leaves out of the context, and those that the daemon removes again.

Facts from docker/cli ``cli/command/image/build`` and ``moby/patternmatcher``. Classic builds read only the file at the
root of the context; only BuildKit reads ``<Dockerfile>.dockerignore``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import groupby

from cacheview.dockerfile.context.gopath import clean, parents
from cacheview.dockerfile.context.ignore_rules import (
    FILEUTILS,
    PATTERNMATCHER,
    BadPatternError,
    IgnorePattern,
    IgnoreRules,
    any_of,
    read_patterns,
)
from cacheview.dockerfile.context.linear import LastMatch
from cacheview.dockerfile.gotext import GO_SPACE
from cacheview.model.effort import go_on

__all__ = ["FILEUTILS", "PATTERNMATCHER", "BadPatternError", "Folder", "Patterns", "parse_dockerignore"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 64 * 1024


def parse_dockerignore(data: bytes) -> tuple[str, ...]:
    """Return the patterns of a file, cleaned: without comments, surrounding spaces and leading slashes.

    Raises:
        BadPatternError: a line is too long for Docker.
    """
    patterns = []
    for number, line in enumerate(data.split(b"\n")):
        if len(line) >= _MAX_LINE_BYTES:
            raise BadPatternError("bufio.Scanner: token too long", where=f"line {number + 1}")
        if number == 0:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if line.startswith(b"#"):
            continue
        pattern = line.decode("utf-8", "surrogateescape").strip(GO_SPACE)
        if not pattern:
            continue
        mark = "!" if pattern.startswith("!") else ""
        pattern = pattern.removeprefix("!").strip(GO_SPACE) if mark else pattern
        if pattern:
            pattern = clean(pattern)
            pattern = pattern[1:] if len(pattern) > 1 and pattern.startswith("/") else pattern
        patterns.append(mark + pattern)
    return tuple(patterns)


class _Run:
    """Consecutive patterns with the same effect: it is enough if one of them matches."""

    def __init__(self, patterns: Sequence[IgnorePattern]) -> None:
        self.exclusion = patterns[0].exclusion
        self._matches: Callable[[str], bool] | None = None
        self._patterns = patterns

    def matches(self, path: str) -> bool:
        if self._matches is None:
            self._matches = any_of(self._patterns)
        return self._matches(path)


class Folder:
    """A folder in a walk through a tree, with cached results for its entries.

    Attributes:
        path: its path; empty for the root.
        closed: whether the tar skips everything in the folder.
        checked: whether the check before the tar enters the folder.
    """

    def __init__(self, path: str, parent: Folder | None, patterns: Patterns) -> None:
        self.path = path
        self.parent = parent
        self.closed = False
        self.checked = True
        self._patterns = patterns
        self._own: dict[int, bool] = {}
        self.carried: list[bool] = []

    def is_matched(self, number: int) -> bool:
        """Return whether a run of patterns matches this folder or one above it."""
        uncached: list[Folder] = []
        folder: Folder = self
        while folder.parent is not None and number not in folder._own:
            uncached.append(folder)
            folder = folder.parent
        result = folder._own.get(number, False)
        for each in reversed(uncached):
            result = result or self._patterns.runs[number].matches(each.path)
            each._own[number] = result
        return result


class Patterns:
    """The patterns of a ``.dockerignore`` file.

    Raises:
        BadPatternError: on creation, or when a path is matched.
    """

    def __init__(self, lines: Sequence[str], rules: IgnoreRules = PATTERNMATCHER) -> None:
        self.patterns = read_patterns(lines, rules)
        self.rules = rules
        # If one is malformed, it matters which are evaluated, and in which order; then each is a separate run.
        sound = all(pattern.is_sound() for pattern in self.patterns)
        runs = groupby(self.patterns, key=lambda pattern: pattern.exclusion if sound else pattern)
        self.runs = [_Run(list(run)) for _, run in runs]
        self._last = (
            LastMatch(
                [pattern.expression() for pattern in self.patterns],
                lambda number, depth: self.patterns[number].depth == depth,
                replaces=True,
            )
            if sound and not rules.skips_patterns and not rules.compares_plain_text
            else None
        )

    def root(self) -> Folder:
        """Return the folder from which a walk starts."""
        return Folder("", None, self)

    def matches_by_one_parent(self, path: str) -> bool:
        """``Matches``, which considers only one of the folders above: the one that is as deep as the pattern."""
        path = clean(path)
        if path == ".":
            return False
        if self._last is not None:
            last = self._last.last(path)
            return last >= 0 and not self.patterns[last].exclusion
        names = path.split("/")
        left_out = False
        for pattern in self.patterns:
            if self.rules.skips_patterns and pattern.exclusion != left_out:
                continue
            depth = pattern.depth
            if pattern.matches(path) or (depth < len(names) and pattern.matches("/".join(names[:depth]))):
                left_out = not pattern.exclusion
        return left_out

    def matches_or_parent(self, path: str) -> bool:
        """``MatchesOrParentMatches``; in 20.10 there is only `matches_by_one_parent`."""
        if not self.rules.matches_all_parents:
            return self.matches_by_one_parent(path)
        path = clean(path)
        if path == ".":
            return False
        paths = [path, *parents(path)]
        left_out = False
        for pattern in self.patterns:
            if pattern.exclusion == left_out and any(map(pattern.matches, paths)):
                left_out = not pattern.exclusion
        return left_out

    def is_checked(self, path: str, folder: Folder) -> bool:
        """Return whether the client's check before the tar includes an entry of a folder.

        docker/cli: ``ValidateContextDirectory``.
        """
        go_on()  # with many patterns, even one path takes a long time
        if not folder.checked:
            return False
        if not self.rules.matches_all_parents:
            return not self.matches_by_one_parent(path)
        left_out = False
        for number, run in enumerate(self.runs):
            if run.exclusion == left_out and (run.matches(path) or folder.is_matched(number)):
                left_out = not run.exclusion
        return not left_out

    def is_sent(self, path: str, folder: Folder, inside: Folder | None) -> bool:
        """Return whether the tar contains an entry of a folder (``TarWithOptions``).

        The results for its entries are stored in `inside`.

        Unlike the check, it passes matches on from folder to folder, and a pattern that was not evaluated for the
        folder counts as not matching it.
        """
        go_on()
        if not self.rules.matches_all_parents:
            return not self.matches_by_one_parent(path)
        left_out = False
        carried = [False] * len(self.runs)
        for number, run in enumerate(self.runs):
            hit = bool(folder.carried) and folder.carried[number]
            if not hit and run.exclusion == left_out:
                hit = run.matches(path)
            carried[number] = hit
            if hit:
                left_out = not run.exclusion
        if inside is not None:
            inside.carried = carried
        return not left_out

    def may_put_back_inside(self, path: str) -> bool:
        """Return whether the client looks inside a folder that is left out."""
        inside = path + "/"
        place = bisect_left(self._put_back, inside)
        return place < len(self._put_back) and self._put_back[place].startswith(inside)

    @cached_property
    def _put_back(self) -> Sequence[str]:
        """The patterns that put back entries which others leave out, sorted."""
        return sorted(pattern.text + "/" for pattern in self.patterns if pattern.exclusion)
