"""The actions of the menus, the tool bar and the keyboard."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu

from cacheview.ui.icons import pixmap
from cacheview.ui.theme import icon_size

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenuBar, QWidget

__all__ = ["Actions", "connect"]


class Actions:
    """The actions of the window, created once. The window connects them; menus, the tool bar and the help show them."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._icons: list[tuple[QAction, str]] = []
        self.open_file = self._make("&Open file…", "Open a docker save archive, an OCI archive or a suite", "Ctrl+O")
        self.open_folder = self._make("Open &folder…", "Open an OCI layout folder", "Ctrl+Shift+O")
        self.open_by_name = self._make("Open &by name…", "Open Docker Engine, containerd or a file by name", "Ctrl+L")
        self.open_demo = self._make("Open the &demo", "Open a sample store that shows every verdict and hazard")
        self.reload = self._make("&Reload", "Reload the store and keep the probe", "F5", picture="reload")
        self.follow = self._make("Fo&llow the engine's events", "Reload whenever the engine adds or removes an image")
        self.follow.setCheckable(True)
        self.save_suite = self._make(
            "&Save store as suite…", "Save the loaded store to a file that opens on any machine", "Ctrl+S"
        )
        self.cancel = self._make("Ca&ncel opening", "Stop reading", "Ctrl+.")
        self.quit = self._make("&Quit", "Close the window", "Ctrl+Q")
        self.undo = self._make("&Undo", "Undo the last edit to the probe", "Ctrl+Z", picture="undo")
        self.redo = self._make("&Redo", "Redo the last undone edit", "Ctrl+Shift+Z", picture="redo")
        self.apply = self._make("&Apply the smallest edit", "Turn the miss into a hit", "Ctrl+Return")
        self.copy_text = self._make("As &text", "Copy the verdict, deciding check and trace as text", "Ctrl+Shift+C")
        self.copy_markdown = self._make("As &Markdown", "Copy as Markdown, for a bug report")
        self.copy_json = self._make("As &JSON", "Copy as JSON, for scripts and other programs")
        self.editor = self._make("Editor for Docker&files…", "Choose the editor that opens Dockerfiles")
        self.find = self._make("&Find an image", "Filter the images", "Ctrl+F")
        self.next_case = self._make("&Next case", "Go to the next case in the suite", "Ctrl+PgDown")
        self.previous_case = self._make("Previo&us case", "Go to the previous case in the suite", "Ctrl+PgUp")
        self.next_probe = self._make("Next pro&be", "Go to the next probe in the case", "Alt+PgDown")
        self.previous_probe = self._make("Pre&vious probe", "Go to the previous probe in the case", "Alt+PgUp")
        self.next_pane = self._make("Next pa&ne", "Move focus to the next pane or dock", "F6")
        self.previous_pane = self._make("Previ&ous pane", "Move focus to the previous pane or dock", "Shift+F6")
        self.panes = tuple(
            self._make(f"&{number} {name}", f"Move focus to the {name.lower()} pane", f"Ctrl+{number}")
            for number, name in enumerate(("Images", "Probe", "Verdict"), 1)
        )
        self.zoom_in = self._make("Zoom &in", "Make all text larger", "Ctrl++")
        self.zoom_in.setShortcuts([QKeySequence.fromString(keys) for keys in ("Ctrl++", "Ctrl+=")])
        self.zoom_out = self._make("Zoom o&ut", "Make all text smaller", "Ctrl+-")
        self.zoom_reset = self._make("Actual si&ze", "Use the system's text size", "Ctrl+0")
        self.schemes = {
            "": self._make("&System", "Follow the system's color scheme"),
            "light": self._make("&Light", "Always use light colors"),
            "dark": self._make("&Dark", "Always use dark colors"),
        }
        """The actions for color schemes, by the value of `Settings.scheme`."""
        self.colors_menu = QMenu("Co&lors", owner)
        group = QActionGroup(owner)
        for action in self.schemes.values():
            action.setCheckable(True)
            group.addAction(action)
        self.colors_menu.addActions(list(self.schemes.values()))
        self.reset_layout = self._make("&Reset layout", "Move panes and docks back to their default positions")
        self.shortcuts = self._make("&Keyboard shortcuts", "Show all keyboard shortcuts", "F1")
        self.documentation = self._make(
            "&Documentation", "Read about the command line, replays, suites, rules and terms"
        )
        self.about = self._make("&About cacheview", "Version and license")
        self.store_menus: list[tuple[QMenu, QAction]] = []
        self.recent_menu = QMenu("Open re&cent", owner)
        self.rules_menu = QMenu("&Rules", owner)
        self.rules_by_version = self._make("For a Docker &version…", "Choose rules by version and storage driver")
        self.about_rules = self._make("&About these rules…", "Show what a rule set does and which releases use it")
        self.changed_rules = self._make("&What changed…", "Compare two rule sets in words and as a table")
        self.compare = self._make("&Compare rules", "Compare the answers of all rule sets for this probe", "Ctrl+R")
        self.compare.setCheckable(True)
        # ⌘H hides a program on macOS.
        audit_keys = "Ctrl+Shift+H" if sys.platform == "darwin" else "Ctrl+H"
        self.audit = self._make("&Audit the store", "List the hazards in this store", audit_keys)
        self.audit.setCheckable(True)
        self.platform_menu = QMenu("&Platform", owner)
        self.replay_dockerfile = self._make(
            "Replay &Dockerfile…", "Look up each step in the cache without building", "Ctrl+D"
        )
        self.replay_dockerfile.setIconText("Replay Dockerfile…")  # Qt drops the dots
        self.replay = self._make("Repla&y", "Show the result of each step, and the reason for each miss", "Ctrl+T")
        self.replay.setCheckable(True)
        self.files = self._make("Fil&es", "Show which files differ and what a layer changed", "Ctrl+E")
        self.files.setCheckable(True)
        self.details = self._make("De&tails", "Show the details of the image selected in the tree", "Ctrl+I")
        self.details.setCheckable(True)
        self.suite_checks = self._make("Suite chec&ks", "Run suites and list the result of each probe", "Ctrl+K")
        self.suite_checks.setCheckable(True)
        self.add_probe = self._make(
            "Add this probe to a &suite…",
            "Add the probe and its current verdict as a test for `cacheview check`",
            "Ctrl+Shift+S",
        )
        self.what_if_menu = QMenu("What &if", owner)
        self.leave_what_if = self._make("&Leave What if", "Return to the actual store", "Esc")
        self.leave_what_if.setEnabled(False)
        self.watch = self._make("&Watch builds…", "Show builds step by step while clients run them", "Ctrl+B")
        self.watch.setCheckable(True)
        self.diff = self._make("&Compare two builds…", "Show where two builds first differ, and why", "Ctrl+Shift+D")
        self.diff.setCheckable(True)
        self.docks = (self.details, self.compare, self.audit, self.replay, self.files, self.suite_checks)
        """The docks in the menu *View*. *Watch builds* and *Compare two builds* are in the menu *Ask*."""
        self.copy_menu = QMenu("&Copy the verdict", owner)
        self.copy_menu.addActions([self.copy_text, self.copy_markdown, self.copy_json])

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        """Add the menus, in the order in which they are needed."""
        store = bar.addMenu("&Store")
        self.fill_store_menu(store)
        store.addSeparator()
        store.addAction(self.quit)
        edit = bar.addMenu("&Edit")
        edit.addActions([self.undo, self.redo])
        edit.addSeparator()
        edit.addAction(self.apply)
        edit.addSeparator()
        edit.addMenu(self.copy_menu)
        edit.addSeparator()
        edit.addAction(self.editor)
        ask = bar.addMenu("&Ask")
        ask.addActions([self.replay_dockerfile, self.watch, self.diff])
        ask.addMenu(self.what_if_menu)
        ask.addSeparator()
        ask.addMenu(self.rules_menu)
        ask.addMenu(self.platform_menu)
        ask.addSeparator()
        ask.addActions([self.next_case, self.previous_case, self.next_probe, self.previous_probe])
        ask.addSeparator()
        ask.addAction(self.add_probe)
        view = bar.addMenu("&View")
        view.addAction(self.find)
        view.addSeparator()
        view.addActions(self.panes)
        view.addSeparator()
        view.addActions(self.docks)
        view.addSeparator()
        view.addActions([self.next_pane, self.previous_pane])
        view.addSeparator()
        view.addActions([self.zoom_in, self.zoom_out, self.zoom_reset])
        view.addMenu(self.colors_menu)
        view.addAction(self.reset_layout)
        help_ = bar.addMenu("&Help")
        help_.addActions([self.documentation, self.shortcuts, self.about])

    def fill_store_menu(self, menu: QMenu) -> None:
        """Add the ways to open a store. When the menu is shown, live stores are added too, see `store_menus`."""
        menu.addActions([self.open_file, self.open_folder, self.open_by_name, self.open_demo])
        menu.addMenu(self.recent_menu)
        menu.addSeparator()
        self.store_menus.append((menu, self.reload))
        menu.addActions([self.reload, self.follow, self.save_suite, self.cancel])

    def enable(self, *, is_open: bool, follows: bool, busy: bool, has_failed: bool) -> None:
        """Enable the actions that are now possible. Those that depend on the probe stay as they are.

        Args:
            is_open: whether a store is open.
            follows: whether the store reports when its images change.
            busy: whether a store is being read.
            has_failed: whether the last store could not be opened.
        """
        self.cancel.setEnabled(busy)
        self.reload.setEnabled(not busy and (is_open or has_failed))
        self.follow.setEnabled(follows)
        copies = (self.copy_text, self.copy_markdown, self.copy_json)
        for action in (self.save_suite, self.add_probe, *copies, self.find, *self.panes):
            action.setEnabled(is_open)
        for menu in (self.copy_menu, self.rules_menu, self.platform_menu, self.what_if_menu):
            menu.setEnabled(is_open)
        if not is_open:
            steps = (self.next_case, self.previous_case, self.next_probe, self.previous_probe)
            for action in (self.undo, self.redo, self.apply, *steps):
                action.setEnabled(False)

    def listed(self) -> Iterator[tuple[str, str]]:
        """Yield the description and the keys of every action that has keys."""
        for action in self._all:
            if not action.shortcut().isEmpty():
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                yield self._in_words(action), keys

    def _in_words(self, action: QAction) -> str:
        """Return the name of an action so that it is clear outside of its menu."""
        if action in (self.undo, self.redo):  # the texts of these actions include the name of the edit
            return "Undo" if action is self.undo else "Redo"
        text = action.text().replace("&", "").removesuffix("…")
        if action in self.copy_menu.actions():
            return f"{self.copy_menu.title().replace('&', '')} {text[:1].lower()}{text[1:]}"
        if action in self.panes:
            return f"Go to the {text.lstrip('0123456789 ').lower()} pane"
        return f"{text} or dock" if action in (self.next_pane, self.previous_pane) else text

    def update_look(self) -> None:
        """Draw the icons in the colors of the theme. This must be called again when the theme changes."""
        for action, name in self._icons:
            # A single size, as menus and tool bar use one: each further size is another drawing before the first paint.
            drawn = QIcon(pixmap(name, "text_muted", icon_size(), self._owner.devicePixelRatioF()))
            faint = pixmap(name, "text_faint", icon_size(), self._owner.devicePixelRatioF())
            drawn.addPixmap(faint, QIcon.Mode.Disabled)
            action.setIcon(drawn)

    @property
    def _all(self) -> list[QAction]:
        return [action for action in self._owner.actions() if isinstance(action, QAction)]

    def _make(self, text: str, tip: str, keys: str = "", *, picture: str = "") -> QAction:
        action = QAction(text, self._owner)
        action.setToolTip(tip)
        action.setStatusTip(tip)
        if keys:
            # `setShortcut` would create every type that it accepts, including all keys.
            action.setShortcuts([QKeySequence.fromString(keys)])
        if picture:
            self._icons.append((action, picture))
        self._owner.addAction(action)
        return action


def connect(action: QAction, do: Callable[..., object]) -> None:
    """Call ``do`` whenever an action is triggered, without the flag that Qt passes."""
    action.triggered.connect(lambda _checked=False: do())
