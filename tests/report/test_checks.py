"""Converting the values of checks to JSON."""

from __future__ import annotations

import pytest

from cacheview.engine import ABSENT, UNKNOWN
from cacheview.model import HealthConfig, HistoryEntry
from cacheview.report.checks import value_as_object


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HistoryEntry(created_by="RUN x", empty_layer=True), {"created_by": "RUN x", "empty_layer": True}),
        (HealthConfig(Test=("CMD", "x")), {"Test": ["CMD", "x"]}),
        (None, None),
        (("a", "b"), ("a", "b")),
        (False, False),
    ],
)
def test_a_value_is_written_as_json(value: object, expected: object) -> None:
    assert value_as_object("image", value) == {"image": expected}


@pytest.mark.parametrize("value", [ABSENT, UNKNOWN])
def test_a_side_without_a_value_has_no_key(value: object) -> None:
    assert value_as_object("probe", value) == {}
