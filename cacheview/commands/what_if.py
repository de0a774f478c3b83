"""The option ``--what-if``, which applies hypothetical changes to a command's store."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from typing import Final

from cacheview.cases import Daemon
from cacheview.commands.opening import mention_problems
from cacheview.model import NO_CONTAINERS, DataError, ImageStore, Release
from cacheview.output import complain
from cacheview.stores.containers import containers_of
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation
from cacheview.usage import UsageError
from cacheview.whatif.apply import CONTAINERS_NOT_READ, ChangedStore, apply, unchanged
from cacheview.whatif.change import Prune, Remove
from cacheview.whatif.specs import FORMS, parse_change

__all__ = ["CHANGES", "add_what_if", "changed_store", "refuse_with_what_if"]


def _listed() -> str:
    width = max(len(form.text) for form in FORMS) + 3
    return "\n".join(f"  {form.text:<{width}}{form.meaning}" for form in FORMS)


CHANGES: Final = f"CHANGE is one of\n{_listed()}\n"


def add_what_if(parser: argparse.ArgumentParser) -> None:
    """Add the options for a hypothetical store."""
    parser.add_argument(
        "--what-if",
        metavar="CHANGE",
        action="append",
        default=[],
        help="answer as if this change had been made to the store (see below); the store itself is not changed. "
        "May be repeated; the changes are applied in order",
    )
    parser.add_argument(
        "--no-containers",
        action="store_true",
        help="with --what-if: assume that no container uses any of the images (default: read the containers from the "
        "engine or data root)",
    )


def refuse_with_what_if(options: argparse.Namespace, *others: str) -> None:
    """Raise `UsageError` if ``--what-if`` is combined with one of ``others``: an option, or an option and its value."""
    for other in others:
        name, _, value = other.partition(" ")
        given = getattr(options, name.removeprefix("--").replace("-", "_"))
        if options.what_if and (given == value if value else given):
            raise UsageError(f"{other} cannot be combined with --what-if")


def changed_store(options: argparse.Namespace, store: ImageStore, daemon: Daemon) -> ChangedStore | None:
    """Return the store after the requested changes; None if there are none. Raises `UsageError`."""
    if not options.what_if:
        if options.no_containers:
            raise UsageError("--no-containers works only with --what-if")
        return None
    state = unchanged(store, daemon, NO_CONTAINERS if options.no_containers else CONTAINERS_NOT_READ)
    try:
        for text in options.what_if:
            change = parse_change(text, partial(_opened, state.daemon))
            if isinstance(change, Prune | Remove) and state.containers is CONTAINERS_NOT_READ:
                state = replace(state, containers=containers_of(store))
            state = apply(state, change)
    except DataError as error:
        raise UsageError(f"--what-if: {error}") from error
    if state.daemon.note and state.daemon.note != daemon.note:
        complain(state.daemon.note)
    return state


def _opened(daemon: Daemon, location: str) -> OpenedLocation:
    """Open another store and report its problems on standard error. ``daemon``: the daemon that its images move to."""
    opened = open_store(location, platform=daemon.platform, puller=Release(daemon.rules.store, daemon.version))
    mention_problems(opened)
    return opened
