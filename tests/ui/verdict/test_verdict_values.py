"""Values as text, and the part in which they differ."""

from __future__ import annotations

import pytest

from cacheview.engine import ABSENT, Check, CheckKind, CheckOutcome
from cacheview.engine.check import Key, Path
from cacheview.model import HealthConfig, HistoryEntry, Timestamp
from cacheview.ui.verdict.values import MAX_CHARACTERS, differs, field_path, full_pair, marks, row_pair

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED
DIGEST = "sha256:" + "ab" * 32


def env(ours: object, theirs: object, outcome: CheckOutcome = FAILED) -> Check:
    return Check(CheckKind.ELEMENT, outcome, ours, theirs, "Env", path=("Env", 1))


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (env("A=1", "A=2"), ('"A=1"', '"A=2"')),
        (env("A=1", ABSENT), ('"A=1"', "nothing")),
        (env("nothing", ABSENT), ('"nothing"', "nothing")),
        (Check(CheckKind.FIELD, PASSED, "", "", "User", path=("User",)), ('""', '""')),
        (Check(CheckKind.FIELD, FAILED, True, False, "Tty", path=("Tty",)), ("true", "false")),
        (Check(CheckKind.FIELD, FAILED, ("a", "b c"), None, "Cmd", path=("Cmd",)), ('["a", "b c"]', "null")),
        (
            Check(CheckKind.FIELD, NOT_COMPARED, HealthConfig(Retries=3), None, "Healthcheck", path=("Healthcheck",)),
            ('{"Retries": 3}', "null"),
        ),
        (Check(CheckKind.CREATED, PASSED, ABSENT, Timestamp(0, 5, None)), ("", "1970-01-01T00:00:00.000000005Z")),
        (Check(CheckKind.NOT_EMPTY, FAILED, ABSENT, 0), ("", "0")),
        (Check(CheckKind.PARENT, FAILED, DIGEST, ABSENT), ("abababababab", "nothing")),
        (Check(CheckKind.REFERENCE, PASSED, "app:1", DIGEST, "cache_from"), ('"app:1"', "abababababab")),
        (Check(CheckKind.SOURCE, PASSED, ABSENT, DIGEST, "cache_from"), ("nothing", "abababababab")),
    ],
)
def test_values_are_shown_on_one_line(check: Check, expected: tuple[str, str]) -> None:
    assert row_pair(check) == expected


def test_history_entries_show_their_commands() -> None:
    one, other = HistoryEntry(created_by="RUN a"), HistoryEntry(created_by="RUN b")
    assert row_pair(Check(CheckKind.ENTRY, FAILED, one, other, path=("history", 0))) == ('"RUN a"', '"RUN b"')


def test_history_entries_with_the_same_command_show_what_else_differs() -> None:
    z, zero = Timestamp.parse("2024-01-01T00:00:00Z"), Timestamp.parse("2024-01-01T00:00:00+00:00")
    check = Check(
        CheckKind.ENTRY, FAILED, HistoryEntry(created_by="RUN", created=z), HistoryEntry(created_by="RUN", created=zero)
    )
    ours, theirs = row_pair(check)
    assert ours == 'created 2024-01-01T00:00:00Z · "RUN"'
    assert [text[mark] for text, mark in zip((ours, theirs), marks(check, ours, theirs), strict=True)] == [
        "Z",
        "+00:00",
    ]


def test_a_full_list_value_has_one_line_per_element() -> None:
    ours, theirs = full_pair(Check(CheckKind.FIELD, FAILED, ("A=1", "B=2"), ("A=1",), "Env", path=("Env",)))
    assert ours.split("\n") == ["[", '  "A=1",', '  "B=2"', "]"]
    assert theirs.split("\n") == ["[", '  "A=1"', "]"]


def test_a_truncated_value_states_its_full_length() -> None:
    ours, _ = full_pair(env("x" * (MAX_CHARACTERS + 50), ""))
    assert len(ours) < MAX_CHARACTERS + 60
    assert ours.endswith(f"truncated: {MAX_CHARACTERS + 52:,} characters in total")


def test_the_part_that_differs() -> None:
    check = env("PATH=/usr/local/bin:/usr/bin", "PATH=/usr/bin")
    ours, theirs = row_pair(check)
    one, other = marks(check, ours, theirs)
    assert ours[one] == "local/bin:/usr/"
    assert theirs[other] == ""
    assert other.start == theirs.index("bin")  # the position where the probe has additional text


@pytest.mark.parametrize(
    "check",
    [
        env("A", "A", PASSED),
        Check(CheckKind.HISTORY, FAILED, 2, 5),  # the number of entries is not what failed
        env("", "", NOT_REACHED),
        env(ABSENT, ABSENT, NOT_REACHED),
    ],
)
def test_nothing_is_marked_where_no_values_differ(check: Check) -> None:
    pair = row_pair(check)
    assert [text[mark] for text, mark in zip(pair, marks(check, *pair), strict=True)] == ["", ""]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (env("a", "b"), True),
        (env("a", "b", NOT_REACHED), True),
        (env("a", "a", NOT_REACHED), False),
        (Check(CheckKind.FIELD, NOT_REACHED, None, {}, "Labels", path=("Labels",)), False),
        (Check(CheckKind.FIELD, NOT_COMPARED, "/a", "/b", "WorkingDir", path=("WorkingDir",)), True),
        (Check(CheckKind.FIELD, NOT_COMPARED, 0, None, "StopTimeout", path=("StopTimeout",)), True),
        (Check(CheckKind.NOT_SET, NOT_REACHED, True, True, "OpenStdin", path=("OpenStdin",)), True),
        (Check(CheckKind.NOT_SET, PASSED, False, False, "OpenStdin", path=("OpenStdin",)), False),
        (Check(CheckKind.FIELD, PASSED, {"b": "x"}, {"a": ""}, "Labels", path=("Labels",)), True),  # the wildcard
        (Check(CheckKind.ENTRY_COUNT, PASSED, 2, 5), False),
        (Check(CheckKind.COMMAND, NOT_REACHED, "a", "b", "Cmd"), False),
    ],
)
def test_what_is_a_difference(check: Check, expected: bool) -> None:
    assert differs(check) is expected


@pytest.mark.parametrize(
    ("kind", "path", "name", "field", "reads"),
    [
        (CheckKind.ELEMENT, ("Env", 1), "Env[1]", "Env", "Env[1]"),
        (CheckKind.ELEMENT, ("Labels", Key("a.b")), 'Labels["a.b"]', "Labels", 'Labels["a.b"]'),
        (CheckKind.ELEMENT, ("Healthcheck", "Interval"), "Healthcheck.Interval", "Healthcheck", "Healthcheck.Interval"),
        (CheckKind.LENGTH, ("Cmd",), "len(Cmd)", "Cmd", "Cmd"),
        (CheckKind.NOT_SET, ("OpenStdin",), "OpenStdin not set", "OpenStdin", "OpenStdin"),
        (CheckKind.COMMAND, (), "created_by", "Cmd", "Cmd"),
        (CheckKind.PARENT_IN_STORE, (), "parent in store", "parent", "parent"),
        (CheckKind.SOURCE, ("cache_from", 1, "sources", 3), "cache_from[1].sources[3]", "cache_from", "cache_from[1]"),
        (CheckKind.ENTRY_FIELD, ("history", 2, "created"), "history[2].created", "", ""),
        (CheckKind.PARENT_OF, ("0123456789ab",), "parent of 0123456789ab", "", ""),
    ],
)
def test_a_check_is_called_by_its_kind_and_path(kind: CheckKind, path: Path, name: str, field: str, reads: str) -> None:
    check = Check(kind, PASSED, field=field, path=path)
    assert check.name == name
    assert field_path(check) == reads


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (3, 30)])
def test_a_flag_or_number_differs_as_a_whole(ours: object, theirs: object) -> None:
    check = Check(CheckKind.FIELD, FAILED, ours, theirs, "Tty", path=("Tty",))
    pair = row_pair(check)
    assert tuple(text[mark] for text, mark in zip(pair, marks(check, *pair), strict=True)) == pair
