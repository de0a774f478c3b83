"""Shows the session in the title, tool bar, menus and status bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup

from cacheview.cases import Daemon, DaemonBasis, rules_named
from cacheview.engine import RULE_SETS, doubt_sentences
from cacheview.engine.builders import builder_note
from cacheview.engine.words.doubts import ASPECT_WORDS
from cacheview.model import SuiteProbe
from cacheview.stores.locations import parse_location
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.suite_cases import case_name
from cacheview.ui.actions import Actions, connect
from cacheview.ui.case_reader import CaseReader
from cacheview.ui.choosers import ToolBar
from cacheview.ui.document import Place
from cacheview.ui.drafts import ProbeDraft
from cacheview.ui.images.marks import UNREAD_ASPECTS
from cacheview.ui.loading import Work
from cacheview.ui.names import ENGINE, name_of, title_of
from cacheview.ui.notice import Kind, Notice
from cacheview.ui.opener import Opener
from cacheview.ui.plain import one_line
from cacheview.ui.rules.menu import RulesMenu, own_rules, owner
from cacheview.ui.rules.switching import Switcher
from cacheview.ui.session import Session
from cacheview.ui.status import StatusBar
from cacheview.ui.stores.news import StoreNews, change_news, fallback_news
from cacheview.ui.tips import set_tip
from cacheview.ui.workspace import Workspace
from cacheview.wording import counted

__all__ = ["Headline"]

EDITED: Final = " (edited)"
"""The mark after the name of a probe that differs from the one in the suite."""

_PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64")
_MAX_PROBLEM_CHARACTERS = 160  # characters shown of the first problem
_MAX_IMAGES_WITH_PLATFORM = 2000  # number of images whose platforms are listed


_Quiet = tuple[Daemon | None, bool, tuple[str, ...], tuple[ProbeDraft, ...]]
"""The subjects of a notice that has neither news nor problems.

These are the store's daemon if its rules need an explanation, whether the builder needs one, the store's notes, and the
probes that can be restored. A notice that the user closed stays closed until they change.
"""


class Headline(QObject):
    """Keeps the window's frame in sync with the session, and passes the user's choices on to the session."""

    def __init__(
        self,
        session: Session,
        workspace: Workspace,
        commands: Actions,
        tool_bar: ToolBar,
        status: StatusBar,
        notice: Notice,
        opener: Opener,
        case_reader: CaseReader,
        switcher: Switcher,
    ) -> None:
        super().__init__(session)
        self._session = session
        self._workspace = workspace
        self._commands = commands
        self._tool_bar = tool_bar
        self._status = status
        self._notice = notice
        self._opener = opener
        self._case_reader = case_reader
        self._news: StoreNews | None = None
        self._shown: _Quiet | None = None
        self._closed: _Quiet | None = None  # closed by the user, so that it does not return with the next probe
        self._switcher = switcher
        self._rules_menu = RulesMenu(session, commands, self._choose_rules, workspace.window())
        self._rules_menu.copied.connect(workspace.copied)
        self._rules = QActionGroup(self)
        self._fill_rules()
        session.opened_changed.connect(self._show_opened)
        session.store_changed.connect(self._show_case)
        session.probe_loaded.connect(self._show_case)
        session.rules_changed.connect(self._show_rules)
        session.answered.connect(self._show_answer)
        session.completed.connect(self._show_edit)
        session.selection_changed.connect(self._show_answer)
        session.answer_delayed.connect(status.show_delayed)
        session.answer_failed.connect(lambda _: status.show_no_answer())
        notice.closed.connect(self._forget_news)
        stack = session.document.undo_stack
        for changed in (stack.canUndoChanged, stack.canRedoChanged, stack.undoTextChanged, stack.redoTextChanged):
            changed.connect(self._show_undo)
        session.places.read_place = self._read_place
        opener.shown_place = lambda: session.places.shown
        connect(commands.undo, session.places.undo)
        connect(commands.redo, session.places.redo)
        tool_bar.case_chosen.connect(session.places.choose_case)
        case_reader.canceled.connect(self._show_place)
        switcher.canceled.connect(self._keep_rules)
        tool_bar.probe_chosen.connect(session.places.choose_probe)
        connect(commands.next_case, lambda: self._step_case(1))
        connect(commands.previous_case, lambda: self._step_case(-1))
        connect(commands.next_probe, lambda: self._step_probe(1))
        connect(commands.previous_probe, lambda: self._step_probe(-1))

    def stop(self) -> None:
        """Stop running work, and wait for its thread."""
        self._switcher.stop()
        self._case_reader.stop()

    def _show_opened(self) -> None:
        opened = self._session.opened
        self._case_reader.forget()
        self._closed = None
        self._news = self._find_news()
        self._tool_bar.show_text(self._tool_bar.store, "Store", name_of(opened.location))
        set_tip(self._tool_bar.store, title_of(opened))
        self._tool_bar.set_cases(len(opened.cases), partial(_case_title, opened.cases), self._session.case_number)
        self._fill_platforms()

    def _show_case(self) -> None:
        session = self._session
        if self._news is not None and session.change is None and not session.instead_of:
            self._news = None  # it belongs to another case
        self._show_place()
        probes = session.case.probes
        for actions, count in (
            ((self._commands.next_case, self._commands.previous_case), len(session.opened.cases)),
            ((self._commands.next_probe, self._commands.previous_probe), len(probes)),
        ):
            for action in actions:
                action.setEnabled(count > 1)
        self._show_undo()
        self._show_rules()

    def _show_place(self) -> None:
        case, probes = self._session.case_number, self._session.case.probes
        self._tool_bar.set_case(case)
        self._tool_bar.set_probes(len(probes), partial(self._probe_name, case, probes), self._session.probe_number)

    def _probe_name(self, case: int, probes: Sequence[SuiteProbe], number: int) -> str:
        probe = probes[number]
        edited = EDITED if (case, number) in self._session.edits.places else ""
        return f"{number + 1}  {probe.name or ' '.join(probe.config.Cmd or ()) or 'probe'}{edited}"

    def _find_news(self) -> StoreNews | None:
        session, opener = self._session, self._opener
        if session.instead_of:
            buttons = (
                ("&Try again", lambda: opener.open(ENGINE)),
                ("Open &file…", opener.choose_file),
                ("Open by &name…", self._commands.open_by_name.trigger),
            )
            return fallback_news(session.instead_of, buttons)
        if session.change:
            return change_news(session.change, session.store.by_id.get, session.changed_since)
        return None

    def _forget_news(self) -> None:
        self._news = None
        self._closed = self._shown

    def _show_rules(self) -> None:
        rules = self._session.cache.rules
        self._tool_bar.show_text(self._tool_bar.rules, "Rules", rules.name.replace("-", " ", 1))
        daemon = self._session.daemon
        builder = f"Builder: as in Docker {daemon.builder.release}"
        text = "\n".join(filter(None, (daemon.sentence, daemon.note, builder)))
        set_tip(self._tool_bar.rules, f"{rules.title}\nfrom {rules.source}\n{text}")
        for action in self._rules.actions():
            action.setChecked(action.data() == rules.name)
        self._show_notes()

    def _show_notes(self) -> None:
        """Show the notes about this store: news first, then what could not be read."""
        session = self._session
        problems = [str(problem) for problem in session.opened.problems or session.store.problems]
        builder, notes, lead = builder_note(session.store), list(session.store.notes), ""
        supposed = session.supposed
        daemon, own, foreign = session.daemon if supposed is None else supposed.own, own_rules(session), ""
        # Images from a registry do not belong to an engine: all rules suit them equally.
        differs = own is not None and not own.answers_as(daemon) and not self._is_pulled()
        if session.case.rules and (differs or own is None):
            foreign = f"This case was written for {one_line(session.case.rules)}; you are using {daemon.title}."
        elif own is not None and differs:
            whose = "This store's engine" if own.basis is DaemonBasis.ENGINE else "By default, this store"
            foreign = f"{whose} uses the rules of {own.title}; you are using the rules of {daemon.title}."
        elif own is not None and own.answers_as(daemon):
            why = own.sentence if own.basis in (DaemonBasis.IMAGES, DaemonBasis.NEWEST) else ""
            lead = " ".join(filter(None, (why, own.note)))
        back = f"&Use the {owner(own)}'s own rules" if own is not None and differs else ""
        offer = "Your edited probe from an earlier session was saved." if session.edits.offered else ""
        buttons = (
            *(((back, self._rules_menu.choose_own),) if back else ()),
            *((("Restore the &edited probe", self._restore_edited),) if offer else ()),
        )
        unknown = [doubt for doubt in session.store.common_doubts if doubt.aspect not in UNREAD_ASPECTS]
        if unknown:
            words = "; ".join(ASPECT_WORDS[doubt.aspect] for doubt in unknown)
            notes.append(f"For every image, these facts are uncertain: {words}.")
        reasons = [f"{ASPECT_WORDS[doubt.aspect]}: {' '.join(doubt_sentences(doubt))}" for doubt in unknown]
        news = self._news
        count = counted(len(problems), "entry", "entries")
        unread = f"{count} could not be read; the rest are shown. {_first(problems)}" if problems else ""
        if news is not None:
            kind: Kind = "problem" if problems or foreign else news.kind
            details = [*news.details, *problems]
            text = " ".join(filter(None, (news.text, unread, foreign, offer)))
            self._notice.show_text(kind, text, details, (*news.buttons, *buttons))
        elif problems:
            text = " ".join(filter(None, (foreign, unread, offer)))
            self._notice.show_text("problem", text, [*problems, *filter(None, (lead,)), *notes, *reasons], buttons)
        elif foreign:
            text = " ".join(filter(None, (foreign, *notes, offer)))
            self._notice.show_text("problem", text, reasons, buttons)
        elif offer or lead or builder or notes:
            # For an engine, the rest is folded away: the line shows only which builder uses this cache.
            text = " ".join(filter(None, (lead, builder, *(() if builder else notes), offer)))
            self._notice.show_text("note", text, [*(notes if builder else ()), *reasons], buttons)
        is_loud = bool(news or problems or foreign)
        quiet = (own if lead else None, bool(builder), tuple(notes), session.edits.offered)
        self._shown = None if is_loud else quiet
        has_message = is_loud or bool(offer or lead or builder or notes)
        self._notice.setVisible(has_message and (is_loud or quiet != self._closed))

    def _restore_edited(self) -> None:
        self._session.places.restore_offered()
        self._show_notes()

    def _show_answer(self) -> None:
        answer, marks = self._session.answer, self._workspace.images.model.marks
        if answer is None:
            self._status.show_no_answer()
        elif marks is not None:
            self._status.show_answer(answer, marks.candidate_count, marks.source_count)
        self._show_edit()
        if self._session.case.probes:
            self._tool_bar.name_probe(self._session.probe_number)

    def _show_edit(self) -> None:
        answer = self._session.answer
        is_found = answer is not None and answer.explanation.further.is_found
        self._commands.apply.setEnabled(is_found and answer is not None and answer.explanation.edit is not None)

    def _show_undo(self) -> None:
        stack, commands = self._session.document.undo_stack, self._commands
        for action, word, able, text in (
            (commands.undo, "Undo", stack.canUndo(), stack.undoText()),
            (commands.redo, "Redo", stack.canRedo(), stack.redoText()),
        ):
            phrase = one_line(text)[:60]
            action.setText(f"&{word} {phrase.replace('&', '&&')}".strip())
            set_tip(action, f"{word}: {phrase}" if phrase else f"Nothing to {word.lower()}")
            action.setEnabled(able)

    def _fill_rules(self) -> None:
        before = None
        for rules in RULE_SETS.values():
            if before is not None and rules.store is not before:
                self._commands.rules_menu.addSeparator()
            before = rules.store
            action = self._commands.rules_menu.addAction(rules.title.replace("&", "&&"))
            action.setCheckable(True)
            action.setData(rules.name)
            self._rules.addAction(action)
            connect(action, lambda name=rules.name: self._choose_rules(name))

    def _fill_platforms(self) -> None:
        menu = self._commands.platform_menu
        menu.clear()
        images = self._session.store.images[:_MAX_IMAGES_WITH_PLATFORM]
        results = {str(variant.platform) for image in images for variant in image.variants}
        chosen = self._opener.platform or _PLATFORMS[0]
        for platform in sorted(results - {"?/?", "unknown/unknown"} | set(_PLATFORMS) | {chosen}):
            action = menu.addAction(one_line(platform).replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(platform == chosen)
            connect(action, lambda platform=platform: self._choose_platform(platform))
        self._tool_bar.show_text(self._tool_bar.platform, "Platform", chosen)

    def choose_rules(self, name: str, preparing: Work | None = None) -> None:
        """Use another rule set, which the user chose. ``preparing``: see `Switcher.switch`."""
        self._choose_rules(name, preparing)

    def _choose_rules(self, name: str, preparing: Work | None = None) -> None:
        if self._is_pulled_otherwise(name):
            self._opener.reload(name)
            return
        self._switcher.switch(name, preparing)

    def _keep_rules(self) -> None:
        """Keep the previous rules, since the preparation of the chosen ones was canceled."""
        self._show_rules()
        self._status.show_text(f"The rules are still {self._session.cache.rules.title}")

    def _is_pulled_otherwise(self, name: str) -> bool:
        """Whether engines with these rules would give pulled images other ids than those in the open store."""
        release = self._session.store.release
        if not name or release is None or not self._is_pulled():
            return False
        return rules_named(name).rules.store is not release.kind

    def _is_pulled(self) -> bool:
        """Whether the open store is from a registry."""
        return parse_location(self._session.opened.location).source.is_pulled

    def _choose_platform(self, platform: str) -> None:
        self._opener.platform = platform
        self._opener.reload()

    def _read_place(self, place: Place, then: Callable[[], object]) -> None:
        session = self._session
        is_near, prepare = partial(session.places.is_near, place), partial(session.places.prepare, place)
        self._case_reader.read(session.opened.cases, place[0], then, is_near, prepare)

    def _step_case(self, step: int) -> None:
        self._session.places.choose_case((self._session.case_number + step) % len(self._session.opened.cases))

    def _step_probe(self, step: int) -> None:
        if self._session.case.probes:
            self._session.places.choose_probe((self._session.probe_number + step) % len(self._session.case.probes))


def _first(problems: Sequence[str]) -> str:
    """Return the first problem, shortened if it is long, so that its cause is visible without the details."""
    text = one_line(problems[0])
    text = text if len(text) <= _MAX_PROBLEM_CHARACTERS else f"{text[: _MAX_PROBLEM_CHARACTERS - 1]}…"
    return f"{'First: ' if len(problems) > 1 else ''}{text}{'' if text.endswith(('.', '…')) else '.'}"


def _case_title(cases: Sequence[OpenedCase], place: int) -> str:
    """Return the title of a case in a suite, without reading the case."""
    name, is_named = case_name(cases, place)
    return f"{place + 1}  {name}" if is_named else name
