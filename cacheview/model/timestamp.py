"""Times as in Go's ``time.Time``: with nanoseconds and the form of the zone.

Docker compares history times with ``reflect.DeepEqual``, which compares not only the instant but also the zone:
``Z`` and ``+00:00`` are the same instant, but not equal. Python's ``datetime`` has no nanoseconds, no such
distinction and no year 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

__all__ = ["Timestamp"]

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_OF_400_YEARS = 146097  # after which the calendar repeats; Python's has no year 0


def _civil(days: int) -> tuple[int, int, int]:
    """Return the date that is this many days after 1970-01-01 in the proleptic Gregorian calendar, from year 0 on."""
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

    Two are equal (``==``) if Go's ``reflect.DeepEqual`` of the parsed values is true: the same instant *and* the same
    zone form. Use `before` for the order of instants.

    Attributes:
        seconds: since 1970-01-01T00:00:00Z; negative before.
        nanosecond: 0 to 999,999,999.
        offset: seconds east of UTC as written; None for ``Z``. ``-00:00`` is 0, like ``+00:00``.
    """

    seconds: int
    nanosecond: int
    offset: int | None

    @staticmethod
    @lru_cache(maxsize=1 << 14)  # images share the times of the images below them, which may be read much earlier
    def parse(text: str) -> Timestamp:
        """Parse an RFC 3339 time as ``encoding/json`` reads a ``time.Time`` (Go 1.20 and later).

        Fraction digits after the ninth are cut off. Raises ValueError for anything else that is not a time; Go
        then rejects the whole document.
        """
        match = _RFC3339.fullmatch(text)
        if match is None:
            raise ValueError(f"not an RFC 3339 time: {text[:64]!r}")
        local, fraction, sign, zone_hours, zone_minutes = match.groups()
        before_1 = local.startswith("0000")
        try:
            if local[11:13] == "24":  # newer versions of Python accept midnight at the end of a day
                raise ValueError
            time = datetime.fromisoformat(f"0400{local[4:]}" if before_1 else local)
        except ValueError:
            raise ValueError(f"no such date or time: {text[:64]!r}") from None
        days = time.toordinal() - _EPOCH - (_DAYS_OF_400_YEARS if before_1 else 0)
        offset: int | None = None
        if sign is not None:
            hours, minutes = int(zone_hours), int(zone_minutes)
            if hours > 23 or minutes > 59:
                raise ValueError(f"zone offset out of range: {text[:64]!r}")
            offset = (hours * 60 + minutes) * (-60 if sign == "-" else 60)
        seconds = days * 86400 + time.hour * 3600 + time.minute * 60 + time.second
        nanosecond = int(fraction[:9].ljust(9, "0")) if fraction else 0
        return Timestamp(seconds - (offset or 0), nanosecond, offset)

    @property
    def instant(self) -> tuple[int, int]:
        """Seconds and nanoseconds since the epoch, which order times."""
        return (self.seconds, self.nanosecond)

    def before(self, other: Timestamp) -> bool:
        """Return whether this instant is strictly earlier (Go's ``Time.Before``). The zone does not matter."""
        return self.instant < other.instant

    def __str__(self) -> str:
        """Return RFC 3339 with nanoseconds, without trailing zeros, in the zone it was written in."""
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
