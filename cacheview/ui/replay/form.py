"""The editor of the build's options."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cacheview.dockerfile.context.clients import CLIENTS, client_named
from cacheview.model import DataError
from cacheview.replay.result import Replay, StepStatus
from cacheview.ui.chooser import Chooser
from cacheview.ui.replay.build import Build
from cacheview.ui.theme import GRID, mono_font, set_font, small_font
from cacheview.ui.tips import set_tip

__all__ = ["OptionsForm", "stage_names"]

_TYPING_PAUSE_MS: Final = 250  # after the last key press before typed text is used
_UMASKS: Final = ("022", "002", "027", "077", "000")
_CLIENT_OF_ENGINE: Final = "Docker CLI from the engine's release"


class OptionsForm(QScrollArea):
    """Edits options.

    Signals: ``changed(Build)``: the user changed an option; ``context_requested()``: the user wants another context.
    """

    changed = Signal(object)
    context_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build: Build | None = None
        self._typing_pause = QTimer(self, singleShot=True, interval=_TYPING_PAUSE_MS)
        self._typing_pause.timeout.connect(self.apply)
        self.context = QLineEdit()
        self.context_button = QToolButton()
        self.context_button.setText("Choose…")
        self.context_button.setAccessibleName("Choose the build context")
        self.context_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.context_button.clicked.connect(self.context_requested)
        self.inside = QLineEdit()
        self.inside.setPlaceholderText("Dockerfile")
        self.build_args = _lines("NAME=value, one per line")
        self.labels = _lines("NAME=value, one per line")
        self.target = QLineEdit()
        self.target.setPlaceholderText("the last stage")
        self._stages = QStringListModel(self)
        completer = QCompleter(self._stages, self.target)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.target.setCompleter(completer)
        self.cache_from = QLineEdit()
        self.cache_from.setPlaceholderText("image names, separated by spaces")
        self.platform = QLineEdit()
        self.platform.setPlaceholderText("none, or os/architecture")
        self.no_cache = QCheckBox("--no-cache: ignore the cache")
        self.pull = QCheckBox("--pull: pull base images")
        self.client = Chooser()
        self.client.addItem(_CLIENT_OF_ENGINE, "")
        for each in CLIENTS.values():
            self.client.addItem(each.program if each.has_umask else each.title, each.name)
        self.client.setSizeAdjustPolicy(Chooser.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.client.setMinimumContentsLength(8)
        self.umask = Chooser()
        for digits in _UMASKS:
            self.umask.addItem(digits, digits)
        self._lay_out()
        self._connect()
        self.setEnabled(False)

    def _lay_out(self) -> None:
        inner = QWidget()
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(3 * GRID)
        form.setVerticalSpacing(GRID)
        place = QHBoxLayout()
        place.setSpacing(GRID)
        place.addWidget(self.context, 1)
        place.addWidget(self.context_button)
        for text, field, tip in (
            ("Context", self.context, "The folder or tar file that the client sends; COPY and ADD read files from it"),
            ("Dockerfile", self.inside, "Like -f: the path of the Dockerfile in the tar file"),
            ("Build args", self.build_args, "Like --build-arg; a bare name takes its value from the environment"),
            ("Target", self.target, "Like --target: the stage to build"),
            ("Cache from", self.cache_from, "Like --cache-from"),
            ("Labels", self.labels, "Like --label"),
            ("Platform", self.platform, "Like --platform"),
            (
                "Build client",
                self.client,
                "Clients may send different files, modes and owners, so checksums can differ",
            ),
            ("Umask", self.umask, "The client process's umask, which the client applies to every file mode"),
        ):
            label = QLabel(text)
            set_font(label, small_font)
            label.setBuddy(field)
            set_tip(label, tip)
            field.setAccessibleName(text)
            set_tip(field, tip)
            if field is self.context:
                form.addRow(label, place)
            else:
                form.addRow(label, field)
        form.addRow(self.no_cache)  # across both columns, since their texts are long
        form.addRow(self.pull)
        self._form = form
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.addLayout(form)
        layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Build options")

    def minimumSizeHint(self) -> QSize:
        """Return a size with the width of the content and the scroll bar, so that nothing is cut off."""
        least, inner = super().minimumSizeHint(), self.widget()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize((inner.minimumSizeHint().width() if inner is not None else 0) + bar, least.height())

    def _connect(self) -> None:
        for box in (self.context, self.inside, self.target, self.cache_from, self.platform):
            box.textEdited.connect(lambda _: self._typing_pause.start())
            box.editingFinished.connect(self.apply)
            box.setAcceptDrops(False)  # the window handles dropped files
        for text in (self.build_args, self.labels):
            text.textChanged.connect(self._typed)
        for tick in (self.no_cache, self.pull):
            tick.clicked.connect(self.apply)
        self.client.activated.connect(self.apply)
        self.umask.activated.connect(self.apply)

    def show_build(self, build: Build) -> None:
        """Show the options of a build. A field with the same value is left as it is."""
        self._typing_pause.stop()
        self._build = None  # the changes that follow are not the user's
        for box, text in (
            (self.context, build.context),
            (self.inside, build.inside),
            (self.target, build.target),
            (self.cache_from, " ".join(build.cache_from)),
            (self.platform, build.platform),
        ):
            if _normalized(box.text()) != _normalized(text):
                box.setText(text)
        for lines, texts in ((self.build_args, build.build_args), (self.labels, build.labels)):
            if _listed(lines) != texts:
                lines.setPlainText("\n".join(texts))
        self.no_cache.setChecked(build.no_cache)
        self.pull.setChecked(build.pull)
        self.client.setCurrentIndex(max(self.client.findData(_key(build.client)), 0))
        self._show_umask(_umask(build.client))
        self._form.setRowVisible(self.inside, os.path.isfile(build.context))
        self.setEnabled(True)
        self._build = build

    def _show_umask(self, digits: str) -> None:
        """Show the umask in use, if it affects what the client sends."""
        if self.umask.findData(digits) < 0:
            self.umask.addItem(digits, digits)
        self.umask.setCurrentIndex(self.umask.findData(digits))
        client = CLIENTS.get(self.client.currentData())
        self._form.setRowVisible(self.umask, client is not None and client.has_umask)

    def _client(self) -> str:
        """Return the name of the chosen client, with the umask if that is not the usual one."""
        name: str = self.client.currentData()
        client, digits = CLIENTS.get(name), self.umask.currentData()
        return f"{name}:{digits}" if client is not None and client.has_umask and digits != _UMASKS[0] else name

    def set_stages(self, names: Sequence[str]) -> None:
        """Set the possible targets."""
        self._stages.setStringList(list(names))

    def stop(self) -> None:
        """Do not use what was typed last, if it is not used yet."""
        self._typing_pause.stop()

    def _typed(self) -> None:
        if self._build is not None:
            self._typing_pause.start()

    def apply(self) -> None:
        """Use what has been typed."""
        self._typing_pause.stop()
        if self._build is None:
            return
        changed = self._build.model_copy(
            update={
                "context": self.context.text().strip() or self._build.context,
                "inside": self.inside.text().strip(),
                "build_args": _listed(self.build_args),
                "labels": _listed(self.labels),
                "cache_from": tuple(self.cache_from.text().replace(",", " ").split()),
                "target": self.target.text().strip(),
                "platform": self.platform.text().strip(),
                "no_cache": self.no_cache.isChecked(),
                "pull": self.pull.isChecked(),
                "client": self._client(),
            }
        )
        if changed != self._build:
            self._form.setRowVisible(self.inside, os.path.isfile(changed.context))
            self._show_umask(_umask(changed.client))
            self._build = changed
            self.changed.emit(changed)


def _key(client: str) -> str:
    """Return the client's name in the list; empty: the client that matches the engine."""
    try:
        return client_named(client).key if client else ""
    except DataError:  # saved by another version of this program
        return ""


def _umask(client: str) -> str:
    """Return the umask of a build's client, or else the usual one, as three digits."""
    return f"{client_named(client).umask:03o}" if _key(client) and client_named(client).has_umask else _UMASKS[0]


def _lines(hint: str) -> QPlainTextEdit:
    box = QPlainTextEdit()
    box.setPlaceholderText(hint)
    box.setTabChangesFocus(True)
    set_font(box, mono_font)
    box.setAcceptDrops(False)
    box.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    box.setFixedHeight(box.fontMetrics().lineSpacing() * 3 + 4 * GRID)
    return box


def _listed(box: QPlainTextEdit) -> tuple[str, ...]:
    return tuple(line for line in box.toPlainText().split("\n") if line.strip())


def _normalized(text: str) -> str:
    return " ".join(text.replace(",", " ").split())


def stage_names(replay: Replay) -> list[str]:
    """Return the names of stages in FROM lines, each of which can be the target."""
    words = [step.text.split() for step in replay.steps if step.status is StepStatus.NO_PROBE]
    return [each[-1] for each in words if len(each) >= 4 and each[-2].lower() == "as"]
