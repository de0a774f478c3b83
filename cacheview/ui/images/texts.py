"""The texts of images and times in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDateTime, QLocale

from cacheview.model import familiar
from cacheview.ui.images.origin import came_from
from cacheview.ui.sizes import is_size, size_text
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.model import Image, Timestamp

__all__ = ["time_text", "tip_text"]

_MAX_TIP_NAMES: Final = 12
_HALF_A_YEAR_SECONDS: Final = 183 * 86400


def time_text(time: Timestamp | None) -> str:
    """Return the local date, with the time of day if within half a year, otherwise with the year; empty for None."""
    if time is None:
        return ""
    local = QDateTime.fromSecsSinceEpoch(time.seconds)
    recent = abs(local.secsTo(QDateTime.currentDateTime())) < _HALF_A_YEAR_SECONDS
    return QLocale().toString(local, "d MMM HH:mm" if recent else "d MMM yyyy")


def tip_text(image: Image) -> str:
    """Return an image's names, id, instruction, full creation time and size for a tool tip."""
    names = [familiar(name) for name in image.names[:_MAX_TIP_NAMES]]
    if len(image.names) > _MAX_TIP_NAMES:
        names.append(f"and {counted(len(image.names) - _MAX_TIP_NAMES, 'more name')}")
    lines = [*names, image.id]
    if image.instruction:
        lines += ["", image.instruction]
    facts = list(filter(None, (came_from(image),)))
    if image.created is not None:
        facts.append(f"created {image.created}")
    if image.size is not None:
        facts.append(f"{image.size:,} bytes" if is_size(image.size) else f"size {size_text(image.size)}")
    return "\n".join([*lines, "", *facts] if facts else lines)
