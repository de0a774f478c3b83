"""Shell completion of the command line, generated from the options of the commands."""

from __future__ import annotations

import argparse
from typing import Final

import shtab

from cacheview.commands.table import COMMANDS

__all__ = ["completion"]

_PATHS: Final = {
    "CONTEXT": shtab.FILE,
    "FILE": shtab.FILE,
    "FOLDER": shtab.DIRECTORY,
    "STORE": shtab.FILE,
    "SUITE": shtab.FILE,
}
"""The kind of path to complete, by the metavar in the help."""


def completion(window: argparse.ArgumentParser, shell: str) -> str:
    """Return the script for a shell.

    Args:
        window: the options of ``cacheview`` without a command.
        shell: one of `table.SHELLS`.
    """
    # STORE is left out: it would hide the commands. Text that does not begin a command is completed as a path.
    whole = argparse.ArgumentParser(window.prog, add_help=False)
    for action in _with_paths(window)._actions:
        if action.option_strings:
            whole._add_action(action)
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        parser = command.module.parser()
        commands.add_parser(command.name, parents=[_with_paths(parser)], add_help=False, help=command.summary)
    return shtab.complete(whole, shell) + "\n"


def _with_paths(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    for action in parser._actions:
        if isinstance(action.metavar, str) and action.metavar in _PATHS:
            action.complete = _PATHS[action.metavar]  # type: ignore[attr-defined]  # where shtab looks
    return parser
