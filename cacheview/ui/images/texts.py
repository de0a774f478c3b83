"""How an image, a time and a size are written in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDateTime, QLocale

from cacheview.model import familiar
from cacheview.ui.images.origin import came_from

if TYPE_CHECKING:
    from cacheview.model import Image, Timestamp

__all__ = ["search_text", "size_text", "time_text", "tip_text"]

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB")
_TIP_NAMES: Final = 12
_HALF_A_YEAR: Final = 183 * 86400  # seconds
_INT64: Final = 1 << 63  # a size is a signed 64-bit number in every store of Docker


def time_text(time: Timestamp | None) -> str:
    """Local date, with the time of day in the last half year and with the year before; empty for none."""
    if time is None:
        return ""
    local = QDateTime.fromSecsSinceEpoch(time.seconds)
    recent = abs(local.secsTo(QDateTime.currentDateTime())) < _HALF_A_YEAR
    return QLocale().toString(local, "d MMM HH:mm" if recent else "d MMM yyyy")


def size_text(size: int | None) -> str:
    """In units of 1000, as Docker writes sizes; empty where it is not known, "too large" beyond Docker's numbers."""
    if size is None:
        return ""
    if not -_INT64 <= size < _INT64:
        return "too large"
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in _UNITS:
        value /= 1000
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"
    raise AssertionError


def search_text(image: Image) -> str:
    """All that an image is found by, in lower case."""
    return "\n".join((*image.names, image.id, image.instruction)).lower()


def tip_text(image: Image) -> str:
    """Names, id, instruction, whole time and size, for a tool tip."""
    names = [familiar(name) for name in image.names[:_TIP_NAMES]]
    if len(image.names) > _TIP_NAMES:
        names.append(f"and {len(image.names) - _TIP_NAMES} more names")
    lines = [*names, image.id]
    if image.instruction:
        lines += ["", image.instruction]
    facts = list(filter(None, (came_from(image),)))
    if image.created is not None:
        facts.append(f"created {image.created}")
    if image.size is not None:
        is_known = -_INT64 <= image.size < _INT64
        facts.append(f"{image.size:,} bytes" if is_known else f"size {size_text(image.size)}")
    return "\n".join([*lines, "", *facts] if facts else lines)
