"""All rule sets: one for each kind of store and range of releases."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets.containerd import CONTAINERD, CONTAINERD_71EBFC7
from cacheview.engine.rulesets.graph_driver import GRAPH_DRIVER

__all__ = ["CONTAINERD_71EBFC7", "RULE_SETS"]

RULE_SETS: Mapping[str, RuleSet] = MappingProxyType({rules.name: rules for rules in (*GRAPH_DRIVER, *CONTAINERD)})
"""All rule sets by name: those of the graph drivers, then those of containerd, each oldest first."""
