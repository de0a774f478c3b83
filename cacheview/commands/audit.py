"""``cacheview audit``: lists the hazards in a store."""

from __future__ import annotations

import argparse
from typing import Final

from cacheview.commands.opening import add_case, mention_problems, open_case
from cacheview.engine.audit import audit
from cacheview.model.effort import Effort
from cacheview.output import print_json
from cacheview.report import audits
from cacheview.usage import NAMES, add_rules, daemon_for, known_rules, make_parser

__all__ = ["parser", "run"]

_HELP: Final = """\
exit status: 0 no hazards, 1 at least one hazard, 2 the command line is invalid or the store cannot be opened.

{names}
examples:
  cacheview audit engine:
  cacheview audit data-root:/var/lib/docker --rules "Docker 25.0.5, overlay2"
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command's options."""
    result = make_parser("cacheview audit", "List the hazards in a store.", _HELP.format(names=NAMES))
    result.add_argument("store", metavar="STORE", help="the store to open (see below)")
    add_case(result)
    add_rules(result, "rule set to use (default: the store's own)")
    result.add_argument("--json", action="store_true", help="print JSON (see the documentation for its keys)")
    return result


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status. Raises `UsageError`."""
    known_rules(options.rules)
    opened, case = open_case(options, options.rules)
    mention_problems(opened)
    daemon = daemon_for(case, options.rules)
    with Effort.about(len(case.store.images)).spent():
        result = audit(case.store, daemon.rules)
    if options.json:
        print_json(audits.audit_as_json(result, case.store, daemon.rules, using=daemon))
    else:
        print(audits.audit_as_text(result, case.store, daemon.rules, using=daemon))
    return 1 if result else 0
