"""Switches to other rules. For a large store, the cache for them is first prepared off the UI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from cacheview.cases import daemon_chosen, daemon_known, rules_named
from cacheview.ui.answering import is_ready, make_ready
from cacheview.ui.loading import Loader, Report, Work
from cacheview.ui.session import Session
from cacheview.ui.work_line import WorkLine

if TYPE_CHECKING:
    from cacheview.engine import ImageCache, RuleSet
    from cacheview.ui.notice import Notice

__all__ = ["Switcher"]

_MAX_IMAGES_WITHOUT_THREAD: Final = 500
"""The number of images up to which switching takes a few milliseconds, less than starting a thread."""


class Switcher(QObject):
    """Switches a session to other rules. If there are several requests, only the last one has an effect.

    Args:
        make_line: creates a notice line above the panes for the progress.

    Signals: ``canceled()``: the user canceled the switch.
    """

    canceled = Signal()

    def __init__(self, session: Session, make_line: Callable[[], Notice]) -> None:
        super().__init__(session)
        self._session = session
        self._requested: str | None = None
        self._location = ""  # where the rules were requested
        self._loader = Loader(self)
        self._line = WorkLine(self._loader, make_line)
        session.opened_changed.connect(self._forget_elsewhere)
        session.rules_changed.connect(self._forget)  # other rules were chosen in the meantime, or these are now in use
        self._loader.canceled.connect(self._cancel)
        self._loader.succeeded.connect(self._switch)
        self._loader.failed.connect(self._fail)

    @property
    def is_busy(self) -> bool:
        """Whether a cache for other rules is being created."""
        return self._loader.is_busy

    def switch(self, name: str, preparing: Work | None = None) -> None:
        """Use the rules with this name, as for `Session.choose_rules`, now or once their cache is ready.

        Raises `DataError` for an unknown name.

        ``preparing``: work whose result is a prepared cache; None: a new one is created.
        """
        session = self._session
        self._forget()
        case, store, probe = session.case, session.store, session.document.probe
        rules = self._rules(name)
        if self._is_quick(rules):
            session.choose_rules(name)
            return
        self._requested, self._location = name, session.opened.location
        self._line.text = f"Loading the rules of {rules.title}…"

        def work(report: Report) -> object:
            from cacheview.collector import freeze_more
            from cacheview.engine import ImageCache, explain

            report(0, None, "Preparing")
            daemon_chosen(case, name)  # may have to read all images; the result is cached
            if not self._is_near(rules):  # in a walk, whose earlier probes may leave another store with these rules
                make_ready(case.store)
                while not self._is_near(rules):  # the user may move to another probe in the meantime
                    report(0, None, "Looking up earlier probes")
                    session.places.prepare(session.places.shown.place, rules)
                freeze_more()
                return None
            if preparing is not None:
                return preparing(report)
            make_ready(store)
            cache = ImageCache(store, rules)
            explain(cache, probe, at_once=False).prepare()
            freeze_more()  # keeps garbage collection, which may run in the UI thread, from scanning them
            return cache

        self._loader.start(work)

    def _is_quick(self, rules: RuleSet) -> bool:
        """Whether these rules can be used now."""
        session = self._session
        if rules is session.places.shown.rules:
            return True
        # A cache can be created in advance only for the case's own store.
        store = session.store
        at_once = store is not session.case.store or len(store.images) <= _MAX_IMAGES_WITHOUT_THREAD or is_ready(store)
        return at_once and self._is_near(rules)

    def _is_near(self, rules: RuleSet) -> bool:
        places = self._session.places
        return places.is_near(places.shown.place, rules)

    def _forget(self) -> None:
        self._requested = None
        self._loader.cancel()

    def _forget_elsewhere(self) -> None:
        """Stop if another location was opened. A reload does not change the request."""
        if self._requested is not None and self._session.opened.location != self._location:
            self._forget()

    def _cancel(self) -> None:
        if self._requested is not None:
            self._requested = None
            self.canceled.emit()

    def stop(self) -> None:
        """Stop running work, and wait for its thread."""
        self._loader.close()

    def _switch(self, cache: ImageCache | None) -> None:
        name = self._requested or ""
        if self._is_near(self._rules(name)):
            self._session.choose_rules(name, cache)
        else:
            self.switch(name)

    def _fail(self) -> None:
        name = self._requested or ""
        if self._is_near(self._rules(name)):
            self._session.choose_rules(name)  # raises the error here
        else:
            self._cancel()

    def _rules(self, name: str) -> RuleSet:
        return rules_named(name).rules if name else daemon_known(self._session.case).rules
