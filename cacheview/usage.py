"""Functions that the commands share: usage errors, names of stores, and the choice of rules."""

from __future__ import annotations

import argparse
import textwrap
from functools import partial
from typing import Final, NoReturn

from cacheview.cases import Daemon, daemon_of, rules_named
from cacheview.engine.builders import builder_note, uses_buildkit
from cacheview.engine.rulesets.releases import RuleSetChoice
from cacheview.engine.words.choosing import HOW_TO_CHOOSE
from cacheview.faults import UsageError
from cacheview.model import DataError, ImageStore
from cacheview.output import complain
from cacheview.stores.locations import LOCATION_KINDS
from cacheview.stores.opened_location import OpenedCase
from cacheview.wording import counted

__all__ = [
    "ALL_RULES",
    "NAMES",
    "UsageError",
    "add_redact",
    "add_rules",
    "chosen",
    "daemon_for",
    "known_rules",
    "make_parser",
    "mention_builder",
]


def _named() -> str:
    """Return each form of a location and its meaning, in two columns."""
    width = max(len(form) for source in LOCATION_KINDS for form, _ in source.forms) + 3
    fold = partial(
        textwrap.wrap, width=_MAX_LINE_CHARACTERS, subsequent_indent=" " * (width + 2), break_on_hyphens=False
    )
    lines = [fold(f"  {form:<{width}}{meaning}") for source in LOCATION_KINDS for form, meaning in source.forms]
    return "\n".join(line for folded in lines for line in folded)


_MAX_LINE_CHARACTERS: Final = 120
ALL_RULES: Final = "all"
"""The value of ``--rules`` that compares all rule sets."""
NAMES: Final = f"STORE is one of\n{_named()}\n"


class Parser(argparse.ArgumentParser):
    """A parser that raises `UsageError` where argparse would print a usage message and exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. `{self.prog} --help` lists the options")


def make_parser(prog: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """Create a parser whose errors are `UsageError`."""
    parser = Parser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="if cacheview fails because of a bug, print the full traceback for the bug report",
    )
    return parser


def add_rules(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option ``--rules``. ``what`` describes its effect, for the help."""
    parser.add_argument("--rules", metavar="NAME", help=f"{what}; {HOW_TO_CHOOSE}")


def add_redact(parser: argparse.ArgumentParser, where: str = "the file") -> None:
    """Add the option ``--redact``. ``where`` names the place of the values, for the help."""
    parser.add_argument(
        "--redact",
        metavar="WHAT",
        choices=("env", "labels"),
        action="append",
        default=[],
        help=f"in {where}, replace the values of env (environment variables and build arguments) or labels with "
        "placeholders; may be repeated",
    )


def chosen(what: str, given: str, names: list[str]) -> int:
    """Return the index of the entry that was given by name or number (from 1). Raises `UsageError`."""
    if given in names:
        return names.index(given)
    if given.isascii() and given.isdecimal() and len(given) < 10 and 1 <= int(given) <= len(names):
        return int(given) - 1
    named = ", ".join(filter(None, names[:10]))
    listed = f" ({named}{', …' if len(names) > 10 else ''})" if named else ""
    raise UsageError(f"there is no {what} {given!r}; available: {counted(len(names), what)}{listed}")


def mention_builder(store: ImageStore) -> None:
    """Report on standard error if plain ``docker build`` does not use this cache, or may not."""
    if uses_buildkit(store) is not False and (note := builder_note(store)):
        complain(note)


def known_rules(name: str | None) -> RuleSetChoice | None:
    """Return the rules of ``--rules``; None if not given. Raises `UsageError` for an unknown name."""
    if not name:
        return None
    try:
        return rules_named(name)
    except DataError as error:
        raise UsageError(_without_rules(name, error)) from error


def daemon_for(case: OpenedCase, rules: str | None) -> Daemon:
    """Return the daemon whose answers are computed for a case, given ``--rules``; remarks go to standard error.

    Raises `UsageError` for unknown rules.
    """
    try:
        daemon = daemon_of(case, rules or "")
    except DataError as error:
        raise UsageError(_without_rules(rules, error)) from error
    if daemon.note:
        complain(daemon.note)
    return daemon


def _without_rules(name: str | None, error: DataError) -> str:
    """Say why there are no rules. ``name``: the value of ``--rules``; empty: the case names the rules."""
    if not name:
        return f"{error}. Choose a rule set with --rules"
    return "--rules all works only with `cacheview explain`" if name == ALL_RULES else f"--rules: {error}"
