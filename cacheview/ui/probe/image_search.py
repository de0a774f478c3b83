"""Finds an image among many by a part of its name, id or instruction, and draws the results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from cacheview.model import Image, ImageStore, familiar
from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import GRID, current_tokens, mono_font

__all__ = ["ImageDelegate", "ImageIndex", "ImageListModel"]

IMAGE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The `Image` of a row; None for scratch."""

_Index = QModelIndex | QPersistentModelIndex
_ICON_SIZE: Final = 16


class ImageIndex:
    """A search index of a store's images. It is cheap to create: texts are collected for the first search."""

    def __init__(self, store: ImageStore) -> None:
        self.store = store

    @cached_property
    def _texts(self) -> Sequence[tuple[str, str]]:
        """For each image, its names and all of its searchable text, in lower case."""
        texts = []
        for image in self.store.images:
            names = " ".join(familiar(name) for name in image.names).lower()
            texts.append((names, f"{names} {image.id} {image.instruction}".lower()))
        return texts

    @cached_property
    def _listed(self) -> Sequence[Image]:
        named = sorted((image for image in self.store.images if image.names), key=lambda image: image.title.lower())
        unnamed = (image for image in self.store.images if not image.names)
        return (*named, *sorted(unnamed, key=_instant, reverse=True))

    def search(self, text: str) -> list[Image]:
        """Return the images that contain every word of the text, in store order, but those with a word in a name first.

        Without any words, it returns all images: first those with a name, sorted by it, then the others, newest first.
        """
        words = text.lower().split()
        if not words:
            return list(self._listed)
        texts = self._texts
        results = [row for row, (_, everything) in enumerate(texts) if words[0] in everything]
        for word in words[1:]:
            results = [row for row in results if word in texts[row][1]]
        named = {row for word in words for row in results if word in texts[row][0]}
        images = self.store.images
        return [images[row] for row in sorted(named)] + [images[row] for row in results if row not in named]


def _instant(image: Image) -> tuple[int, int]:
    return image.created.instant if image.created is not None else (-(1 << 62), 0)


class ImageListModel(QAbstractListModel):
    """The results of a search, with scratch before all images if it can be chosen.

    If there are more than ``limit``, a last row, which cannot be chosen, shows how many more there are.
    """

    def __init__(self, parent: QObject | None = None, *, scratch: bool = False, limit: int | None = None) -> None:
        super().__init__(parent)
        self._limit = limit
        self._more = 0
        self._with_scratch = scratch
        self._index = ImageIndex(ImageStore(()))
        self._rows: list[Image | None] = []

    def set_index(self, index: ImageIndex) -> None:
        """Search the images of another store."""
        self.beginResetModel()
        self._index = index
        self._rows, self._more = [], 0
        self.endResetModel()

    def search(self, text: str) -> int:
        """Show the results for a text. Returns their number, including those that are not shown."""
        results: list[Image | None] = list(self._index.search(text))
        if self._with_scratch and text.strip().lower() in "scratch":
            results.insert(0, None)
        self.beginResetModel()
        self._rows = results[: self._limit]
        self._more = len(results) - len(self._rows)
        self.endResetModel()
        return len(results)

    def row_of(self, image_id: str) -> int | None:
        """Return the row of an image, or of scratch for the empty id; None: it is not listed."""
        ids = (image.id if image is not None else "" for image in self._rows)
        return next((row for row, each in enumerate(ids) if each == image_id), None)

    def image(self, row: int) -> Image | None:
        """Return the image of a row; None: scratch."""
        return self._rows[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows) + (self._more > 0)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.NoItemFlags if index.row() >= len(self._rows) else super().flags(index)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        if index.row() == len(self._rows):
            text_roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.AccessibleTextRole)
            return f"{self._more:,} more: keep typing to narrow the list" if role in text_roles else None
        image = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return image.title if image else "scratch"
        if role == IMAGE_ROLE:
            return image
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return one_line(f"{image.title}, {image.instruction}, {image.short_id}") if image else "scratch"
        if role == Qt.ItemDataRole.ToolTipRole and image:
            return tool_tip("\n".join((*image.names, image.id, image.instruction)))
        return None


class ImageDelegate(QStyledItemDelegate):
    """Draws one line for each image: icon, name, instruction and short id."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del index
        return QSize(0, max(_ICON_SIZE, option.fontMetrics.height()) + 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = current_tokens()
        image = index.data(IMAGE_ROLE)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(option.rect, QColor(tokens.selection if current else tokens.surface))
        inner: QRect = option.rect.adjusted(2 * GRID, 0, -2 * GRID, 0)
        if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self._text(painter, inner, str(index.data()), tokens.text_faint)
            painter.restore()
            return
        name = "scratch" if image is None else "image" if image.names else "image-unnamed"
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(
            inner.x(), inner.center().y() - _ICON_SIZE // 2 + 1, pixmap(name, "text_muted", _ICON_SIZE, ratio)
        )
        inner.setLeft(inner.x() + _ICON_SIZE + 2 * GRID)
        if image is None:
            self._text(painter, inner, "scratch", tokens.text)
        else:
            mono = mono_font()
            painter.setFont(mono)
            width = QFontMetrics(mono).horizontalAdvance(image.short_id) + GRID // 2  # advances are rounded
            right = inner.adjusted(max(0, inner.width() - width), 0, 0, 0)
            self._text(painter, right, image.short_id, tokens.text_faint)
            inner.setRight(right.x() - 3 * GRID)
            painter.setFont(option.font)
            if image.names:
                used = self._text(painter, inner, one_line(image.title), tokens.text)
                inner.setLeft(inner.x() + used + 2 * GRID)
            self._text(painter, inner, one_line(image.instruction), tokens.text_muted)
        painter.restore()

    @staticmethod
    def _text(painter: QPainter, rect: QRect, text: str, color: str) -> int:
        """Draw text on one line, with an ellipsis if it is too long. Returns its width."""
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, rect.width()))
        painter.setPen(QColor(color))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
        return metrics.horizontalAdvance(shown)
