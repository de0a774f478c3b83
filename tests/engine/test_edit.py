"""A command for a history entry is split into words like the current command."""

from __future__ import annotations

import pytest

from cacheview.engine.edit import command_for


@pytest.mark.parametrize(
    ("text", "current", "command"),
    [
        ("make -j 4", ("make", "-j", "2"), ("make", "-j", "4")),  # as many of its words as possible
        ("make -k 4", ("make", "-j", "2"), ("make", "-k 4")),
        ("make", ("make", "-j"), ("make",)),
        ("/bin/sh -c #(nop)  USER x", ("make",), ("/bin/sh", "-c", "#(nop) ", "USER x")),
        ("/bin/sh -c make -j", (), ("/bin/sh", "-c", "make -j")),
        ("", ("make",), ()),
    ],
)
def test_a_command_keeps_the_words_that_it_shares_with_the_current_one(
    text: str, current: tuple[str, ...], command: tuple[str, ...]
) -> None:
    assert command_for(text, current) == command
    assert " ".join(command) == text
