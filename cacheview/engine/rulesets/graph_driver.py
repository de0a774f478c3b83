"""The rule sets of graph-driver stores, oldest first, each a changed copy of an earlier one.

moby: ``image/cache`` (``daemon/internal/image/cache`` since docker-v29).
"""

from __future__ import annotations

from dataclasses import replace

from cacheview.engine.requirement import BuiltLocally, FittingPlatform
from cacheview.engine.ruleset import (
    Candidates,
    Descent,
    LostParent,
    MissingTime,
    Restoring,
    RuleSet,
    SourceHit,
    Sources,
    Span,
    StoreKind,
    Tie,
)
from cacheview.engine.rulesets.checks import ALL_FIELDS, ALL_FIELDS_BUT_START_INTERVAL, BEFORE_CVE_2024_24557
from cacheview.model import CONFIG_FIELDS
from cacheview.platforms import PlatformRule
from cacheview.platforms.rules import (
    COMPATIBLE,
    COMPATIBLE_FEATURES,
    COMPATIBLE_MAJOR_MINOR,
    COMPATIBLE_VERSION,
    COMPATIBLE_VERSION_RC_2,
    SAME_PLATFORM,
    SAME_PLATFORM_1_7,
)

__all__ = ["GRAPH_DRIVER"]

# Go omits these from container.Config (api/types/container/config.go) when empty; each is a list or a map.
_OMITTED = frozenset({"ExposedPorts", "Shell"})

V24_0_7 = RuleSet(
    name="graphdriver-24.0.7",
    releases="Docker 20.10 to 24.0.8",
    source="moby image/cache/cache.go (6d3f4c57), compare.go (e31e9c8b)",
    store=StoreKind.GRAPH_DRIVER,
    spans=(
        Span("v20.10.0-beta1", "v20.10.27"),
        Span("v22.06.0-beta.0", "v22.06.0-beta.0"),
        Span("v23.0.0-beta.1", "v23.0.9"),
        Span("v24.0.0-beta.1", "v24.0.8"),
    ),
    candidates=Candidates.CHILDREN,
    config_checks=BEFORE_CVE_2024_24557,
    image_fields=frozenset(CONFIG_FIELDS),
    missing_time=MissingTime.YEAR_ONE,
    sources=Sources.FOUND,
    descent=Descent.ANCESTOR,
    source_hit=SourceHit.RESTORE,
    restoring=Restoring(omits=_OMITTED, writes_version=True, keeps_start_interval=False),
    tie=Tie.NEWEST,
    lost_parent=LostParent("unable to find image {parent}: failed to get digest {parent}"),
    records_parent=False,
)

V25_0_0 = replace(
    V24_0_7,
    name="graphdriver-25.0.0",
    releases="Docker 25.0.0 and 25.0.1",
    source="moby image/cache/cache.go (b36534e5)",
    spans=(Span("v25.0.0-beta.1", "v25.0.1"),),
    missing_time=MissingTime.NONE,
    restoring=Restoring(omits=_OMITTED, writes_version=True),
)


def _fitting(rule: PlatformRule) -> tuple[BuiltLocally, FittingPlatform]:
    return BuiltLocally(), FittingPlatform(rule)


V24_0_9 = replace(
    V24_0_7,
    name="graphdriver-24.0.9",
    releases="Docker 24.0.9",
    source="moby image/cache/cache.go (ee89a171), compare.go (d438b65b)",
    spans=(Span("v24.0.9", "v24.0.9"),),
    requirements=_fitting(SAME_PLATFORM),
    config_checks=ALL_FIELDS_BUT_START_INTERVAL,
)

V23_0_18 = replace(
    V24_0_9,
    name="graphdriver-23.0.18",
    releases="Docker 23.0.10 to 23.0.18",
    source="moby image/cache/cache.go (b4f551a0), compare.go (7633b0e9)",
    spans=(Span("v23.0.10", "v23.0.18"),),
    requirements=_fitting(COMPATIBLE_MAJOR_MINOR),
)

V25_0_2 = replace(
    V24_0_9,
    name="graphdriver-25.0.2",
    releases="Docker 25.0.2",
    source="moby image/cache/cache.go (8b7632f5), compare.go (ec1971a2)",
    spans=(Span("v25.0.2", "v25.0.2"),),
    requirements=_fitting(SAME_PLATFORM_1_7),
    config_checks=ALL_FIELDS,
    missing_time=MissingTime.NONE,
    restoring=Restoring(omits=_OMITTED, writes_version=True),
)

V25_0_5 = replace(
    V25_0_2,
    name="graphdriver-25.0.5",
    releases="Docker 25.0.3 to 27.5",
    source="moby image/cache/cache.go (c45832e4)",
    spans=(Span("v25.0.3", "v25.0.17"), Span("v26.0.0-rc1", "v27.5.1")),
    requirements=_fitting(COMPATIBLE),
)

V28_5_2 = replace(
    V25_0_5,
    name="graphdriver-28.5.2",
    releases="Docker 28.0 to 28.5",
    source="moby image/cache/cache.go (c45832e4), vendored containerd/platforms v1.0.0-rc.1",
    spans=(Span("v28.0.0", "v28.5.2"),),
    requirements=_fitting(COMPATIBLE_VERSION),
)

V29_0 = replace(
    V28_5_2,
    name="graphdriver-29.0",
    releases="Docker 29.0 to 29.5",
    source="moby daemon/internal/image/cache/cache.go (3338c738), vendored containerd/platforms v1.0.0-rc.2",
    spans=(Span("docker-v29.0.0", "docker-v29.5.3"),),
    requirements=_fitting(COMPATIBLE_VERSION_RC_2),
    restoring=Restoring(lost_fields=frozenset({"MacAddress"}), omits=_OMITTED | {"OnBuild"}),
)

V29 = replace(
    V29_0,
    name="graphdriver-29",
    releases="Docker 29.6 and later",
    source="moby daemon/internal/image/cache/cache.go (3338c738), compare.go (39c84949), platforms v1.0.0-rc.4",
    spans=(Span("docker-v29.6.0", "docker-v29.7.2"),),
    requirements=_fitting(COMPATIBLE_FEATURES),
)

GRAPH_DRIVER = (V24_0_7, V24_0_9, V23_0_18, V25_0_0, V25_0_2, V25_0_5, V28_5_2, V29_0, V29)
"""All rule sets of graph drivers, in the order of their releases.

Branches that were maintained at the same time are ordered by version.
"""
