"""A suite whose store lacks the content of a layer that a source's step needs."""

from __future__ import annotations

from pathlib import Path

from long_walk import long_walk

from cacheview.engine import RULE_SETS
from cacheview.engine.case_results import probe_results
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import Verdict
from cacheview.model import Image, ImageConfig, SuiteCase, SuiteProbe, Timestamp

__all__ = ["OTHER", "RULES", "check_answer", "missing_layer", "write_missing_layer"]

RULES = "containerd-29"
OTHER = "other:1"
"""The name of an image that affects no answer."""


def missing_layer(*, walk: bool, state: str = "missing") -> SuiteCase:
    """Three steps of a source, the last of which cannot be restored, in a walk or as separate probes."""
    made = long_walk(4)
    source = made.images[0]
    other = Image(
        id=f"sha256:{'b' * 64}",
        names=(f"docker.io/library/{OTHER}",),
        config=ImageConfig(created=Timestamp.parse("2024-01-01T12:00:00Z"), os="linux", architecture="amd64"),
    )
    if walk:
        probes = made.probes[:3]
    else:
        probes = (SuiteProbe(config=made.probes[1].config, cache_from=("app:1",)), *_first_step_of(made))
    layer = source.diff_ids[2 if walk else 0]
    case = made.model_copy(update={"rules": RULES, "walk": walk, "images": (source, other), "probes": probes})
    return case.model_copy(update={"layer_content": {layer: state}})


def _first_step_of(made: SuiteCase) -> tuple[SuiteProbe, ...]:
    return (made.probes[0].model_copy(update={"parent": ""}),)


def write_missing_layer(path: Path, *, walk: bool) -> Path:
    """Write the case to a suite."""
    path.write_text(missing_layer(walk=walk).model_dump_json(exclude_defaults=True) + "\n")
    return path


def check_answer(case: SuiteCase, probe: int, rules: RuleSet = RULE_SETS[RULES]) -> Verdict:
    """The answer that ``cacheview check`` compares with the expected one. ``probe``: its index."""
    verdict = list(probe_results(case, rules))[probe].verdict
    assert verdict is not None
    return verdict
