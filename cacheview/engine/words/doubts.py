"""Unknown facts, the reasons for them, and the most likely origin of an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cacheview.engine.origin import Evidence, ImageOrigin
from cacheview.engine.verdict import UnknownAnswer
from cacheview.model import Aspect, Doubt
from cacheview.wording import all_of, sentence

__all__ = ["ASPECT_WORDS", "ENGINE_VERSION", "doubt_sentences", "origin_reason", "unknown_aspects"]

ASPECT_WORDS: Final[Mapping[Aspect, str]] = {
    "existence": "whether the store has it",
    "config": "its config",
    "config.config": "its runtime config",
    "config.other": "other keys in its config",
    "container_config": "its build config",
    "created": "when it was created",
    "parent": "its parent",
    "from_scratch": "whether it was built from scratch",
    "built_locally": "whether it was built here",
    "dangling": "whether it also has a record without a name",
    "names": "its names",
    "diff_ids": "its layers",
    "config_digest": "the digest of its config",
    "history": "its history",
    "history.created": "the times in its history",
    "history.created_by": "the commands in its history",
    "history.author": "the authors in its history",
    "history.comment": "the comments in its history",
    "history.empty_layer": "which steps created a layer",
}
"""The part of an image that a doubt is about, for people."""

ENGINE_VERSION: Final = (
    "the store does not report its engine's version, which the engine writes into images that it restores",
    "Open the engine itself, which reports its version",
)
"""Reason and remedy of the doubt about the version of an engine."""

_EVIDENCE_PHRASES: Final = {
    Evidence.OLD_DAEMON: "Docker {version}, which created it, did not yet record its own builds",
    Evidence.PARENT_UNKNOWN: "the store does not report the image's parent",
    Evidence.PARENT: "it records a parent, and pulled or loaded images never do",
    Evidence.PARENT_OR_LOADED: (
        "it records a parent; pulled images never do, and loaded images do only if they were saved together with "
        "their parent"
    ),
    Evidence.NO_PARENT: (
        "it does not record a parent, so it could be the first step of a FROM scratch build, or a pulled or loaded "
        "image"
    ),
}


def origin_reason(origin: ImageOrigin) -> str:
    """Explain why an image most likely was, or was not, built here."""
    return _EVIDENCE_PHRASES[origin.evidence].replace("{version}", origin.version)


def unknown_aspects(unknown: UnknownAnswer) -> str:
    """Return the unknown facts that an answer depends on, as a phrase."""
    words = tuple(dict.fromkeys(ASPECT_WORDS[each.doubt.aspect] for each in unknown.doubts))
    return all_of(words) if words else "something"


def doubt_sentences(doubt: Doubt) -> tuple[str, str]:
    """Return reason and remedy, each as a complete sentence."""
    return sentence(doubt.reason), sentence(doubt.remedy)
