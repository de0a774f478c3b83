"""Opens the store and the case that a command names."""

from __future__ import annotations

import argparse

from cacheview.cases import rules_named
from cacheview.model import DataError, SpecifierError
from cacheview.output import complain
from cacheview.platforms import HOST, parse_specifier
from cacheview.stores.locations import parse_location
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedCase, OpenedLocation
from cacheview.stores.suite_cases import case_name
from cacheview.usage import UsageError, chosen

__all__ = ["add_case", "mention_problems", "open_case"]


def add_case(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--case``."""
    parser.add_argument("--case", metavar="CASE", help="the case to use from the suite, by name or number (default: 1)")


def open_case(options: argparse.Namespace, rules: str | None, platform: str = "") -> tuple[OpenedLocation, OpenedCase]:
    """Open the store of ``STORE`` or ``--store``, and the case of ``--case``.

    From a registry, it opens the images that an engine with these rules would pull for the platform.

    Args:
        rules: the value of ``--rules``; None: the store's own rules.
        platform: the value of ``--platform``.

    Raises `UsageError`.
    """
    try:
        is_pulled = parse_location(options.store).source.is_pulled
        opened = _pulled(options.store, rules, platform) if is_pulled else open_store(options.store)
    except DataError as error:
        raise UsageError(str(error)) from error
    names = [case_name(opened.cases, place)[0] for place in range(len(opened.cases))]
    return opened, opened.cases[chosen("case", options.case or "1", names)]


def _pulled(location: str, rules: str | None, platform: str) -> OpenedLocation:
    puller = rules_named(rules).puller if rules else None
    try:
        wanted = parse_specifier(platform, HOST) if platform else None
    except SpecifierError as error:
        raise UsageError(f"--platform: {error.what}") from error
    return open_store(location, platform=wanted, puller=puller)


def mention_problems(opened: OpenedLocation) -> None:
    """Report on standard error which parts of a store were not read."""
    for problem in opened.problems:
        complain(f"not read: {problem}")
