"""The pages beside the steps: a step's details, the build options, and the comparison of clients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from cacheview.ui.lazy import Lazy
from cacheview.ui.loading import Work
from cacheview.ui.replay.build import Build
from cacheview.ui.replay.clients import ClientsPage
from cacheview.ui.replay.detail import StepDetail
from cacheview.ui.replay.form import OptionsForm

__all__ = ["SidePages"]


class SidePages(QStackedWidget):
    """The details are shown first. The other pages take time to create, and are created when they are first shown.

    Args:
        comparing: returns work that compares clients for the build; None if there is no build.

    Signals:
        build_changed(Build): the user changed an option.
        context_requested(): the user wants to choose a context.
    """

    build_changed = Signal(object)
    context_requested = Signal()

    def __init__(self, comparing: Callable[[], Work | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparing = comparing
        self._build: Build | None = None
        self._stages: Sequence[str] = ()
        self._form = Lazy(self._make_form)
        self._clients = Lazy(self._make_clients)
        self.detail = StepDetail()
        self.addWidget(self.detail)

    @property
    def form(self) -> OptionsForm:
        """The form with the build options."""
        return self._form()

    @property
    def clients(self) -> ClientsPage:
        """The page that compares clients."""
        return self._clients()

    def show_detail(self) -> None:
        """Show the details of the step."""
        self.setCurrentWidget(self.detail)

    def show_options(self) -> None:
        """Show the options, and move the keyboard focus to the first one."""
        self.setCurrentWidget(self.form)
        self.form.build_args.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_clients(self) -> None:
        """Show the comparison of clients."""
        self.setCurrentWidget(self.clients)

    def set_build(self, build: Build) -> None:
        """Show the options of this build."""
        self._build = build
        if self._form.existing is not None:
            self._form.existing.show_build(build)

    def set_stages(self, stages: Sequence[str]) -> None:
        """Set the names of the stages that can be the target."""
        self._stages = stages
        if self._form.existing is not None:
            self._form.existing.set_stages(stages)

    def forget_clients(self) -> None:
        """Take note that the comparison of clients belongs to an older replay."""
        if self._clients.existing is not None:
            self._clients.existing.forget()

    def stop(self) -> None:
        """Stop running work, and wait for it."""
        if self._form.existing is not None:
            self._form.existing.stop()
        if self._clients.existing is not None:
            self._clients.existing.stop()

    def _make_form(self) -> OptionsForm:
        form = OptionsForm()
        form.changed.connect(self.build_changed)
        form.context_requested.connect(self.context_requested)
        self.addWidget(form)
        if self._build is not None:
            form.show_build(self._build)
        form.set_stages(self._stages)
        return form

    def _make_clients(self) -> ClientsPage:
        page = ClientsPage(self._comparing)
        self.addWidget(page)
        return page
