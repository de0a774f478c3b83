"""Facts about an image that are not known exactly, because a store does not report everything that the daemon has."""

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
"""The part of an image that a doubt is about. ``existence`` is whether the store has the image at all.

``config`` is the whole image config except for the parts that are aspects themselves. ``config.config`` is its
container part, and ``config.other`` its keys that no check of a Linux image reads (``os.features``, ``comment``,
``container``, ``docker_version``). ``history`` is the whole history.
"""


@value
class Doubt(Value):
    """A part of an image that its store does not report, or not exactly.

    Its value in the model is the nearest one known.

    Attributes:
        aspect: the part of the image. For ``history.created``, the whole seconds are exact, but the zone is not known.
        reason: why it is not known, in a sentence.
        remedy: how it can be known for certain, such as which store to open or which permission to get, in a sentence.
    """

    aspect: Aspect
    reason: str
    remedy: str
