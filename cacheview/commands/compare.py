"""``cacheview compare``: two builds side by side, where they part, and why."""

from __future__ import annotations

import argparse
import copy
import os
import re
import shlex
from datetime import UTC, datetime
from typing import Final

from cacheview.commands.build_options import add_build
from cacheview.commands.looked_up import looked_up_build
from cacheview.commands.opening import add_case, mention_problems, open_case
from cacheview.diff.compare import BuildDiff, compare_builds
from cacheview.diff.context_side import side_of_context
from cacheview.diff.record_side import side_of_record
from cacheview.diff.side import BuildSide
from cacheview.dockerfile.context import CLIENTS
from cacheview.model import DataError, SuiteCase
from cacheview.model.effort import LONGEST, Effort
from cacheview.model.recorded import is_replay_line
from cacheview.output import complain, print_json
from cacheview.replay.file import ReplayCase
from cacheview.replay.tar_context import compression_of
from cacheview.report.builds import diff_as_json, diff_as_markdown, diff_as_text, hiding
from cacheview.stores.suite import read_lines
from cacheview.usage import NAMES, UsageError, add_redact, add_rules, known_rules, make_parser

__all__ = ["parser", "run"]

_HELP = """\
A and B are each one of
  RECORD        a record: of a watched build, or of `cacheview replay --record`
  RECORD#N      the build at line N of a replay file that has several
  CONTEXT       a build context, a folder or a tar, replayed in the store that --store names
The options of a build and of a store are for both sides that need them; --a and --b give further ones to one side.

exit status: 0 every step is the same and is answered alike, 1 the builds differ (with --lost: B lost the cache of a
step), 2 a side is unusable, 3 no step is known to differ, and some are not known.

{names}
examples:
  cacheview compare yesterday.jsonl today.jsonl
  cacheview compare yesterday.jsonl . --store engine: --markdown
  cacheview compare . . --store engine: --a "--client docker-cli" --b "--client docker-py"
"""

_NUMBERED: Final = re.compile(r"(.+)#([0-9]{1,9})", re.DOTALL)
_LISTED: Final = 10


def parser() -> argparse.ArgumentParser:
    """Its options."""
    result = make_parser(
        "cacheview compare",
        "Compare two builds: where they part, and why. Nothing is built.",
        _HELP.format(names=NAMES),
    )
    result.add_argument("a_side", metavar="A", help="the first build: see below")
    result.add_argument("b_side", metavar="B", help="the second build")
    _add_side(result)
    result.add_argument("--a", metavar="OPTIONS", default="", help='further options of A alone: --a "--target test"')
    result.add_argument("--b", metavar="OPTIONS", default="", help="further options of B alone")
    add_redact(result)
    shown = result.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    shown.add_argument("--markdown", action="store_true", help="print Markdown, for a comment on a pull request")
    shown.add_argument("--brief", action="store_true", help="print only the answer, in at most three lines")
    result.add_argument(
        "--lost", action="store_true", help="exit status 1 only where B lost the cache of a step that A had"
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Returns the exit status. Raises `UsageError`."""
    try:
        with Effort(2 * LONGEST).spent():
            sides = (_side(options.a_side, options, options.a, "A"), _side(options.b_side, options, options.b, "B"))
            diff = compare_builds(*sides)
    except DataError as error:
        raise UsageError(str(error)) from error
    hide = hiding(diff, env="env" in options.redact, labels="labels" in options.redact)
    if options.json:
        print_json(diff_as_json(diff, hide))
    elif options.markdown:
        print(diff_as_markdown(diff, hide))
    else:
        print(diff_as_text(diff, hide, is_brief=options.brief))
    return _status(diff, only_lost=options.lost)


def _status(diff: BuildDiff, *, only_lost: bool) -> int:
    if only_lost:
        return 1 if diff.lost else 0 if diff.is_same is not None else 3
    return {True: 0, False: 1, None: 3}[diff.is_same]


def _side(name: str, shared: argparse.Namespace, own: str, letter: str) -> BuildSide:
    """Raises `DataError`, `UsageError`."""
    try:
        words = shlex.split(own)
    except ValueError as error:
        raise UsageError(f"--{letter.lower()}: {error}") from error
    options = _side_parser(letter).parse_args(words, namespace=copy.copy(shared))
    known_rules(options.rules)
    path, line = _numbered(name)
    if line or _may_be_record(path):
        case = _record(path, line)
        if case is not None:
            return side_of_record(case, name)
    return _context_side(name, options)


def _numbered(name: str) -> tuple[str, int]:
    """The path of a replay file, and the line of the build in it; 0: none is named."""
    match = None if os.path.exists(name) else _NUMBERED.fullmatch(name)
    return (match[1], int(match[2])) if match is not None and os.path.exists(match[1]) else (name, 0)


def _may_be_record(path: str) -> bool:
    """Whether a file begins as a replay file may: with an object, or compressed."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=path) from error
    return head.lstrip()[:1] == b"{" or bool(compression_of(head))


def _record(path: str, line: int) -> ReplayCase | None:
    """A build of a replay file; None: the file is something else, such as a compressed tar.

    Raises:
        DataError: it cannot be read, or it is not plain which of its builds is meant.
    """
    found: ReplayCase | None = None
    numbers: list[int] = []
    first: DataError | None = None
    for number, each in read_lines(path, lambda data: ReplayCase if is_replay_line(data) else SuiteCase):
        if line and number < line:
            continue
        if isinstance(each, DataError):
            first = first or each
        elif isinstance(each, ReplayCase):
            found = each
            numbers.append(number)
        if line or len(numbers) > _LISTED:
            break
    if found is None:
        if line or (first is not None and not _is_compressed(path)):
            raise first or DataError("there is no build at this line", where=f"{path}#{line}")
        if first is None:
            raise DataError("the file has no record of a build", where=path)
        return None
    if len(numbers) > 1:
        listed = ", ".join(f"#{number}" for number in numbers[:_LISTED])
        more = ", …" if len(numbers) > _LISTED else ""
        raise DataError(f"the file has several builds; name one, such as {path}#{numbers[0]} ({listed}{more})")
    return found


def _is_compressed(path: str) -> bool:
    with open(path, "rb") as file:
        return bool(compression_of(file.read(512)))


def _context_side(name: str, options: argparse.Namespace) -> BuildSide:
    if options.store is None:
        raise UsageError(f"{name}: a build context is replayed in a store; name it with --store")
    options.context = name
    platform = options.platform or os.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    opened, case = open_case(options, options.rules, platform)
    mention_problems(opened)
    looked_up = looked_up_build(options, case)
    client = looked_up.build.client
    sent = looked_up.sent_by(client)
    for note in looked_up.build.notes:
        complain(note)
    title = f"{name} in {options.store}"
    return side_of_context(sent, looked_up.cache, looked_up.daemon, title, at=datetime.now(UTC))


def _side_parser(letter: str) -> argparse.ArgumentParser:
    result = make_parser(f"cacheview compare --{letter.lower()}", f"Options of {letter} alone.", "")
    _add_side(result)
    return result


def _add_side(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="STORE", help="the store to look up build contexts in: see below")
    add_case(parser)
    add_build(parser)
    parser.add_argument(
        "--client", metavar="CLIENT", default="", help=f"what sends the context: {', '.join(CLIENTS)}; a version counts"
    )
    parser.add_argument(
        "--download-layers", action="store_true", help="download images of a running engine whose layers are needed"
    )
    add_rules(parser, "rule set to use (default: the store's own)")
