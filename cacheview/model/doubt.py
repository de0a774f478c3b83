"""What is not known exactly about an image: a store does not always report what the daemon has."""

from __future__ import annotations

from typing import Literal

from cacheview.model.base import Value, value

__all__ = ["Aspect", "Doubt"]

Aspect = Literal[
    "existence",
    "config",
    "config.config",
    "config.other",
    "container_config",
    "created",
    "parent",
    "from_scratch",
    "built_locally",
    "dangling",
    "names",
    "diff_ids",
    "config_digest",
    "history",
    "history.created",
    "history.created_by",
    "history.author",
    "history.comment",
    "history.empty_layer",
]
"""What of an image a doubt is about. ``existence`` is whether the store has it at all; ``config`` is the whole image
config but for what has an aspect of its own; ``config.config`` its container part, ``config.other`` its keys that no
check of a Linux image reads (``os.features``, ``comment``, ``container``, ``docker_version``). ``history`` is all of
it."""


@value
class Doubt(Value):
    """Something of an image that its store does not report, or not exactly. Its value is the nearest known.

    Attributes:
        aspect: what of the image. Of ``history.created`` the whole seconds are right, and the zone is not known.
        reason: why it is not known, in a sentence.
        remedy: what would make it certain: which store to open, which permission to get; in a sentence.
    """

    aspect: Aspect
    reason: str
    remedy: str
