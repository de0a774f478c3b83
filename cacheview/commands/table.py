"""The commands of the command line as a table."""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from typing import Final, Protocol, cast

__all__ = ["COMMANDS", "Command", "CommandModule"]


class CommandModule(Protocol):
    """The module of a command. ``run`` returns the exit status, and raises `UsageError`."""

    def parser(self) -> argparse.ArgumentParser: ...

    def run(self, options: argparse.Namespace) -> int: ...


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    Attributes:
        name: what it is called by, and the name of its module.
        arguments: the first of them, as the list of commands shows them.
        summary: what it gives.
    """

    name: str
    arguments: str
    summary: str

    @property
    def module(self) -> CommandModule:
        """Its module, loaded when it is needed: builds bring in much that the window need not wait for."""
        return cast("CommandModule", importlib.import_module(f"cacheview.commands.{self.name}"))


COMMANDS: Final = (
    Command("explain", "STORE …", "one probe: verdict, deciding check and explanation"),
    Command("audit", "STORE", "the hazards of a whole store by a rule set"),
    Command("check", "SUITE …", "run suites of probes, and records of builds, with what is expected of each"),
    Command("replay", "CONTEXT …", "a Dockerfile, step by step, without building"),
    Command("save", "STORE FILE", "a store written to a suite, which opens anywhere"),
    Command("watch", "", "builds as they happen, and why they miss"),
)
