"""Times as Go reads and compares them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.model import Timestamp


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.100Z", "2024-01-01T00:00:00.1Z"),
        ("2024-01-01T00:00:00.123456789999Z", "2024-01-01T00:00:00.123456789Z"),
        ("2024-01-01T00:00:00-00:00", "2024-01-01T00:00:00+00:00"),
        ("0000-02-29T23:59:59+23:59", "0000-02-29T23:59:59+23:59"),
        ("9999-12-31T23:59:59.999999999-12:00", "9999-12-31T23:59:59.999999999-12:00"),
    ],
)
def test_reading_and_writing(text: str, reported: str) -> None:
    assert str(Timestamp.parse(text)) == reported
    assert Timestamp.parse(reported) == Timestamp.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024-01-01", "2024-01-01T00:00:00", "2024-1-01T00:00:00Z", "2024-01-01t00:00:00Z"),
        *("2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00.Z", "2024-01-01T0:00:00Z", "2024-01-01T00:00:60Z"),
        *("2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-13-01T00:00:00Z"),
        *("2024-01-01T24:00:00Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60", "٢024-01-01T00:00:00Z"),
        *("2024-01-01T00:00:00z", "2024-01-01T00:00:00+0100", " 2024-01-01T00:00:00Z", "2024-01-00T00:00:00Z"),
    ],
)
def test_timestamps_refused_by_go_are_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|range"):
        Timestamp.parse(text)


def test_timestamps_are_equal_by_instant_and_zone_form() -> None:
    z, zero, minus, hour = (
        Timestamp.parse(f"2024-01-01T{text}")
        for text in ("00:00:00Z", "00:00:00+00:00", "00:00:00-00:00", "01:00:00+01:00")
    )
    assert z.instant == zero.instant == hour.instant
    assert z != zero
    assert z != hour
    assert zero == minus
    assert not z.before(hour)
    assert z.before(Timestamp.parse("2024-01-01T00:00:00.000000001Z"))


@given(st.datetimes(), st.integers(0, 999), st.none() | st.integers(-1439, 1439))
def test_timestamps_agree_with_datetime(when: datetime.datetime, nanoseconds: int, offset: int | None) -> None:
    fraction = f"{when.microsecond:06d}{nanoseconds:03d}"
    sign = "-" if offset is not None and offset < 0 else "+"
    zone = "Z" if offset is None else f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    stamp = Timestamp.parse(f"{when:%Y}".rjust(4, "0") + f"{when:-%m-%dT%H:%M:%S}.{fraction}{zone}")
    since = when.replace(microsecond=0) - datetime.datetime(1970, 1, 1) - datetime.timedelta(minutes=offset or 0)  # noqa: DTZ001
    assert stamp.instant == (since.days * 86400 + since.seconds, int(fraction))
    assert Timestamp.parse(str(stamp)) == stamp
