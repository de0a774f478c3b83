"""Patterns of ``.dockerignore``, ``COPY`` and ``ADD``: none takes long, and only malformed ones are refused."""

from __future__ import annotations

import pytest
from fuzzing import HOSTILE, Fuzz, damaged, fuzz, refused

from cacheview.dockerfile.context.dockerignore import (
    FILEUTILS,
    PATTERNMATCHER,
    BadPatternError,
    Patterns,
    parse_dockerignore,
)
from cacheview.dockerfile.context.glob import Glob
from cacheview.model import DataError

PIECES = (
    *"*?[]^-!#\\/.(){}+|$ ab",
    "**",
    "**/",
    "/**",
    "*/",
    "[a-b]",
    "[^a]",
    "[b-a]",
    "\\*",
    "(a+)+",
    "(a|a)*",
    "a{2,9}",
    "\\d",
    "\\pL",
    "(?i)",
    "ä",
    "\udcff",
    "a" * 40,
    "*a" * 20,
    "**/" * 8,
)
PATHS = (
    "a",
    "b",
    "a/b",
    "a/a/a",
    "a" * 60,
    "a" * 30 + "!",
    "a/" * 12 + "b",
    "ä",
    "\udcff",
    ".",
    "*",
    "a b",
    "\\",
    "[",
    "x\ny",
)


def test_ignore_patterns(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        source = run.random
        lines = ["".join(source.choices(PIECES, k=source.randrange(1, 9))) for _ in range(source.randrange(1, 5))]
        if source.randrange(10) == 0:
            lines.append(source.choice(HOSTILE))
        data = "\n".join(lines).encode("utf-8", "surrogateescape")
        if source.randrange(8) == 0:
            data = damaged(data, source)
        rules = source.choice((FILEUTILS, PATTERNMATCHER))
        with run.given((data, rules)):
            try:
                patterns = Patterns(parse_dockerignore(data), rules)
                for run_of in patterns.runs:
                    for path in PATHS:
                        run_of.matches(path)
                run.read += 1
            except (BadPatternError, DataError) as error:
                refused(error)

    fuzz(request, one)


def test_sources(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        pattern = "".join(run.random.choices(PIECES, k=run.random.randrange(1, 12)))
        with run.given(pattern):
            try:
                glob = Glob(pattern)
                for path in PATHS:
                    glob.matches(path)
                run.read += 1
            except DataError as error:
                refused(error)

    fuzz(request, one)
