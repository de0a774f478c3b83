"""Turning phrases into sentences."""

from __future__ import annotations

import pytest

from cacheview.wording import sentence


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("the store is empty", "The store is empty."),
        (" is it? ", "Is it?"),
        ("cacheview cannot read it", "cacheview cannot read it."),
        ("containerd's socket is closed", "containerd's socket is closed."),
        ("containers are unknown", "Containers are unknown."),
        ("", ""),
    ],
)
def test_a_sentence_has_a_capital_and_a_period_but_names_in_lower_case_stay(phrase: str, expected: str) -> None:
    assert sentence(phrase) == expected
