"""The store that a command names, and the case of it."""

from __future__ import annotations

import argparse

from cacheview.model import DataError
from cacheview.output import complain
from cacheview.stores.open import open_store
from cacheview.stores.opened import Case, Opened
from cacheview.usage import UsageError, chosen

__all__ = ["add_case", "mention_problems", "open_case"]


def add_case(parser: argparse.ArgumentParser) -> None:
    """The option ``--case``."""
    parser.add_argument("--case", metavar="CASE", help="the case of a suite, by name or number (default: 1)")


def open_case(options: argparse.Namespace) -> tuple[Opened, Case]:
    """The store of ``STORE`` or ``--store``, and the case of ``--case``. Raises `UsageError`."""
    try:
        opened = open_store(options.store)
    except DataError as error:
        raise UsageError(str(error)) from error
    return opened, opened.cases[chosen("case", options.case or "1", [case.name for case in opened.cases])]


def mention_problems(opened: Opened) -> None:
    """Say on standard error what of a store was not read."""
    for problem in opened.problems:
        complain(f"not read: {problem}")
