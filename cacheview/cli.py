"""The command line: runs one of the commands, or opens the window without one."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cacheview import __version__
from cacheview.collector import rare_searches
from cacheview.commands.table import COMMANDS, SHELLS
from cacheview.faults import guarded
from cacheview.output import complain
from cacheview.regular import is_missing
from cacheview.replay.dockerfiles import find_dockerfile
from cacheview.usage import NAMES, UsageError, add_rules, known_rules, make_parser

__all__ = ["commands_listed", "main", "window_parser"]


_HELP: Final = """\
{commands}
{names}
To open a file with the same name as a command, such as check, use ./check.
cacheview never writes to a store.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (default: those of the process); return the exit status."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    command = next((each for each in COMMANDS if argv[:1] == [each.name]), None)

    def run() -> int:
        if command is None:
            _refuse_misspelled(argv)
            return _window(window_parser().parse_args(argv))
        with rare_searches():
            module = command.module
            return module.run(module.parser().parse_args(argv[1:]))

    return guarded(run, with_traceback="--traceback" in argv)


def _refuse_misspelled(argv: Sequence[str]) -> None:
    """Raise `UsageError` if the first argument is neither a store nor an option, but almost the name of a command."""
    first = argv[0] if argv else ""
    if first.startswith("-") or ":" in first:
        return
    near = difflib.get_close_matches(first, [each.name for each in COMMANDS], 1, 0.7)
    if near and is_missing(first):
        raise UsageError(
            f"there is no command or file {first!r}. Did you mean `cacheview {near[0]}`? `cacheview --help` lists "
            "the commands"
        )


def commands_listed() -> str:
    """Return the section of the help that lists the commands."""
    shown = [(f"  cacheview {each.name} {each.arguments}".rstrip(), each.summary) for each in COMMANDS]
    width = max(len(usage) for usage, _ in shown)
    lines = (f"{usage:<{width}}   {summary}\n" for usage, summary in shown)
    return f"commands:\n{''.join(lines)}`cacheview COMMAND --help` lists the options of a command.\n"


def window_parser() -> argparse.ArgumentParser:
    """Return the parser for the options of the window."""
    result = make_parser(
        "cacheview",
        "Show why Docker's classic builder did, or did not, reuse an image.",
        _HELP.format(commands=commands_listed(), names=NAMES),
    )
    result.add_argument(
        "store",
        metavar="STORE",
        nargs="?",
        help="the store to open (default: the running Docker Engine, or the demo if there is none)",
    )
    add_rules(result, "rule set to start with")
    result.add_argument(
        "--screenshot", metavar="FILE", type=Path, help="render the window off screen, save it as a PNG file, and exit"
    )
    result.add_argument("--size", metavar="WxH", type=_size, help="size of the window in pixels, such as 1366x768")
    result.add_argument("--scheme", choices=("light", "dark"), help="colors to use (default: the system's)")
    result.add_argument("--replay", metavar="CONTEXT", help="replay the Dockerfile of this build context")
    result.add_argument("-f", "--file", metavar="FILE", help="the Dockerfile (default: CONTEXT/Dockerfile)")
    result.add_argument(
        "--print-completion",
        metavar="SHELL",
        choices=SHELLS,
        help=f"print the completion script for a shell: {', '.join(SHELLS)}",
    )
    result.add_argument("--version", action="version", version=f"cacheview {__version__}")
    return result


def _window(options: argparse.Namespace) -> int:
    if options.print_completion is not None:
        from cacheview.commands.completion import completion  # loads a library that nothing else needs

        print(completion(window_parser(), options.print_completion), end="")
        return 0
    if (choice := known_rules(options.rules)) is not None and choice.note:
        complain(f"--rules: {choice.note}")
    replay = None
    if options.replay is not None:
        replay = (options.replay, options.file or "")
        path = find_dockerfile(*replay).path if os.path.isdir(options.replay) else Path(options.replay)
        if not os.path.isfile(path):
            raise UsageError(
                f"{path}: no such Dockerfile; specify the build context with --replay and its Dockerfile with -f"
            )
    elif options.file is not None:
        raise UsageError("-f requires a build context; specify the context with --replay")
    from cacheview.ui.app import run_window  # only the window loads Qt

    return run_window(
        options.store,
        rules=options.rules,
        screenshot=options.screenshot,
        size=options.size,
        scheme=options.scheme,
        replay=replay,
        with_traceback=options.traceback,
    )


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{2,5})x([0-9]{2,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1366x768")
    return int(match[1]), int(match[2])
