"""The context menu of an image, which can also copy the image as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from cacheview.wording import plural

if TYPE_CHECKING:
    from cacheview.model import Image

__all__ = ["ImageMenu"]


class ImageMenu(QObject):
    """Creates the menus of images.

    Signals:
        probe_requested(Image): load the probe of the step that created the image.
        parent_requested(Image | None): use the image as the parent; None for scratch.
        cache_from_requested(Image): use the image as a source.
        layer_requested(Image): show the files of its layer.
        details_requested(Image): show everything known about it.
        copied(str): what was put on the clipboard, in words.
    """

    probe_requested = Signal(object)
    parent_requested = Signal(object)
    cache_from_requested = Signal(object)
    layer_requested = Signal(object)
    details_requested = Signal(object)
    copied = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent

    def activate(self, image: Image | None) -> None:
        """Run the default entry of an image's menu, for Enter and double clicks; None: for scratch."""
        if image is None:
            self.parent_requested.emit(None)
        else:
            self.probe_requested.emit(image)

    def menu_for(self, image: Image | None, why_no_layers: str, *, is_removed: bool = False) -> QMenu:
        """Return a menu for one image; None: for scratch.

        Args:
            why_no_layers: the reason that layers cannot be read; empty: they can.
            is_removed: whether the store would no longer have the image, so that nothing can be built on it.
        """
        from cacheview.report.images import image_as_json, image_as_markdown, image_as_text  # not imported at the start

        menu = QMenu(self._parent)
        if image is not None:
            probe = _item(menu, "Show the builder's &probe", lambda: self.probe_requested.emit(image))
            menu.setDefaultAction(probe)
        _item(menu, "Use as pa&rent", lambda: self.parent_requested.emit(image)).setEnabled(not is_removed)
        if image is not None:
            source = _item(menu, "Add to “Cache &from”", lambda: self.cache_from_requested.emit(image))
            source.setEnabled(not is_removed)
            _item(menu, "&Details", lambda: self.details_requested.emit(image))
            layer = _item(menu, "Files in this &layer", lambda: self.layer_requested.emit(image))
            layer.setEnabled(not is_removed)
            if why_no_layers:
                layer.setText(f"{layer.text()} ({why_no_layers})")
                layer.setEnabled(False)
            menu.addSeparator()
            _item(menu, "Copy &ID", lambda: self._copy(image.id, "ID"))
            if image.names:
                what = plural(len(image.names), "name")
                _item(menu, f"Copy &{what}", lambda: self._copy("\n".join(image.names), what))
            _item(menu, "Copy &text", lambda: self._copy(image_as_text(image), "image as text"))
            _item(menu, "Copy &Markdown", lambda: self._copy(image_as_markdown(image), "image as Markdown"))
            _item(menu, "Copy &JSON", lambda: self._copy(image_as_json(image), "JSON for the image"))
        return menu

    def _copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(what)


def _item(menu: QMenu, text: str, do: Callable[[], object]) -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(do)
    return action
