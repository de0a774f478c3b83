"""``cacheview save``: saves a store as a suite, a file that opens on any machine."""

from __future__ import annotations

import argparse

from cacheview.commands.opening import add_case, mention_problems, open_case
from cacheview.model import DataError
from cacheview.output import print_lines
from cacheview.stores.save import suite_line, write_suite
from cacheview.usage import NAMES, UsageError, add_redact, add_rules, daemon_for, make_parser
from cacheview.wording import counted

__all__ = ["parser", "run"]

_HELP = """\
The file contains the current images in the store, but not their layers. If the store is a suite, the file also
contains the probes of the case. Only you can read the file. It is compressed if its name ends in .gz. An existing
file is replaced.

exit status: 0 the file was written, 2 the command line is invalid, the store cannot be opened, or the file cannot be
written.

{names}
examples:
  cacheview save engine: store.jsonl.gz
  cacheview save images.tar report.jsonl --redact env --redact labels
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser(
        "cacheview save", "Save a store to a suite file that opens on any machine.", _HELP.format(names=NAMES)
    )
    result.add_argument("store", metavar="STORE", help="the store to save (see below)")
    result.add_argument("file", metavar="FILE", help="the suite file to write")
    add_case(result)
    add_redact(result)
    add_rules(result, "rule set to record in the file (default: the store's own)")
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    if options.file == "-":
        raise UsageError("a store cannot be saved to standard output; specify a file")
    opened, case = open_case(options, options.rules)
    try:
        rules = daemon_for(case, options.rules).name
        env, labels = ("env" in options.redact), ("labels" in options.redact)
        line = suite_line(case, rules=rules, redact_env=env, redact_labels=labels)
        write_suite(options.file, line, opened=opened.location)
    except DataError as error:
        raise UsageError(str(error)) from error
    mention_problems(opened)
    count = len(case.store.images)
    print_lines([f"{options.file}: {counted(count, 'image')}"])
    return 0
