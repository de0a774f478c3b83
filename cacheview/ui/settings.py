"""The settings that are saved between sessions: the layout, and what was opened last."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

from cacheview.private import make_private_folder
from cacheview.ui.names import is_live

__all__ = ["MAX_RECENT_STORES", "MAX_ZOOM", "MIN_ZOOM", "Settings"]

MAX_RECENT_STORES: Final = 10
MIN_ZOOM: Final = 70
MAX_ZOOM: Final = 250


class Settings:
    """Typed access to a settings file. A value that cannot be read or has the wrong type counts as missing.

    Only the user can read the file, since the names of stores and Dockerfiles are private. If an earlier version left a
    file that others can read, it is made private.

    Args:
        file: an ini file; None: the user's own.
        forgetful: whether to use no file and save nothing.
    """

    def __init__(self, file: Path | None = None, *, forgetful: bool = False) -> None:
        self._stored: QSettings | _Nowhere
        self._file = file
        self._forgetful = forgetful
        if forgetful:
            self._stored = _Nowhere()
        elif file is not None:
            self._stored = QSettings(str(file), QSettings.Format.IniFormat)
        else:
            self._stored = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "cacheview", "cacheview")
        self._make_private()

    @property
    def recent(self) -> list[str]:
        """The recently opened locations, newest first: files that still exist, and live stores.

        Only a connection would show whether a daemon exists.
        """
        saved = [location for location in self._texts("recent") if is_live(location) or os.path.exists(location)]
        return saved[:MAX_RECENT_STORES]

    def add_recent(self, location: str) -> None:
        """Put a file, a folder or a live store at the top of the list."""
        absolute = location if is_live(location) else os.path.abspath(location)
        others = [other for other in self._texts("recent") if other != absolute]
        self._stored.setValue("recent", [absolute, *others][:MAX_RECENT_STORES])

    def clear_recent(self) -> None:
        """Clear the opened stores and the replayed builds."""
        self._stored.remove("recent")
        self._stored.remove("replay/builds")

    @property
    def builds(self) -> list[str]:
        """The recently replayed Dockerfiles, newest first, each with its options as JSON."""
        return self._texts("replay/builds")

    @builds.setter
    def builds(self, builds: list[str]) -> None:
        self._stored.setValue("replay/builds", builds)

    @property
    def drafts(self) -> list[str]:
        """The probes that were being edited when the window was closed, each as JSON."""
        return self._texts("probe/drafts")

    @drafts.setter
    def drafts(self, drafts: list[str]) -> None:
        self._stored.setValue("probe/drafts", drafts)

    @property
    def records(self) -> Path | None:
        """The folder for the records of each context's files; None: nothing may be written."""
        if self._forgetful:
            return None
        if self._file is not None:
            return self._file.parent / "contexts"
        data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
        return Path(data) / "contexts" if data else None

    @property
    def geometry(self) -> QByteArray | None:
        """The state of `QWidget.saveGeometry`."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._stored.setValue("window/geometry", value)

    @property
    def splitter(self) -> list[int] | None:
        """The widths of the panes; None if they are not three valid numbers."""
        texts = self._texts("window/panes")
        if len(texts) != 3 or not all(text.isascii() and text.isdecimal() and len(text) < 6 for text in texts):
            return None
        widths = [int(text) for text in texts]
        return widths if sum(widths) > 0 else None

    @splitter.setter
    def splitter(self, widths: list[int]) -> None:
        self._stored.setValue("window/panes", [str(width) for width in widths])

    @property
    def hidden_columns(self) -> list[str] | None:
        """The names of hidden columns of the tree; None: never chosen."""
        if not self._stored.contains("images/hidden"):
            return None
        return self._texts("images/hidden")

    @hidden_columns.setter
    def hidden_columns(self, names: list[str]) -> None:
        self._stored.setValue("images/hidden", names)

    @property
    def intermediate(self) -> bool:
        """Whether unnamed images that others were built on are shown."""
        return self._text("images/intermediate") != "false"

    @intermediate.setter
    def intermediate(self, shown: bool) -> None:
        self._stored.setValue("images/intermediate", "true" if shown else "false")

    @property
    def scheme(self) -> str:
        """The color scheme, ``light`` or ``dark``; empty: the system's."""
        saved = self._text("window/scheme")
        return saved if saved in ("light", "dark") else ""

    @scheme.setter
    def scheme(self, scheme: str) -> None:
        self._stored.setValue("window/scheme", scheme)

    @property
    def zoom(self) -> int:
        """The text size in percent of the system's; 100 if it is not a valid number."""
        saved = self._text("window/zoom")
        percent = int(saved) if saved.isascii() and saved.isdecimal() and len(saved) < 4 else 100
        return percent if MIN_ZOOM <= percent <= MAX_ZOOM else 100

    @zoom.setter
    def zoom(self, percent: int) -> None:
        self._stored.setValue("window/zoom", str(percent))

    @property
    def docks(self) -> list[str]:
        """The names of the docks that were open when the window was closed."""
        return self._texts("window/docks")

    @docks.setter
    def docks(self, names: list[str]) -> None:
        self._stored.setValue("window/docks", names)

    @property
    def dock_places(self) -> QByteArray | None:
        """The places of the docks, as the state of `QMainWindow.saveState`."""
        return self._bytes("window/dock_places")

    @dock_places.setter
    def dock_places(self, value: QByteArray) -> None:
        self._stored.setValue("window/dock_places", value)

    @property
    def following(self) -> bool:
        """Whether the events of an engine are followed once it is open."""
        return self._text("engine/follow") == "true"

    @following.setter
    def following(self, enabled: bool) -> None:
        self._stored.setValue("engine/follow", "true" if enabled else "false")

    @property
    def editor(self) -> str:
        """The command that opens a Dockerfile at a line, see `editor.commands.command_of_template`; empty: none."""
        return self._text("editor/command")

    @editor.setter
    def editor(self, command: str) -> None:
        self._stored.setValue("editor/command", command)

    def save(self) -> None:
        """Write the file now. A failure is not reported: the next start uses the defaults."""
        self._make_private()
        self._stored.sync()

    def _make_private(self) -> None:
        """Make the file private before Qt writes, which keeps the mode of an existing file."""
        if isinstance(self._stored, _Nowhere):
            return
        path = Path(self._stored.fileName())
        # If this fails, writing the settings fails too.
        with contextlib.suppress(OSError):
            make_private_folder(path.parent)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            os.chmod(path, 0o600)
            for folder in (*((path.parent,) if self._file is None else ()), *filter(None, (self.records,))):
                if folder.is_dir():
                    os.chmod(folder, 0o700)

    def _text(self, key: str) -> str:
        value = self._stored.value(key)
        return value if isinstance(value, str) else ""

    def _texts(self, key: str) -> list[str]:
        value = self._stored.value(key)
        if isinstance(value, str):  # an ini file stores a list of one element as a string
            return [value] if value else []
        return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._stored.value(key)
        return value if isinstance(value, QByteArray) else None


class _Nowhere:
    """Keeps settings in memory only."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

    def value(self, key: str) -> object:
        return self._values.get(key)

    def setValue(self, key: str, value: object) -> None:
        self._values[key] = value

    def contains(self, key: str) -> bool:
        return key in self._values

    def remove(self, key: str) -> None:
        self._values.pop(key, None)

    def sync(self) -> None:
        """Do nothing."""
