"""The dock that replays builds, and the ways to open a Dockerfile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu

from cacheview.model import DataError
from cacheview.ui.actions import connect
from cacheview.ui.dock import DockController, PaneDock
from cacheview.ui.editor.opening import Editor
from cacheview.ui.names import start_folder
from cacheview.ui.plain import one_line
from cacheview.ui.replay.build import Build, build_at, remembered, save_build, saved_builds
from cacheview.ui.replay.compose import build_of_service, is_compose_file
from cacheview.ui.replay.pane import ReplayPane
from cacheview.ui.tips import set_tip

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.settings import Settings

__all__ = ["Replays", "add_recent"]

_KINDS: Final = (
    "Dockerfiles (*Dockerfile* *dockerfile* Containerfile*);;Compose files (*compose*.y*ml *compose*.json);;"
    "Contexts (*.tar *.tar.* *.tgz *.tbz2 *.txz);;All files (*)"
)


def add_recent(menu: QMenu, settings: Settings, open_build: Callable[[Build], object]) -> None:
    """Add the recently replayed Dockerfiles to a menu, without creating the dock."""
    builds = saved_builds(settings)
    if builds:
        menu.addSection("Dockerfiles")
    for build in builds:
        action = menu.addAction(one_line(build.title).replace("&", "&&"))
        set_tip(action, build.dockerfile)
        connect(action, lambda build=build: open_build(build))


class Replays(DockController[ReplayPane]):
    """Opens Dockerfiles and Compose files in the dock, with the options of their last replay."""

    def __init__(self, host: DockHost, name: str, action: QAction, settings: Settings) -> None:
        super().__init__(host, name, ReplayPane(settings.records, host.layer_access), action)
        self._settings = settings
        self._editor = Editor(settings, self)
        self._open: dict[str, Build] = {}  # by Dockerfile, with the values of arguments; kept while the window is open
        self.pane.open_requested.connect(self.choose)
        self.pane.context_requested.connect(self._choose_context)
        self.pane.build_changed.connect(self._keep)
        self.pane.image_activated.connect(self.reveal)
        self.pane.download_requested.connect(host.layer_access.allow)
        self.pane.copied.connect(self.show_copied)
        self.pane.editor_requested.connect(self._editor.open)
        self.pane.build_changed.connect(self._name_build)
        self._editor.opened.connect(host.status.show_text)
        self._editor.failed.connect(self._not_opened)

    def _make_dock(self, name: str, action: QAction) -> PaneDock:
        dock = super()._make_dock(name, action)
        dock.visibilityChanged.connect(self._name_build)
        return dock

    def open(self, path: str, file: str = "") -> None:
        """Replay a Dockerfile, or that of a context folder, with the options of its last replay."""
        try:
            build = self._build_of_compose(path) if is_compose_file(path) else build_at(path, file)
        except DataError as error:
            self.host.notice.show_text("error", f"There is nothing to replay: {error}")
            self.host.notice.show()
            return
        if build is None:
            return
        if is_compose_file(path):
            self.open_build(build)
            return
        saved = self._with_values(remembered(self._settings, build))
        self.open_build(saved.model_copy(update={"context": build.context, "inside": build.inside}) if file else saved)

    def _build_of_compose(self, path: str) -> Build | None:
        """Return the build of a service that the user chooses; None: the user canceled. Raises `DataError`."""
        from cacheview.replay.compose.service import services_with_build

        names = services_with_build(path, os.environ)
        name, is_chosen = names[0], True
        if len(names) > 1:
            shown = [one_line(each) for each in names]
            text, is_chosen = QInputDialog.getItem(self.host.frame, "Replay a service", "Service", shown, 0, False)
            name = names[shown.index(text)] if is_chosen else ""
        if not is_chosen:
            return None
        build, notes = build_of_service(path, name, os.environ)
        if notes:
            first, *others = notes
            text = f"{one_line(os.path.basename(path))}: {one_line(first)}"
            self.host.notice.show_text("note", text, [one_line(note) for note in others])
            self.host.notice.show()
        return build

    def open_build(self, build: Build) -> None:
        """Replay a build, and show the dock."""
        build = self._with_values(build)
        self._keep(build)
        if self.is_open:
            self.dock.raise_()
        else:
            self.dock.show_or_hide()
        self.pane.open(build)
        self.pane.take_focus()
        if self.host.session is None and not self.host.opener.is_busy:
            self.host.begin()

    def _name_build(self) -> None:
        build = self.pane.build
        if build is None or not self.is_open:
            self.host.show_build("", "", "")
        else:
            self.host.show_build(build.title, build.dockerfile, build.context)

    def _keep(self, build: Build) -> None:
        self._open[build.dockerfile] = build
        save_build(self._settings, build)

    def _with_values(self, build: Build) -> Build:
        """Return a saved build, with the values that its arguments had in this window."""
        opened = self._open.get(build.dockerfile)
        return opened if opened is not None and opened.without_values == build.without_values else build

    def choose(self) -> None:
        """Prompt for a Dockerfile, and replay it."""
        path, _ = QFileDialog.getOpenFileName(self.host.frame, "Replay a Dockerfile", self._folder(), _KINDS)
        if path:
            self.open(path)

    def secrets(self) -> Iterator[str]:
        """Yield the values of all build arguments in this window."""
        for build in self._open.values():
            yield from build.values

    def _choose_context(self) -> None:
        build = self.pane.build
        if build is None:
            return
        folder = QFileDialog.getExistingDirectory(self.host.frame, "Choose the build context", build.context)
        if folder:
            self.pane.change(build.model_copy(update={"context": os.path.abspath(folder)}))

    def _folder(self) -> str:
        build = self.pane.build
        return os.path.dirname(build.dockerfile) if build is not None else start_folder()

    def _not_opened(self, why: str) -> None:
        buttons = (("&Choose an editor…", self.host.commands.editor.trigger),)
        self.host.notice.show_text("error", why, (), buttons)
        self.host.notice.show()
