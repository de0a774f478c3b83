"""The matching engine: the daemon's answer, check by check, and why. No Qt, no I/O.

Docker's own engine is called Docker Engine here, or the daemon.
"""

from cacheview.engine.cache import ImageCache
from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckKind, CheckOutcome
from cacheview.engine.deciding_check import DecidingCheck
from cacheview.engine.doubts import DoubtCount
from cacheview.engine.edit import ProbeEdit, ValueChange, smallest_edit, take_value
from cacheview.engine.explain import Explanation, FurtherFindings, explain
from cacheview.engine.hazards import Hazard, HazardKind
from cacheview.engine.nearness import NearCandidate
from cacheview.engine.prepared import is_prepared, prepare
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets import CONTAINERD_71EBFC7, RULE_SETS
from cacheview.engine.trace import Stage, Subject, Trace
from cacheview.engine.tracing import trace
from cacheview.engine.verdict import StageKind, UnknownAnswer, Verdict, VerdictOutcome
from cacheview.engine.words.doubts import doubt_sentences
from cacheview.engine.words.hazards import HAZARD_TITLES
from cacheview.engine.words.phrases import known_as, parent_title, plain
from cacheview.engine.words.verdict import plain_change

__all__ = [
    "ABSENT",
    "CONTAINERD_71EBFC7",
    "HAZARD_TITLES",
    "RULE_SETS",
    "UNKNOWN",
    "Check",
    "CheckKind",
    "CheckOutcome",
    "DecidingCheck",
    "DoubtCount",
    "Explanation",
    "FurtherFindings",
    "Hazard",
    "HazardKind",
    "ImageCache",
    "NearCandidate",
    "ProbeEdit",
    "RuleSet",
    "Stage",
    "StageKind",
    "Subject",
    "Trace",
    "UnknownAnswer",
    "ValueChange",
    "Verdict",
    "VerdictOutcome",
    "doubt_sentences",
    "explain",
    "is_prepared",
    "known_as",
    "parent_title",
    "plain",
    "plain_change",
    "prepare",
    "smallest_edit",
    "take_value",
    "trace",
]
