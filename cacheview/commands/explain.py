"""``cacheview explain``: explains the verdict on one probe."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Final

from cacheview.cases import Daemon, platform_of_probe
from cacheview.commands.opening import add_case, mention_problems, open_case
from cacheview.commands.what_if import CHANGES, add_what_if, changed_store
from cacheview.engine import ImageCache, VerdictOutcome, explain
from cacheview.engine.matrix import compare
from cacheview.engine.rule_set_caches import RuleSetCaches, WalkCaches
from cacheview.engine.walk import PREVIOUS, Walk, probe_after
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
from cacheview.report import matrices
from cacheview.report.explanation_objects import as_object
from cacheview.report.explanations import as_text
from cacheview.report.forms import joined, json_text
from cacheview.report.what_ifs import changes_as_lines, changes_as_object
from cacheview.usage import (
    ALL_RULES,
    NAMES,
    UsageError,
    add_rules,
    chosen,
    daemon_for,
    known_rules,
    make_parser,
    mention_builder,
)

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedCase

__all__ = ["parser", "run"]

_EXIT_STATUS: Final = {
    VerdictOutcome.HIT: 0,
    VerdictOutcome.MISS: 1,
    VerdictOutcome.ERROR: 2,
    VerdictOutcome.DIVERGES: 3,
    VerdictOutcome.PANIC: 4,
    VerdictOutcome.UNKNOWN: 3,
}

_MAX_CONFIG_BYTES: Final = 64 << 20
_FULL_ID: Final = re.compile(r"(?:sha256:)?[0-9a-f]{64}")

_HELP: Final = """\
exit status: 0 hit, 1 miss, 2 error (the daemon returns an error, or nothing can be read), 3 unknown or diverges,
4 panic. With --rules all, the status reflects the store's own rules.

{names}
{changes}
examples:
  cacheview explain images.tar --parent alpine:3.19 --config config.json
  docker inspect -f '{{{{json .Config}}}}' IMAGE | cacheview explain images.tar --parent scratch --config - --json
  cacheview explain demo: --probe 1
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser(
        "cacheview explain",
        "Query the cache once and explain the answer.",
        _HELP.format(names=NAMES, changes=CHANGES),
    )
    result.add_argument("store", metavar="STORE", help="the store to open (see below)")
    result.add_argument(
        "--parent", metavar="IMAGE", help="the parent image (its name, its ID or the beginning of its ID), or scratch"
    )
    result.add_argument(
        "--config", metavar="FILE", help="the candidate container config as JSON; use - to read it from standard input"
    )
    result.add_argument(
        "--cache-from", metavar="IMAGE", action="append", default=[], help="as in docker build; may be repeated"
    )
    result.add_argument("--platform", metavar="PLATFORM", help="the platform to build for (default: the engine's own)")
    add_case(result)
    result.add_argument("--probe", metavar="PROBE", help="start from this probe in the suite (its name or number)")
    add_rules(result, "rule set to use (default: the store's own), or 'all' to compare all rule sets in a table")
    add_what_if(result)
    result.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    result.add_argument("--all", action="store_true", help="list every check of every candidate and source")
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    if options.rules != ALL_RULES:
        known_rules(options.rules)
    if options.rules == ALL_RULES and options.what_if:
        raise UsageError("--rules all cannot be combined with --what-if; specify one rule set")
    rules = options.rules if options.rules != ALL_RULES else None
    opened, case = open_case(options, rules, options.platform or "")
    mention_problems(opened)
    daemon = daemon_for(case, rules)
    probe, cache = Probe(), ImageCache(case.store, daemon.rules, once=True)
    caches = RuleSetCaches(case.store, (cache,))
    changes: dict[str, object] = {}
    if options.probe is not None:
        if not case.probes:
            raise UsageError(f"{options.store} has no probes; use --parent and --config instead of --probe")
        number = chosen("probe", options.probe, [probe.name for probe in case.probes])
        probe = probe_after(case.probes[number])
        if case.walk:
            probe, cache, caches = _in_walk(case, number, daemon)
            if options.rules == ALL_RULES and case.probes[number].parent == PREVIOUS:
                changes["parent"] = PREVIOUS  # each rule set has its own
    elif options.parent is None or options.config is None:
        raise UsageError("--parent and --config are required, unless --probe selects a probe from a suite")
    changed = changed_store(options, cache.store, daemon)
    if changed is not None:
        daemon, cache = changed.daemon, ImageCache(changed.store, changed.daemon.rules, once=True)
    store = cache.store
    if options.platform:
        changes["platform"] = _platform(options.platform, daemon)
    elif options.probe is None:
        parent = _parent(options.parent, store, daemon)
        changes["platform"] = platform_of_probe(store, parent)
    if options.parent is not None:
        changes["parent"] = _parent(options.parent, store, daemon)
    if options.config is not None:
        changes["config"] = _config(options.config)
    if options.cache_from:
        changes["cache_from"] = tuple(options.cache_from)
    probe = probe.model_copy(update=changes)
    if options.rules == ALL_RULES:
        return _explain_all(caches, daemon, probe, as_json=options.json)
    with Effort.about(len(store.images)).spent():
        explanation = explain(cache, probe)
        mention_builder(case.store)
        if options.json:
            document = as_object(explanation, everything=options.all, using=daemon)
            what_if = {"what_if": changes_as_object(changed)} if changed is not None else {}
            print_json(json_text({**document, **what_if}))
        else:
            if changed is not None:
                print(joined(changes_as_lines(changed)))
            print(as_text(explanation, everything=options.all, using=daemon))
    return _EXIT_STATUS[explanation.verdict.outcome]


def _in_walk(case: OpenedCase, number: int, daemon: Daemon) -> tuple[Probe, ImageCache, WalkCaches]:
    """Return a probe after the earlier ones, which may change the store and name its parent, and the caches there.

    Raises `LimitError` if the earlier probes take too long.
    """
    walk = Walk(case.store, daemon.rules, case.probes)
    with Effort.about(len(case.store.images)).spent():
        probe, cache = walk.at(number)
    caches = WalkCaches(walk, number)
    caches.add(walk)
    return probe, cache, caches


def _explain_all(caches: RuleSetCaches, own: Daemon, probe: Probe, *, as_json: bool) -> int:
    store = caches.store
    with Effort.about(len(store.images)).spent():  # all rule sets together get the time limit of one
        matrix = compare(store, probe, caches=caches)
        if as_json:
            print_json(matrices.matrix_as_json(matrix, own))
        else:
            print(matrices.matrix_as_text(matrix, own))
    own_row = next(row for row in matrix.rows if row.rules is own.rules)
    return _EXIT_STATUS[own_row.verdict.outcome]


def _parent(given: str, store: ImageStore, daemon: Daemon) -> str:
    if given in ("", "scratch"):
        return SCRATCH
    try:
        return store.resolve_for(given, daemon.rules.store).id
    except DataError as error:
        if _FULL_ID.fullmatch(given):  # an id that the store lacks can still be looked up
            return given if ":" in given else f"sha256:{given}"
        raise UsageError(f"--parent: {error}. Specify scratch, or the name or ID of an image in the store") from error


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
            data = sys.stdin.buffer.read(_MAX_CONFIG_BYTES + 1)
        else:
            with open(given, "rb") as file:
                data = file.read(_MAX_CONFIG_BYTES + 1)
        if len(data) > _MAX_CONFIG_BYTES:
            raise UsageError(f"--config: {given} is larger than {_MAX_CONFIG_BYTES >> 20} MiB, the limit for a config")
        read = read_config(data.decode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"--config: {given}: {error.strerror}") from error
    except DataError as error:
        raise UsageError(f"--config: {'standard input' if given == '-' else given}: {error}") from error
    for remark in read.remarks:
        complain(f"--config: {remark}")
    return read.config
