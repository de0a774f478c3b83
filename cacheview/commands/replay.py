"""``cacheview replay``: looks up a Dockerfile and its context in a store's cache, without building."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cacheview.cases import Daemon
from cacheview.commands.build_lookup import looked_up_build
from cacheview.commands.build_options import add_build
from cacheview.commands.opening import add_case, mention_problems, open_case
from cacheview.commands.what_if import CHANGES, add_what_if, changed_store, refuse_with_what_if
from cacheview.dockerfile.context import CLIENTS, Client
from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.engine import RuleSet
from cacheview.layers.layer_memory import LayerMemory
from cacheview.model import DataError, ImageStore
from cacheview.model.effort import Effort
from cacheview.output import complain, print_json
from cacheview.replay.build_input import BuildInput
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.client_comparison import compare_clients
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.misses import Miss, misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.recorded import ImageFacts
from cacheview.replay.records import (
    expected_of,
    has_same_answers,
    record_of,
    redacted_record,
    sent_context,
    write_record,
)
from cacheview.replay.remembering import remember_files
from cacheview.replay.result import Replay
from cacheview.report.clients import clients_as_json, clients_as_text
from cacheview.report.replays import replay_as_json, replay_as_text
from cacheview.report.what_ifs import what_if_as_json, what_if_as_markdown, what_if_as_text
from cacheview.stores.opened_location import OpenedCase, OpenedLocation
from cacheview.usage import (
    NAMES,
    UsageError,
    add_redact,
    add_rules,
    known_rules,
    make_parser,
    mention_builder,
)
from cacheview.whatif.costs import costs

__all__ = ["parser", "run"]

_HELP = """\
exit status: 0 all steps are cached, 1 a step misses, 2 the build is refused or nothing can be read, 3 no step is
known to miss, but some are unknown.

{names}
{changes}
examples:
  cacheview replay . --store engine:
  cacheview replay . --store engine: --what-if prune
  cacheview replay --compose compose.yaml web --store engine:
  git archive HEAD | cacheview replay - --store engine:
  cacheview replay -f Dockerfile.prod --build-arg VERSION=2 . --store images.tar --rules "Docker 24.0.7, overlay2"
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser(
        "cacheview replay",
        "Look up each step of a Dockerfile in the cache as the classic builder would, without building.",
        _HELP.format(names=NAMES, changes=CHANGES),
    )
    result.add_argument(
        "context",
        metavar="CONTEXT",
        help="the build context: a folder, a tar file, or - for a tar file or a Dockerfile on standard input",
    )
    result.add_argument("--store", metavar="STORE", required=True, help="the store to look up the steps in (see below)")
    add_build(result)
    result.add_argument(
        "--client",
        metavar="CLIENT",
        default="",
        help=f"the client that sends the context: {', '.join(CLIENTS)}, or a program and its version, such as 'docker "
        "CLI 20.10.24'. Checksums depend on the client. Use 'all' to compare every client and show which clients share "
        "a cache with the default client. The default is docker-cli, or the CLI of the engine's release if that CLI is "
        "older; with --compose, the default is compose-v2",
    )
    result.add_argument(
        "--past-misses",
        action="store_true",
        help="after a miss, assume that the step hits the nearest candidate, to see which other steps would miss",
    )
    result.add_argument("--beyond", dest="past_misses", action="store_true", help=argparse.SUPPRESS)  # its older name
    result.add_argument(
        "--download-layers",
        action="store_true",
        help=(
            "if image layers in a running engine cannot be read any other way, download the images as docker save "
            "does; the downloads are deleted when the command ends"
        ),
    )
    result.add_argument(
        "--records",
        metavar="FOLDER",
        help="record in this folder which files went into each checksum, and list the files that have changed since an "
        "earlier replay",
    )
    result.add_argument(
        "--record",
        metavar="FILE",
        help="write a record of this build: a replay file that contains the store, and the headers and checksums "
        "of the files in the context",
    )
    result.add_argument("--record-without-store", action="store_true", help="leave the store out of the record")
    add_redact(result, "the record")
    add_what_if(result)
    result.add_argument("-t", "--tag", metavar="NAME", action="append", default=[], help="the image name to record")
    add_case(result)
    add_rules(result, "rule set to use (default: the store's own)")
    shown = result.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    shown.add_argument(
        "--markdown", action="store_true", help="with --what-if: print Markdown, for a comment on a pull request"
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    known_rules(options.rules)
    if options.record == "-":
        raise UsageError("--record: a record cannot be written to standard output; specify a file")
    if not options.record and (options.redact or options.record_without_store):
        complain(f"{'--redact' if options.redact else '--record-without-store'} has no effect without --record")
    refuse_with_what_if(options, "--record", "--records", "--client all")
    if options.markdown and not options.what_if:
        raise UsageError("--markdown works only with --what-if")
    platform = options.platform or os.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    opened, case = open_case(options, options.rules, platform)
    with Effort.about(len(case.store.images)).spent():
        return _replayed(options, opened, case)


def _replayed(options: argparse.Namespace, opened: OpenedLocation, case: OpenedCase) -> int:
    try:
        looked_up = looked_up_build(options, case)
        changed = changed_store(options, case.store, looked_up.daemon)
        build, given, daemon, cache = looked_up.build, looked_up.build_input, looked_up.daemon, looked_up.cache
        sent = looked_up.sent_by(build.client)
        replayed = sent.replay(cache, past_misses=options.past_misses)
        if changed is not None:
            changed_build = looked_up.in_store(changed.store, changed.daemon)
            after = changed_build.sent_by(build.client).replay(changed_build.cache, past_misses=options.past_misses)
        groups = (
            compare_clients(lambda client: looked_up.sent_by(client).run(cache), build.client)
            if build.all_clients
            else ()
        )
    except DataError as error:
        raise UsageError(str(error)) from error
    rules = daemon.rules
    for note in (*build.notes, *sent.added.notes(build.options, platform_is_given=build.platform_is_given)):
        complain(note)
    mention_problems(opened)
    mention_builder(case.store)
    if changed is not None:
        _keep(looked_up.memory)
        compared = costs(replayed, after, changed.removed)
        if options.json:
            print_json(what_if_as_json(changed, compared))
        elif options.markdown:
            print(what_if_as_markdown(changed, compared))
        else:
            print(what_if_as_text(changed, compared))
        return _status(after)
    if options.record:
        whole = sent.replay(cache) if options.past_misses else replayed
        _record(options, given, build.client, case.store, daemon, sent.options, whole, looked_up.image_facts)
    if groups:
        _keep(looked_up.memory)
        if options.json:
            print_json(clients_as_json(groups, using=daemon))
        else:
            print(clients_as_text(groups, using=daemon))
        return _status(replayed)
    missed = _misses(options.records, given.context.title, replayed, case.store, rules, sent.checksums, looked_up.files)
    _keep(looked_up.memory)
    if options.json:
        print_json(replay_as_json(replayed, rules, missed, using=daemon))
    else:
        print(replay_as_text(replayed, case.store, missed, using=daemon))
    return _status(replayed)


def _record(
    options: argparse.Namespace,
    given: BuildInput,
    client: Client,
    store: ImageStore,
    daemon: Daemon,
    sent: BuildOptions,
    replayed: Replay,
    image_facts: ImageFacts,
) -> None:
    """Write the record for ``--record``. Raises `UsageError`."""
    try:
        if given.refused is not None:
            raise DataError(f"there is no Dockerfile to record: {given.refused}", where="--record")
        case = record_of(
            sent_context(given.context, client, given.name_for(client), given.dockerfile),
            store,
            daemon,
            sent,
            expected_of(replayed),
            client=client.name,
            started=datetime.now(UTC),
            tags=options.tag,
            image_facts=image_facts,
            with_store=not options.record_without_store,
            replayed=True,
        )
        if options.redact:
            whole, case = case, redacted_record(case, env="env" in options.redact, labels="labels" in options.redact)
            if not has_same_answers(whole, case):
                complain(
                    "--redact: one of the redacted values is also a name in the Dockerfile, so replaying the record "
                    "will give different results"
                )
        write_record(options.record, case, opened=options.store)
    except (DataError, BuildRefusedError) as error:
        raise UsageError(f"--record: {error}") from error


def _keep(memory: LayerMemory) -> None:
    """Save what was read from layers. If this fails, the next replay is slower, but still correct."""
    try:
        memory.save()
    except DataError as error:
        complain(str(error))


def _misses(
    folder: str | None,
    context: str,
    replayed: Replay,
    store: ImageStore,
    rules: RuleSet,
    checksums: ContextChecksums,
    image_files: StoreImageFiles,
) -> Sequence[Miss]:
    """Return the reasons for steps that miss.

    The record of earlier replays shows which files changed; this replay is added to it.
    """
    record: ChecksumRecord | None = None
    try:
        record = ChecksumRecord.load(Path(folder), context) if folder is not None else None
        results = tuple(misses(replayed, store, rules, record, checksums, image_files))
        if record is not None and record.problem:
            complain(f"--records: {record.problem}")
        if record is not None and remember_files(record, replayed, checksums, image_files):
            record.save()
    except DataError as error:
        complain(f"--records: {error}")
        results = tuple(misses(replayed, store, rules, None, checksums, image_files))
    return results


def _status(replayed: Replay) -> int:
    if replayed.refused is not None:
        return 2
    if replayed.all_cached is None:
        return 3
    return 0 if replayed.all_cached else 1
