"""The command line: open the window, explain a probe, check suites."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cacheview import __version__, report
from cacheview.cases import Daemon, platform_of_probe
from cacheview.engine import ImageCache, VerdictOutcome, explain
from cacheview.engine.audit import audit
from cacheview.engine.matrix import compare
from cacheview.faults import guarded
from cacheview.model import (
    SCRATCH,
    ContainerConfig,
    DataError,
    ImageStore,
    Platform,
    Probe,
    SpecifierError,
    read_config,
)
from cacheview.model.effort import Effort
from cacheview.output import complain, print_json
from cacheview.platforms import parse_specifier
from cacheview.replay.dockerfiles import find_dockerfile
from cacheview.report import audits, matrices
from cacheview.stores.collector import rare_searches
from cacheview.stores.open import open_store
from cacheview.stores.opened import Case
from cacheview.usage import (
    NAMES,
    UsageError,
    add_rules,
    chosen,
    daemon_for,
    known_rules,
    make_parser,
    mention_builder,
)

__all__ = ["main"]

_STATUS = {
    VerdictOutcome.HIT: 0,
    VerdictOutcome.MISS: 1,
    VerdictOutcome.ERROR: 2,
    VerdictOutcome.DIVERGES: 3,
    VerdictOutcome.PANIC: 4,
    VerdictOutcome.UNKNOWN: 3,
}
"""Exit statuses of ``explain``."""

_CONFIG_LIMIT = 64 << 20
_FULL_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")

_WINDOW_HELP = """\
commands:
  cacheview explain STORE …   one probe: verdict, deciding check and explanation (see `cacheview explain --help`)
  cacheview audit STORE       the hazards of a whole store by a rule set (see `cacheview audit --help`)
  cacheview check SUITE …     run suites of probes with expected verdicts (see `cacheview check --help`)
  cacheview replay CONTEXT …  a Dockerfile, step by step, without building (see `cacheview replay --help`)
  cacheview save STORE FILE   a store written to a suite, which opens anywhere (see `cacheview save --help`)
  cacheview watch             builds as they happen, and why they miss (see `cacheview watch --help`)

{names}
A file that is called as a command is, such as check, is opened as ./check.
Nothing is ever written to a store.
"""

_EXPLAIN_HELP = """\
exit status: 0 hit, 1 miss, 2 error (of the probe, or nothing could be read), 3 unknown or diverges, 4 panic; with
--rules all that of the store's own rules.

{names}
examples:
  cacheview explain images.tar --parent alpine:3.19 --config config.json
  docker inspect -f '{{{{json .Config}}}}' IMAGE | cacheview explain images.tar --parent scratch --config - --json
  cacheview explain demo: --probe 1
"""

_AUDIT_HELP = """\
exit status: 0 no hazard, 1 some, 2 the command line or the store was unusable.

{names}
examples:
  cacheview audit engine:
  cacheview audit data-root:/var/lib/docker --rules "Docker 25.0.5, overlay2"
"""

_CHECK_HELP = """\
Prints each probe or build that differs, how many steps of builds are not known and why, then `N passed, N failed`
alone on the last line. A build counts once.
exit status: 0 all passed, 1 some failed, 2 the command line or every file was unusable.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (default: those of the process); returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    commands: dict[str, Callable[[list[str]], int]] = {
        "explain": _explain,
        "audit": _audit,
        "check": _check,
        "replay": _replay,
        "save": _save,
        "watch": _watch,
    }
    command = commands.get(given[0]) if given else None

    def run() -> int:
        if command is None:
            return _window(given)
        with rare_searches():
            return command(given[1:])

    return guarded(run, with_traceback="--traceback" in given)


def _window(arguments: list[str]) -> int:
    parser = make_parser(
        "cacheview", "Why Docker's classic builder did, or did not, reuse an image.", _WINDOW_HELP.format(names=NAMES)
    )
    parser.add_argument(
        "store",
        metavar="STORE",
        nargs="?",
        help="what to open; without it, the running Docker Engine, or else the demo",
    )
    add_rules(parser, "rule set to begin with")
    parser.add_argument("--screenshot", metavar="FILE", type=Path, help="draw the window off screen to a PNG and exit")
    parser.add_argument("--size", metavar="WxH", type=_size, help="size of the window in pixels, such as 1366x768")
    parser.add_argument("--scheme", choices=("light", "dark"), help="colours; default: those of the system")
    parser.add_argument("--replay", metavar="CONTEXT", help="replay the Dockerfile of this build context")
    parser.add_argument("-f", "--file", metavar="FILE", help="the Dockerfile (default: CONTEXT/Dockerfile)")
    parser.add_argument("--version", action="version", version=f"cacheview {__version__}")
    options = parser.parse_args(arguments)
    if (asked := known_rules(options.rules)) is not None and asked.note:
        complain(f"--rules: {asked.note}")
    replay = None
    if options.replay is not None:
        replay = (options.replay, options.file or "")
        path = find_dockerfile(*replay).path if os.path.isdir(options.replay) else Path(options.replay)
        if not path.is_file():
            raise UsageError(f"{path}: there is no such Dockerfile; --replay names a build context, -f its Dockerfile")
    elif options.file is not None:
        raise UsageError("-f names the Dockerfile of a build context: give that with --replay")
    from cacheview.ui.app import run_window  # Qt is loaded for the window alone

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


def _explain(arguments: list[str]) -> int:
    parser = make_parser(
        "cacheview explain",
        "Query the cache once and explain the answer.",
        _EXPLAIN_HELP.format(names=NAMES),
    )
    parser.add_argument("store", metavar="STORE", help="what to open, by its name: see below")
    parser.add_argument("--parent", metavar="IMAGE", help="id, beginning of an id, or name of the parent; or scratch")
    parser.add_argument(
        "--config", metavar="FILE", help="the candidate container config as JSON; - reads standard input"
    )
    parser.add_argument(
        "--cache-from", metavar="IMAGE", action="append", default=[], help="as given to docker build; may be repeated"
    )
    parser.add_argument(
        "--platform", metavar="PLATFORM", help="that the builder builds for (default: that of the engine's machine)"
    )
    parser.add_argument("--case", metavar="CASE", help="of a suite: the case, by name or number (default: 1)")
    parser.add_argument("--probe", metavar="PROBE", help="of a suite: begin with this probe, by name or number")
    add_rules(parser, "rule set to ask, by default the store's own; all: every one, as a table; else")
    parser.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    parser.add_argument("--all", action="store_true", help="list every check of every candidate and source")
    options = parser.parse_args(arguments)
    if options.rules != "all":
        known_rules(options.rules)
    case = _opened_case(options)
    daemon = daemon_for(case, options.rules if options.rules != "all" else None)
    probe = Probe()
    if options.probe is not None:
        if not case.probes:
            raise UsageError(f"{options.store} has no probes: leave out --probe and give --parent and --config")
        probe = case.probes[chosen("probe", options.probe, [probe.name for probe in case.probes])].probe
    elif options.parent is None or options.config is None:
        raise UsageError("--parent and --config are needed, or --probe for one of a suite's own")
    changes: dict[str, object] = {}
    if options.platform:
        changes["platform"] = _platform(options.platform, daemon)
    elif options.probe is None:
        parent = _parent(options.parent, case.store, daemon)
        changes["platform"] = platform_of_probe(case.store, parent)
    if options.parent is not None:
        changes["parent"] = _parent(options.parent, case.store, daemon)
    if options.config is not None:
        changes["config"] = _config(options.config)
    if options.cache_from:
        changes["cache_from"] = tuple(options.cache_from)
    probe = probe.model_copy(update=changes)
    if options.rules == "all":
        return _explain_all(case.store, daemon, probe, as_json=options.json)
    with Effort.about(len(case.store.images)).spent():
        explanation = explain(ImageCache(case.store, daemon.rules), probe)
        mention_builder(case.store)
        if options.json:
            print_json(report.as_json(explanation, everything=options.all, using=daemon))
        else:
            print(report.as_text(explanation, everything=options.all, using=daemon))
    return _STATUS[explanation.verdict.outcome]


def _opened_case(options: argparse.Namespace) -> Case:
    """Open the store that is asked for, and say what of it was not read."""
    try:
        opened = open_store(options.store)
    except DataError as error:
        raise UsageError(str(error)) from error
    case = opened.cases[chosen("case", options.case or "1", [case.name for case in opened.cases])]
    for problem in opened.problems:
        complain(f"not read: {problem}")
    return case


def _explain_all(store: ImageStore, own: Daemon, probe: Probe, *, as_json: bool) -> int:
    matrix = compare(store, probe)
    if as_json:
        print_json(matrices.matrix_as_json(matrix, own))
    else:
        print(matrices.matrix_as_text(matrix, own))
    mine = next(row for row in matrix.rows if row.rules is own.rules)
    return _STATUS[mine.verdict.outcome]


def _audit(arguments: list[str]) -> int:
    parser = make_parser(
        "cacheview audit", "The hazards of a whole store, without a probe.", _AUDIT_HELP.format(names=NAMES)
    )
    parser.add_argument("store", metavar="STORE", help="what to open, by its name: see below")
    parser.add_argument("--case", metavar="CASE", help="of a suite: the case, by name or number (default: 1)")
    add_rules(parser, "rule set to judge by, by default the store's own")
    parser.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    options = parser.parse_args(arguments)
    known_rules(options.rules)
    case = _opened_case(options)
    daemon = daemon_for(case, options.rules)
    with Effort.about(len(case.store.images)).spent():
        result = audit(case.store, daemon.rules)
    if options.json:
        print_json(audits.audit_as_json(result, case.store, daemon.rules, using=daemon))
    else:
        print(audits.audit_as_text(result, case.store, daemon.rules, using=daemon))
    return 1 if result else 0


def _parent(given: str, store: ImageStore, daemon: Daemon) -> str:
    if given in ("", "scratch"):
        return SCRATCH
    try:
        return store.resolve_for(given, daemon.rules.store).id
    except DataError as error:
        if _FULL_ID.fullmatch(given):  # an id that the store lacks is a question all the same
            return given if ":" in given else f"sha256:{given}"
        raise UsageError(f"--parent: {error}. Give scratch, a name, or an id of the store") from error


def _platform(given: str, daemon: Daemon) -> Platform:
    try:
        return parse_specifier(given, daemon.platform)
    except SpecifierError as error:
        raise UsageError(f"--platform: {error.what}") from error


def _config(given: str) -> ContainerConfig:
    try:
        if given == "-":
            if sys.stdin is None:
                raise UsageError("--config: standard input is closed")
            data = sys.stdin.buffer.read(_CONFIG_LIMIT + 1)
        else:
            with open(given, "rb") as file:
                data = file.read(_CONFIG_LIMIT + 1)
        if len(data) > _CONFIG_LIMIT:
            raise UsageError(f"--config: {given} is larger than {_CONFIG_LIMIT >> 20} MiB, which no config is")
        read = read_config(data.decode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"--config: {given}: {error.strerror}") from error
    except DataError as error:
        raise UsageError(f"--config: {'standard input' if given == '-' else given}: {error}") from error
    for remark in read.remarks:
        complain(f"--config: {remark}")
    return read.config


def _check(arguments: list[str]) -> int:
    from cacheview.commands.check import check_files  # builds bring in much that the window need not wait for

    parser = make_parser(
        "cacheview check", "Run suites: stores and probes, or builds, with what is expected of each.", _CHECK_HELP
    )
    parser.add_argument("suites", metavar="SUITE", nargs="+", help="a suite or a replay file, plain or compressed")
    add_rules(parser, "judge every case by this rule set instead of the one that it names")
    options = parser.parse_args(arguments)
    choice = known_rules(options.rules)
    if choice is not None and choice.note:
        complain(f"--rules: {choice.note}")
    return check_files(options.suites, options.rules or "")


def _replay(arguments: list[str]) -> int:
    from cacheview.commands.replay import replay_command

    return replay_command(arguments)


def _save(arguments: list[str]) -> int:
    from cacheview.commands.save import save_command

    return save_command(arguments)


def _watch(arguments: list[str]) -> int:
    from cacheview.commands.watch import watch_command

    return watch_command(arguments)
