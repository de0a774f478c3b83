"""The commands of the command line as a table."""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from typing import Final, Protocol, cast

__all__ = ["COMMANDS", "SHELLS", "Command", "CommandModule"]


class CommandModule(Protocol):
    """The interface of a command's module."""

    def parser(self) -> argparse.ArgumentParser:
        """Return the parser of the command's options."""

    def run(self, options: argparse.Namespace) -> int:
        """Run the command and return the exit status. Raises `UsageError`."""


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    Attributes:
        name: its name, and that of its module.
        arguments: its first arguments, as in the list of commands.
        summary: a description for the list of commands.
    """

    name: str
    arguments: str
    summary: str

    @property
    def module(self) -> CommandModule:
        """Its module, loaded on first use: commands for builds import a lot that the window does not need."""
        return cast("CommandModule", importlib.import_module(f"cacheview.commands.{self.name}"))


COMMANDS: Final = (
    Command("explain", "STORE …", "explain the cache's answer to one probe"),
    Command("audit", "STORE", "list the hazards in a store"),
    Command("check", "SUITE …", "run suites and replay files, and compare the results with the expected ones"),
    Command("replay", "CONTEXT …", "look up each step of a Dockerfile in the cache, without building"),
    Command("compare", "A B", "show where two builds first differ, and why"),
    Command("save", "STORE FILE", "save a store to a suite file that opens on any machine"),
    Command("watch", "", "show builds as they happen, and why steps miss the cache"),
)

SHELLS: Final = ("bash", "fish", "zsh")
"""The shells that have a completion script."""
