"""Times as Go's ``time.Time`` keeps them: nanoseconds, and the form of the zone.

Docker compares history times with ``reflect.DeepEqual``, which sees the zone as well as the instant:
``Z`` and ``+00:00`` are the same instant and not equal. Python's ``datetime`` has neither the
nanoseconds nor that difference, nor the year 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

__all__ = ["Timestamp"]

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_since_epoch(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar, for any year from 0 on."""
    # Counting years from March puts the leap day at the end of the year.
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return year * 365 + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719469


def _civil(days: int) -> tuple[int, int, int]:
    """The inverse of `_days_since_epoch`."""
    days += 719468
    era, day_of_era = divmod(days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = era * 400 + year_of_era + (1 if month <= 2 else 0)
    return year, month, day_of_year - (153 * shifted + 2) // 5 + 1


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An instant with nanoseconds and the zone it was written in.

    Two are equal (``==``) when Go's ``reflect.DeepEqual`` says so of the parsed values: the same instant
    *and* the same zone form. Use `before` for the order of instants.

    Attributes:
        seconds: since 1970-01-01T00:00:00Z; negative before.
        nanosecond: 0 to 999,999,999.
        offset: seconds east of UTC as written; None for ``Z``. ``-00:00`` is 0, as ``+00:00``.
    """

    seconds: int
    nanosecond: int
    offset: int | None

    @staticmethod
    @lru_cache(maxsize=1 << 16)
    def parse(text: str) -> Timestamp:
        """Read an RFC 3339 time as ``encoding/json`` reads a ``time.Time`` (Go 1.20 and later).

        Digits after the ninth of the fraction are cut off. Raises ValueError for anything else that is not
        a time: Go refuses the whole document then.
        """
        match = _RFC3339.fullmatch(text)
        if match is None:
            raise ValueError(f"not an RFC 3339 time: {text[:64]!r}")
        fraction, sign = match[7], match[8]
        year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
        last_day = _DAYS[month - 1] + (month == 2 and _is_leap(year)) if 1 <= month <= 12 else 0
        if not (1 <= day <= last_day and hour < 24 and minute < 60 and second < 60):
            raise ValueError(f"no such date or time: {text[:64]!r}")
        offset: int | None = None
        if sign is not None:
            hours, minutes = int(match[9]), int(match[10])
            if hours > 23 or minutes > 59:
                raise ValueError(f"zone offset out of range: {text[:64]!r}")
            offset = (hours * 60 + minutes) * (-60 if sign == "-" else 60)
        seconds = _days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
        nanosecond = int(fraction[:9].ljust(9, "0")) if fraction else 0
        return Timestamp(seconds - (offset or 0), nanosecond, offset)

    @property
    def instant(self) -> tuple[int, int]:
        """Seconds and nanoseconds since the epoch: what orders times."""
        return (self.seconds, self.nanosecond)

    def before(self, other: Timestamp) -> bool:
        """Whether this instant is strictly earlier (Go's ``Time.Before``); the zone does not count."""
        return self.instant < other.instant

    def __str__(self) -> str:
        """RFC 3339 with nanoseconds, trailing zeros cut, in the zone it was written in."""
        days, rest = divmod(self.seconds + (self.offset or 0), 86400)
        year, month, day = _civil(days)
        text = f"{year:04d}-{month:02d}-{day:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
        if self.nanosecond:
            text += f".{self.nanosecond:09d}".rstrip("0")
        if self.offset is None:
            return text + "Z"
        minutes = abs(self.offset) // 60
        return f"{text}{'-' if self.offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        del source, handler
        from_text = core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema(strict=True))
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_text]),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )
