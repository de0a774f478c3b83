"""The mode in which the window shows a store with supposed changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu

from cacheview.model import NO_CONTAINERS, Release
from cacheview.model.effort import paced
from cacheview.stores.change import with_removed
from cacheview.ui.actions import connect
from cacheview.ui.answering import make_ready
from cacheview.ui.images.tree import forest
from cacheview.ui.loading import Loader, Report, Work
from cacheview.ui.names import start_folder
from cacheview.ui.plain import one_line
from cacheview.ui.supposed_store import ListedImages
from cacheview.ui.work_line import WorkLine
from cacheview.whatif.apply import CONTAINERS_NOT_READ, ChangedStore, apply, unchanged
from cacheview.whatif.words import NOTHING_CHANGED, applied_lines, change_title, effect_sentence

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import ImageCache
    from cacheview.model import Image, ImageStore
    from cacheview.stores.change import StoreChanges
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.images.view import TreePlace
    from cacheview.ui.notice import Notice
    from cacheview.ui.session import Session

__all__ = ["WhatIf"]

_ARCHIVES: Final = "Images (*.tar *.tar.* *.tgz *.tbz2 *.txz);;All files (*)"
_MAX_NAME_CHARACTERS: Final = 40  # of a name in a menu
_FINAL_STEPS: Final = 2  # after the changes: the store that is shown is prepared, and compared with the actual one


class WhatIf(QObject):
    """Applies changes to the session's store, one after another, and reverts them.

    An engine's containers are listed only once per mode, and only if a change depends on them.

    Args:
        line: the notice line for the mode.
    """

    def __init__(self, host: DockHost, line: Notice) -> None:
        super().__init__(host.frame)
        self._host = host
        self._line = line
        # The actual store, and the user's place in its tree.
        self._left: tuple[ImageStore, TreePlace | None] | None = None
        self._session: Session | None = None
        self._words: tuple[str, tuple[str, ...]] = ("", ())  # the text that describes the changes, and its details
        self._changes: tuple[str, ...] = ()  # the supposed changes, as on the command line
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._show)
        self._loader.failed.connect(self._fail)
        WorkLine(self._loader, host.add_line, "What if: applying the change…")

    # The menu

    def fill(self, menu: QMenu) -> None:
        """Fill the menu with the possible changes to the current store, and to the selected image."""
        menu.clear()
        for word, text in (
            ("prune", "docker image prune had run"),
            ("prune-all", "docker image prune -&a had run"),
            ("system-prune", "docker &system prune had run"),
            ("system-prune-all", "docker system prune -a had r&un"),
        ):
            self._add(menu, f"…{text}", partial(self._named, word))
        menu.addSeparator()
        image = self._selected()
        name = _menu_text(image) if image is not None else "the selected image"
        reference = _reference(image) if image is not None else ""
        for text, word in (
            (f"…docker &rmi {name} had run", "remove"),
            (f"…{name} had been sa&ved and loaded into an empty store", "save-load"),
        ):
            self._add(menu, text, partial(self._named, f"{word}:{reference}"), enabled=image is not None)
        self._add(menu, "…all &tags had been saved and loaded into an empty store", partial(self._named, "save-load"))
        menu.addSeparator()
        self._add(menu, "…an archive had been &loaded…", self._choose_archive)
        self._add(menu, "…another store's tags had been &pulled…", self._choose_store)
        self._add(menu, "…the &engine had been upgraded…", self._choose_release)
        menu.addSeparator()
        menu.addAction(self._host.commands.leave_what_if)

    def _selected(self) -> Image | None:
        """Return the selected image; None: there is none, or the changed store no longer has it."""
        session, workspace = self._host.session, self._host.workspace
        image = workspace.images.selected() if workspace is not None else None
        is_there = image is not None and session is not None and image.id in session.store.by_id
        return image if is_there else None

    def _add(self, menu: QMenu, text: str, do: Callable[[], object], *, enabled: bool = True) -> None:
        action = menu.addAction(text)
        action.setEnabled(enabled)
        connect(action, do)

    def _choose_archive(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self._host.frame, "What if an archive had been loaded", start_folder(), _ARCHIVES
        )
        if path:
            self._named(f"load:{path}")

    def _choose_store(self) -> None:
        from cacheview.ui.stores.by_name import ByNameDialog

        dialog = ByNameDialog("", self._host.frame)
        dialog.setWindowTitle("What if another store's tags had been pulled")
        dialog.chosen.connect(lambda location: self._named(f"pull:{location}"))
        dialog.open()

    def _choose_release(self) -> None:
        prompt = (
            "Enter a release, such as 26.1.5. To also change the kind of store, specify it, as in “29.x, containerd”."
        )
        text, is_chosen = QInputDialog.getText(self._host.frame, "What if the engine had been upgraded", prompt)
        if is_chosen and text.strip():
            self._named(f"upgrade:{text.strip()}")

    # The mode

    def suppose(self, *changes: str) -> None:
        """Suppose changes, written as on the command line, in addition to those already supposed."""
        session = self._host.session
        if session is not None:
            self._connect_session(session)
            supposed = session.supposed
            self._changes = (*(self._changes if supposed is not None else ()), *changes)
            start = supposed or unchanged(session.store, session.daemon, CONTAINERS_NOT_READ)
            self._loader.start(_applying(start, changes))

    def without_containers(self) -> None:
        """Suppose the same changes, but that there are no containers."""
        supposed = self._session.supposed if self._session is not None else None
        if supposed is not None:
            start = unchanged(supposed.before, supposed.own, NO_CONTAINERS)
            self._loader.start(_applying(start, self._changes))

    def _named(self, change: str) -> None:
        self.suppose(change)

    def leave(self) -> None:
        """Show the actual store again, at the user's place in it."""
        self._loader.cancel()
        if self._session is not None:
            self._session.end_supposing()

    def _connect_session(self, session: Session) -> None:
        if self._session is None:
            session.supposed_changed.connect(self._show_mode)
            session.store_changed.connect(self._show_left)
            self._session = session

    def _show(self, result: _Applied) -> None:
        changed = result.changed
        session, workspace = self._host.session, self._host.workspace
        if session is None or workspace is None:
            return
        if changed.before is not self._before(session):  # another store was opened in the meantime
            session.discard(changed, result.cache, result.change, result.listed)
            return
        if session.supposed is None:
            self._left = (session.store, workspace.images.place)
        self._words = result.text, result.details
        session.suppose(changed, result.cache, result.change, result.listed)

    @staticmethod
    def _before(session: Session) -> object:
        return session.supposed.before if session.supposed is not None else session.store

    def _fail(self, error: Exception) -> None:
        self._host.notice.show_text("error", f"What if: {one_line(str(error))}")
        self._host.notice.show()

    def _show_mode(self) -> None:
        """Show whether the window is in the mode, and the changes."""
        supposed = self._session.supposed if self._session is not None else None
        self._host.commands.leave_what_if.setEnabled(supposed is not None)
        self._line.setVisible(supposed is not None)
        if supposed is None:
            if self._left is not None and self._host.workspace is not None:
                self._host.workspace.images.return_to(self._left[1])
            return
        text, details = self._words
        is_unknown = supposed.containers.listed is None and supposed.containers is not CONTAINERS_NOT_READ
        assume = (("Assume &no containers", self.without_containers),) if is_unknown else ()
        self._line.show_text("mode", text, details, (*assume, ("&Leave (Esc)", self.leave)))

    def _show_left(self) -> None:
        """Report that the mode has ended, if the actual store is shown again."""
        session, left = self._session, self._left
        if session is None or session.supposed is not None or left is None:
            return
        self._left = None
        if session.store is left[0]:
            self._host.status.show_text("“What if” is off: the actual store is shown")


@dataclass(frozen=True)
class _Applied:
    """A changed store with its cache, its differences, the images to list, and a description, all from the thread."""

    changed: ChangedStore
    cache: ImageCache
    change: StoreChanges
    listed: ListedImages
    text: str
    details: tuple[str, ...]


def _applying(start: ChangedStore, changes: tuple[str, ...]) -> Work:
    """Return work whose result is `_Applied`. It raises `DataError` if the changes are not possible."""

    def work(report: Report) -> _Applied:
        from cacheview.engine import ImageCache
        from cacheview.stores.change import changes as changes_of
        from cacheview.stores.containers import containers_of
        from cacheview.stores.open import open_store
        from cacheview.whatif.change import Prune, Remove
        from cacheview.whatif.specs import parse_change

        state = start

        def opened(daemon: Daemon, location: str) -> OpenedLocation:
            puller = Release(daemon.rules.store, daemon.version)
            return open_store(location, platform=daemon.platform, puller=puller, progress=report)

        steps = len(changes) + _FINAL_STEPS
        for number, text in enumerate(changes):
            change = parse_change(text, partial(opened, state.daemon))
            if isinstance(change, Prune | Remove) and state.containers is CONTAINERS_NOT_READ:
                report(number, steps, "Listing the containers…")
                state = replace(state, containers=containers_of(state.before))
            report(number, steps, "Applying the change…")
            state = apply(state, change)
        report(len(changes), steps, "Preparing the store…")
        titles = "; then ".join(change_title(applied.change) for applied in state.applied)
        details: list[str] = []
        for applied in state.applied:
            details += (change_title(applied.change), *(f"  {line}" for line in applied_lines(applied)))
        text = f"What if: {one_line(titles)}. {effect_sentence(state)} {NOTHING_CHANGED}"
        cache = ImageCache(state.store, state.daemon.rules)
        make_ready(state.store)
        _ = state.store.common_doubts  # the window shows them, and finding them requires all images
        report(len(changes) + 1, steps, "Comparing the stores…")
        differences = changes_of(state.before, state.store)
        return _Applied(state, cache, differences, _listed(state, differences), text, tuple(details))

    return work


def _listed(changed: ChangedStore, change: StoreChanges) -> ListedImages:
    """Return the images of a changed store, and those that it lacks."""
    store = with_removed(changed.before, changed.store) if change.removed else changed.store
    return ListedImages(store, frozenset(image.id for image in paced(change.removed)), forest(store))


def _reference(image: Image) -> str:
    """Return the text that a user would type for an image."""
    return image.names[0] if image.names else image.short_id


def _menu_text(image: Image) -> str:
    """Return the name of an image in a menu."""
    text = one_line(image.title)
    return (text if len(text) <= _MAX_NAME_CHARACTERS else f"{text[: _MAX_NAME_CHARACTERS - 1]}…").replace("&", "&&")
