"""The rule sets of containerd stores, oldest first, each a changed copy of an earlier one.

moby: ``daemon/containerd/cache.go``.
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
from cacheview.engine.rulesets.checks import ALL_FIELDS, BEFORE_CVE_2024_24557
from cacheview.model import CONFIG_FIELDS
from cacheview.model.release import COMMIT_71EBFC7
from cacheview.platforms.rules import (
    COMPATIBLE,
    COMPATIBLE_FEATURES,
    COMPATIBLE_VERSION,
    COMPATIBLE_VERSION_RC_2,
    SAME_PLATFORM_CONTAINERD,
)

__all__ = ["CONTAINERD", "CONTAINERD_71EBFC7"]

V24_0_7 = RuleSet(
    name="containerd-24.0.7",
    releases="Docker 24.0.3 to 24.0.8",
    source="moby daemon/containerd/cache.go (5e696c59)",
    store=StoreKind.CONTAINERD,
    spans=(Span("v24.0.3", "v24.0.8"), Span("v25.0.0-beta.1", "v25.0.0-rc.2")),
    candidates=Candidates.BY_LAYERS,
    config_checks=(),
    image_fields=frozenset(),
    missing_time=MissingTime.YEAR_ONE,
    sources=Sources.ALL,
    descent=Descent.ALWAYS,
    source_hit=SourceHit.WHOLE,
    tie=Tie.FIRST,
    lost_parent=LostParent("No such image: {parent}"),
    records_parent=True,
)

V24_0_9 = replace(
    V24_0_7,
    name="containerd-24.0.9",
    releases="Docker 24.0.9",
    source="moby daemon/containerd/cache.go (4bab9c1d)",
    spans=(Span("v24.0.9", "v24.0.9"),),
    lost_parent=LostParent(),
)

# The config of an image in a containerd store has the OCI fields and Docker's three extensions
# (moby image/spec/specs-go/v1/image.go).
_OCI_FIELDS = frozenset(
    (
        *("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels"),
        *("StopSignal", "ArgsEscaped", "Healthcheck", "OnBuild", "Shell"),
    )
)

CONTAINERD_71EBFC7 = RuleSet(
    name="containerd-71ebfc7",
    releases="moby 71ebfc7 (25.0 development)",
    source="moby daemon/containerd/cache.go at 71ebfc7",
    store=StoreKind.CONTAINERD,
    spans=(),
    commit=COMMIT_71EBFC7,
    candidates=Candidates.CHILDREN,
    config_checks=BEFORE_CVE_2024_24557,
    image_fields=_OCI_FIELDS,
    missing_time=MissingTime.NONE,
    sources=Sources.LINEAGE,
    descent=Descent.PARENT,
    source_hit=SourceHit.WHOLE,
    tie=Tie.NEWEST,
    lost_parent=LostParent("No such image: {parent}"),
    records_parent=True,
)

V25_0_0 = replace(
    CONTAINERD_71EBFC7,
    commit="",
    name="containerd-25.0.0",
    releases="Docker 25.0.0 and 25.0.1",
    source="moby daemon/containerd/cache.go (804f4c79)",
    spans=(Span("v25.0.0-rc.3", "v25.0.1"),),
    candidates=Candidates.MARKED,
    requirements=(BuiltLocally(),),
    image_fields=frozenset(CONFIG_FIELDS),
)

V25_0_2 = replace(
    V25_0_0,
    name="containerd-25.0.2",
    releases="Docker 25.0.2",
    source="moby daemon/containerd/cache.go (92fcf4ae)",
    spans=(Span("v25.0.2", "v25.0.2"),),
    config_checks=ALL_FIELDS,
)

V25_0_5 = replace(
    V25_0_2,
    name="containerd-25.0.5",
    releases="Docker 25.0.3 to 25.0.17",
    source="moby daemon/containerd/cache.go (92fcf4ae), image.go at v25.0.5",
    spans=(Span("v25.0.3", "v25.0.17"), Span("v26.0.0-rc1", "v26.0.0-rc2")),
    later=(FittingPlatform(SAME_PLATFORM_CONTAINERD),),
    parent_platform=SAME_PLATFORM_CONTAINERD,
)

V26_1_5 = replace(
    V25_0_2,
    name="containerd-26.1.5",
    releases="Docker 26.0 to 27.5",
    source="moby daemon/containerd/cache.go (5b978180, 979925b8, 776ee0f2), image/cache/cache.go (c45832e4)",
    spans=(Span("v26.0.0-rc3", "v27.5.1"),),
    requirements=(BuiltLocally(), FittingPlatform(COMPATIBLE)),
    sources=Sources.FOUND,
    descent=Descent.ANCESTOR,
    source_hit=SourceHit.RESTORE,
    lost_parent=LostParent("unable to find image {parent}: GetImage: No such image: {parent}"),
    restoring=Restoring(
        lost_fields=frozenset(CONFIG_FIELDS) - _OCI_FIELDS,
        omits=_OCI_FIELDS,
        is_oci=True,
        marks_built_locally=True,
        needs_layer=True,
        no_layer_error='"" failed validation: invalid argument',
    ),
)

V28_5_2 = replace(
    V26_1_5,
    name="containerd-28.5.2",
    releases="Docker 28.0 to 28.5",
    source="moby daemon/containerd/cache.go at v28.5.2, vendored containerd/platforms v1.0.0-rc.1",
    spans=(Span("v28.0.0", "v28.5.2"),),
    requirements=(BuiltLocally(), FittingPlatform(COMPATIBLE_VERSION)),
    restoring=replace(V26_1_5.restoring, fails_again=True, no_layer_error='InvalidArgument: "" failed validation'),
)

V29_0 = replace(
    V28_5_2,
    name="containerd-29.0",
    releases="Docker 29.0 to 29.5",
    source="moby daemon/containerd/cache.go (fe15f4ee), vendored containerd/platforms v1.0.0-rc.2",
    spans=(Span("docker-v29.0.0", "docker-v29.5.3"),),
    requirements=(BuiltLocally(), FittingPlatform(COMPATIBLE_VERSION_RC_2)),
)

V29 = replace(
    V29_0,
    name="containerd-29",
    releases="Docker 29.6 and later",
    source="moby daemon/containerd/cache.go (fe15f4ee), vendored containerd/platforms v1.0.0-rc.4",
    spans=(Span("docker-v29.6.0", "docker-v29.7.2"),),
    requirements=(BuiltLocally(), FittingPlatform(COMPATIBLE_FEATURES)),
    restoring=replace(V29_0.restoring, refuses_features=True),
)

CONTAINERD = (V24_0_7, V24_0_9, CONTAINERD_71EBFC7, V25_0_0, V25_0_2, V25_0_5, V26_1_5, V28_5_2, V29_0, V29)
"""All rule sets of containerd stores, in the order of their releases."""
