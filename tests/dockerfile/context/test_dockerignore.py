"""``.dockerignore`` as Docker's matcher reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cacheview.dockerfile.context.dockerignore import (
    FILEUTILS,
    PATTERNMATCHER,
    BadPatternError,
    Folder,
    Patterns,
    parse_dockerignore,
)
from cacheview.dockerfile.context.glob import Glob, has_wildcards
from cacheview.dockerfile.context.linear import compile_linear

DATA = Path(__file__).parents[2] / "data" / "dockerfile" / "ignore-patterns.jsonl"
"""Patterns, a path, and four answers: Go's ``filepath.Match`` of the first pattern, ``Matches`` and
``MatchesOrParentMatches`` of moby/patternmatcher, and ``Matches`` of moby 20.10's fileutils. ``!``: an error."""


def answer(patterns: list[str], path: str, which: str) -> str:
    try:
        if which == "parents":
            return str(int(Patterns(patterns, PATTERNMATCHER).matches_or_parent(path)))
        rules = FILEUTILS if which == "old" else PATTERNMATCHER
        return str(int(Patterns(patterns, rules).matches_by_one_parent(path)))
    except BadPatternError:
        return "!"


def test_patterns_match_like_the_go_implementation() -> None:
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    assert len(rows) > 700
    for patterns, path, expected in rows:
        found = str(int(Glob(patterns[0]).matches(path)))
        found += "".join(answer(patterns, path, which) for which in ("one", "parents", "old"))
        assert found == expected, (patterns, path)


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        (b"", ()),
        (b"a\nb", ("a", "b")),
        (b"\xef\xbb\xbfa\r\n\xef\xbb\xbfb\r\n", ("a", "\ufeffb")),
        (b"# no\n #yes\n#\n", ("#yes",)),
        (b"  a b \t\n\n \n", ("a b",)),
        (b"/a/\n//b\n/\n./c/../d\n../e\n", ("a", "b", "/", "d", "../e")),
        (b"!/a/\n! b\n!\n!./\n", ("!a", "!b", "!", "!.")),
        (b"\xff/\n", ("\udcff",)),
        ("\u00a0a\u2003".encode(), ("a",)),
    ],
)
def test_lines(text: bytes, patterns: tuple[str, ...]) -> None:
    assert parse_dockerignore(text) == patterns


def test_a_line_can_be_too_long() -> None:
    assert len(parse_dockerignore(b"a" * 65_535 + b"\nb")[0]) == 65_535
    with pytest.raises(BadPatternError, match="token too long") as caught:
        parse_dockerignore(b"b\n" + b"a" * 65_536)
    assert caught.value.where == "line 2"


@pytest.mark.parametrize("pattern", ["!", "!z[", "!*[", "[a", "\\", "a[]", "[^", "[a-]", "[-a]", "\\["[:1]])
def test_malformed(pattern: str) -> None:
    with pytest.raises(BadPatternError):
        Patterns([pattern]).matches_or_parent("z")


def test_a_malformed_pattern_is_an_error_only_when_it_is_compiled() -> None:
    """Docker checks a pattern with ``.`` first, and compiles its regular expression only when it is needed."""
    assert not Patterns(["!zz*["]).matches_or_parent("zz")
    with pytest.raises(BadPatternError):
        Patterns(["zz*["]).matches_or_parent("a")


def test_a_malformed_pattern_that_is_not_needed_is_no_error() -> None:
    """Patterns with ``!`` are only checked if the path is excluded so far."""
    patterns = Patterns(["**/a", "!a*", "!b\\c"])
    root = patterns.root()
    inside = Folder("a", root, patterns)
    assert patterns.is_checked("a", root)
    assert patterns.is_sent("a", root, inside)
    assert patterns.is_checked("a/x", inside)
    assert patterns.is_sent("a/x", inside, None)
    with pytest.raises(BadPatternError):
        patterns.is_checked("x/a", Folder("x", root, patterns))


@pytest.mark.parametrize(
    ("path", "wild"),
    [("a*", True), ("a?", True), ("a[", True), ("a]", False), ("a\\*", False), ("\\a*", True), ("a\\", False)],
)
def test_wildcards(path: str, wild: bool) -> None:
    assert has_wildcards(path) is wild


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*[^x]*c", "a/c", False),  # no backtracking to an earlier star
        ("a[^b]c", "a/c", True),  # a class matches a slash
        ("*???", "😀", True),  # a star can stop inside a character
        ("?", "\udcff", True),
        ("??", "é", False),
        ("*", "a/b", False),
        ("", "", True),
        ("a*", "b", False),
    ],
)
def test_glob(pattern: str, path: str, matches: bool) -> None:
    assert Glob(pattern).matches(path) is matches


@pytest.mark.parametrize("text", ["**", "a{2}{3}", "a{1001}", "(", ")", "[z-a]", "[[:foo:]]", "\\y", "\\8", "a*+", "*"])
def test_invalid_regular_expressions_are_refused_like_in_go(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compile_linear(text, replaces=True)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a\n", False),
        ("^a{,2}$", "a{,2}", True),
        ("^\\s$", "\v", False),
        ("^[[:^alpha:]]$", "1", True),
        ("^\\x61\\x{62}\\103$", "abC", True),
        ("^\\Qa*\\E$", "a*", True),
        ("^a{2}$", "aa", True),
        ("^.$", "\n", False),
    ],
)
def test_go_regular_expressions(pattern: str, text: str, found: bool) -> None:
    assert compile_linear(pattern, replaces=True)(text) is found


def test_a_go_unicode_class_is_matched() -> None:
    patterns = Patterns(["\\pL?"], FILEUTILS)
    assert patterns.matches_or_parent("éx")
    assert not patterns.matches_or_parent("1x")


def test_an_escape_that_go_does_not_have_is_a_bad_pattern() -> None:
    with pytest.raises(BadPatternError):
        Patterns(["\\C*"], FILEUTILS).matches_or_parent("ab")
