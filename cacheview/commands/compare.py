"""``cacheview compare``: compares two builds side by side, with the first difference and its reason."""

from __future__ import annotations

import argparse
import copy
import os
import shlex
from datetime import UTC, datetime

from cacheview.commands.build_lookup import looked_up_build, opened_layers
from cacheview.commands.build_options import ALL_CLIENTS, add_build
from cacheview.commands.opening import add_case, mention_problems, open_case
from cacheview.diff.compare import BuildDiff, compare_builds
from cacheview.diff.context_side import side_of_context
from cacheview.diff.image_side import IMAGE, side_of_image
from cacheview.diff.record_files import record_by_name
from cacheview.diff.record_side import side_of_record
from cacheview.diff.remembered_events import with_events_of
from cacheview.diff.side import BuildSide, SideKind
from cacheview.dockerfile.context import CLIENTS
from cacheview.model import DataError
from cacheview.model.effort import QUESTION_SECONDS, Effort
from cacheview.output import complain, print_json
from cacheview.regular import is_missing
from cacheview.report.builds import diff_as_json, diff_as_markdown, diff_as_text, hiding
from cacheview.stores.locations import ENGINE, parse_location
from cacheview.usage import NAMES, UsageError, add_redact, add_rules, daemon_for, known_rules, make_parser

__all__ = ["parser", "run"]

_STDIN = "-"
_HELP = """\
A and B are each one of
  RECORD        a record of a watched build, or one written by `cacheview replay --record`
  RECORD#N      the build on line N of a replay file with several builds
  CONTEXT       a build context (folder or tar file), replayed against the store given with --store
  image:NAME    an image in the store given with --store; its history and layers show how it was built

Build and store options apply to each side that needs them; --a and --b add options to one side only.

exit status: 0 every step is the same and has the same result, 1 the builds differ (with --lost: B misses the
cache at a step where A hits it), 2 a side cannot be used, 3 no step is known to differ, but some are unknown.

{names}
examples:
  cacheview compare yesterday.jsonl today.jsonl
  cacheview compare yesterday.jsonl . --store engine: --markdown
  cacheview compare today.jsonl image:app:1 --store engine:
  cacheview compare . . --store engine: --a "--client docker-cli" --b "--client docker-py"
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser(
        "cacheview compare",
        "Show where two builds first differ, and why. Nothing is built.",
        _HELP.format(names=NAMES),
    )
    result.add_argument("a_side", metavar="A", help="the first build (see below)")
    result.add_argument("b_side", metavar="B", help="the second build")
    _add_side(result)
    result.add_argument(
        "--a", metavar="OPTIONS", default="", help='options for A only, such as --a "--target test" or --a=--pull'
    )
    result.add_argument("--b", metavar="OPTIONS", default="", help="options for B only")
    add_redact(result, "the output")
    shown = result.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    shown.add_argument("--markdown", action="store_true", help="print Markdown, for a comment on a pull request")
    shown.add_argument("--brief", action="store_true", help="print only the answer, in at most three lines")
    result.add_argument(
        "--lost", action="store_true", help="exit with status 1 only if B misses the cache at a step where A hits it"
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    try:
        with Effort(2 * QUESTION_SECONDS).spent():
            given = (_options(options, options.a, "A"), _options(options, options.b, "B"))
            a = _side(options.a_side, given[0])
            is_read = a.kind is SideKind.CONTEXT and _STDIN in (options.a_side, given[0].file)
            b = _side(options.b_side, given[1], stdin_is_read=is_read)
            diff = _with_events(compare_builds(a, b), given[1].store or "")
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


def _with_events(diff: BuildDiff, location: str) -> BuildDiff:
    """Add the events since A that the engine of B's ``--store`` still has, if they can explain anything."""
    place = parse_location(location)
    if place.source is not ENGINE:
        return diff
    try:
        return with_events_of(place.target, diff)
    except DataError as error:
        complain(f"the engine's events could not be read: {error}")
        return diff


def _status(diff: BuildDiff, *, only_lost: bool) -> int:
    if only_lost:
        return 1 if diff.lost_cache_rows else 0 if diff.is_same is not None else 3
    return {True: 0, False: 1, None: 3}[diff.is_same]


def _options(shared: argparse.Namespace, own: str, letter: str) -> argparse.Namespace:
    """Return the options of one side. Raises `UsageError`."""
    try:
        words = shlex.split(own)
    except ValueError as error:
        raise UsageError(f"--{letter.lower()}: {error}") from error
    options = _side_parser(letter).parse_args(words, namespace=copy.copy(shared))
    known_rules(options.rules)
    return options


def _side(name: str, options: argparse.Namespace, *, stdin_is_read: bool = False) -> BuildSide:
    """Return one side of the comparison. Raises `DataError`, `UsageError`."""
    if name.startswith(IMAGE):
        return _image_side(name.removeprefix(IMAGE), options)
    if options.client == ALL_CLIENTS:
        raise UsageError(
            "--client all works only with `cacheview replay`; specify one client, or one for each side with --a and --b"
        )
    case = record_by_name(name) if options.compose is None else None  # otherwise it names a service
    if case is not None:
        for problem in case.problems:
            complain(f"not read: {problem}")
        return side_of_record(case, name)
    if stdin_is_read and _STDIN in (name, options.file):
        raise UsageError("only one side can be read from standard input")
    return _context_side(name, options)


def _image_side(name: str, options: argparse.Namespace) -> BuildSide:
    if options.store is None:
        raise UsageError(f"{IMAGE}{name}: use --store to specify the store that contains the image")
    opened, case = open_case(options, options.rules, options.platform or "")
    mention_problems(opened)
    daemon = daemon_for(case, options.rules)
    image = case.store.resolve_for(name, daemon.rules.store)
    layers = opened_layers(case.store, downloads=options.download_layers)
    return side_of_image(case.store, image, daemon, f"{name} in {options.store}", layers)


def _context_side(name: str, options: argparse.Namespace) -> BuildSide:
    if options.store is None:
        raise UsageError(f"{name}: {_why_no_side(name, options)}")
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


def _why_no_side(name: str, options: argparse.Namespace) -> str:
    """Say why a side without a store cannot be used, if it is neither an image nor a record."""
    if options.compose is None and name != _STDIN:
        if is_missing(name):
            return "there is no such record or build context. Check the path"
        if os.path.isfile(name):
            return "is not a record; to replay it as a build context, specify a store with --store"
    return "replaying a build context requires a store; specify one with --store"


def _side_parser(letter: str) -> argparse.ArgumentParser:
    result = make_parser(f"cacheview compare --{letter.lower()}", f"Options for {letter} only.", "")
    _add_side(result)
    return result


def _add_side(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        metavar="STORE",
        help="the store to replay build contexts against or to take images from (see below)",
    )
    add_case(parser)
    add_build(parser)
    parser.add_argument(
        "--client",
        metavar="CLIENT",
        default="",
        help=f"the client that sends the context: {', '.join(CLIENTS)}, or a program and its version",
    )
    parser.add_argument(
        "--download-layers",
        action="store_true",
        help="download images from a running engine if their layers are needed",
    )
    add_rules(parser, "rule set to use (default: the store's own)")
