"""The manual page, generated from ``--help``: ``python -m cacheview.manual > resources/man/cacheview.1``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from itertools import groupby

from cacheview import __version__
from cacheview.cli import commands_listed, window_parser
from cacheview.commands.table import COMMANDS
from cacheview.usage import NAMES

__all__ = ["manual"]


def manual() -> str:
    """Return the page in roff, with a section for each command."""
    window = window_parser()
    lines = [
        f'.TH CACHEVIEW 1 "" "cacheview {__version__}" "User Commands"',
        ".SH NAME",
        rf"cacheview \- {_escaped(_lower(_description(window).rstrip('.')))}",
        ".SH SYNOPSIS",
        *_synopsis("cacheview", window),
    ]
    for command in COMMANDS:
        lines += [".br", *_synopsis(f"cacheview {command.name}", command.module.parser())]
    lines += [".SH OPTIONS", *_options(window), ".SH STORES", *_text(NAMES), ".SH NOTES", *_text(_epilog(window))]
    for command in COMMANDS:
        parser = command.module.parser()
        lines += [f".SH CACHEVIEW {command.name.upper()}", *_text(_description(parser)), *_options(parser)]
        lines += _text(_epilog(parser))
    return "\n".join(lines) + "\n"


def _lower(text: str) -> str:
    """Return a text without its capital, as in the line that indexes of manual pages show."""
    return text[:1].lower() + text[1:]


def _description(parser: argparse.ArgumentParser) -> str:
    return parser.description or ""


def _epilog(parser: argparse.ArgumentParser) -> str:
    """Return the text after the options, without the list of commands and the kinds of store, which has a section."""
    blocks = (parser.epilog or "").replace(NAMES, "").replace(commands_listed(), "").split("\n\n")
    return "\n\n".join(block.strip("\n") for block in blocks if block.strip("\n"))


def _synopsis(prog: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    given = [_argument(action) for action in parser._actions if not action.option_strings]
    needed = [f"{action.option_strings[-1]} {action.metavar}" for action in _named(parser) if action.required]
    yield _escaped(" ".join((prog, "[OPTION]…", *needed, *given)))


def _argument(action: argparse.Action) -> str:
    name = str(action.metavar)
    return {"?": f"[{name}]", "+": f"{name}…", "*": f"[{name}]…"}.get(str(action.nargs), name)


def _named(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.option_strings and action.help != argparse.SUPPRESS]


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    given = [action for action in parser._actions if not action.option_strings]
    for action in (*given, *_named(parser)):
        yield from (".TP", _label(action), _escaped(_help(action)))


def _label(action: argparse.Action) -> str:
    if not action.option_strings:
        return rf"\fI{_escaped(str(action.metavar))}\fR"
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else "")
    shown = rf" \fI{_escaped(str(value))}\fR" if action.nargs != 0 and value else ""
    return ", ".join(rf"\fB{_escaped(name)}\fR{shown}" for name in action.option_strings)


def _help(action: argparse.Action) -> str:
    text = (action.help or "").replace("%%", "%")
    return text.replace("(see below)", "(see STORES)") if action.metavar == "STORE" else text


def _text(text: str) -> Iterator[str]:
    """Yield paragraphs. Indented text stays unchanged, and two columns become a list."""
    for paragraph in filter(None, text.split("\n\n")):
        yield ".PP"
        for indented, group in groupby(paragraph.splitlines(), key=lambda line: line.startswith("  ")):
            lines = list(group)
            if not indented:
                yield _escaped(" ".join(lines))
            elif columns := _columns(lines):
                for label, meaning in columns:
                    yield from (".TP", rf"\fI{_escaped(label)}\fR", _escaped(meaning))
            else:
                yield from (".RS 2", ".nf", *(_escaped(line.strip()) for line in lines), ".fi", ".RE")


def _columns(lines: list[str]) -> list[tuple[str, str]]:
    """Return the rows of two columns. Lines that are indented further continue the previous row.

    Empty: not two columns.
    """
    rows: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("     ") and rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line.strip()}")
        elif match := re.fullmatch(r" {2}(\S.*?) {2,}(\S.*)", line):
            rows.append((match[1], match[2]))
        else:
            return []
    return rows


def _escaped(text: str) -> str:
    """Escape text for roff."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    print(manual(), end="")
