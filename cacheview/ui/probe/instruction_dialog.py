"""The dialog that converts one Dockerfile instruction to the config that the builder would look up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from cacheview.cases import Daemon
from cacheview.model import ContainerConfig, DataError, Image, StoreKind
from cacheview.ui.dialogs import Buttons, accepting_buttons
from cacheview.ui.plain import one_line, visible
from cacheview.ui.probe.inputs import LineEdit
from cacheview.ui.probe.labels import TokenLabel
from cacheview.ui.theme import GRID, set_font, small_font

__all__ = ["InstructionDialog"]


class InstructionDialog(QDialog):
    """A dialog for entering an instruction.

    After ``accept``, ``config`` is what the builder would look up for the instruction on top of the parent.

    Args:
        daemon: the daemon whose builder is meant; None: that of the newest release.
    """

    def __init__(
        self, parent_image: Image | None, parent: QWidget | None = None, *, daemon: Daemon | None = None
    ) -> None:
        super().__init__(parent)
        self._daemon = daemon
        self.setWindowTitle("Probe from an instruction")
        self._parent_image = parent_image
        self.config: ContainerConfig | None = None
        title = one_line(parent_image.title) if parent_image else "scratch"
        self.label = QLabel(f"&Instruction on top of {title.replace('&', '&&')}:", self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.line = LineEdit(self)
        self.line.setPlaceholderText("ENV MODE=prod")
        self.line.setMinimumWidth(120 * GRID)
        self.line.setAccessibleName("Instruction")
        self.label.setBuddy(self.line)
        self.problem = TokenLabel("", self, "text_faint")
        set_font(self.problem, small_font)
        self.problem.setWordWrap(True)
        buttons, self.use = accepting_buttons(self, Buttons.Ok, "&Use")
        self.use.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * GRID, 4 * GRID, 4 * GRID, 4 * GRID)
        layout.setSpacing(2 * GRID)
        for widget in (self.label, self.line, self.problem, buttons):
            layout.addWidget(widget)
        self.line.textEdited.connect(lambda: self._show_problem(""))
        self._show_problem("")

    def accept(self) -> None:
        # Imported here, since the Dockerfile rules are not needed when the program starts.
        from cacheview.dockerfile.instruction import probe_config

        try:
            daemon, line = self._daemon, self.line.text()
            if daemon is None:
                self.config = probe_config(line, self._parent_image)
            else:
                is_containerd = daemon.rules.store is StoreKind.CONTAINERD
                self.config = probe_config(line, self._parent_image, release=daemon.builder, containerd=is_containerd)
        except DataError as error:
            self._show_problem(str(error))
            return
        super().accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Set the text's height to what it needs, since a dialog does not grow by itself for wrapped lines."""
        if self.isVisible():
            self.problem.setMinimumHeight(self.problem.heightForWidth(self.problem.width()))

    def _show_problem(self, why: str) -> None:
        effect = "Replaces the probe's config with the one that the builder looks up for this instruction."
        self.problem.setText(visible(why) or effect)
        self.problem.set_tokens("error" if why else "text_faint")
        self.line.setAccessibleDescription(visible(why))
        self._fit()
