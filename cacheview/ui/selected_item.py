"""The item that is explained beside the probe: a step of a replay, or an image. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.model import ImageStore, Probe

__all__ = ["SelectedItem"]


@dataclass(frozen=True)
class SelectedItem:
    """The item that is selected in a list beside the probe.

    Attributes:
        name: its name for people (``step 15``).
        probe: its probe; None: it has none, or it is not known.
        why: a sentence on why it has no probe, or why its result is not known.
        only_if: the condition of its verdict (``step 15 hits``); empty: none, as far as known.
        is_unknown: whether its result is not known, although the cache has an answer to its probe.
        reason: for a miss, sentences on the reason found from its files and Dockerfile; None: that of the probe.
        remedy: for a miss, what to do for a hit; empty: nothing, or not known.
        has_files: for a miss, whether more is known of its files than that they differ.
        is_until_edit: whether it is selected only until the probe is changed, since no list keeps it selected.
        store, daemon: those of the lookup; None: its verdict does not depend on them.
    """

    name: str
    probe: Probe | None = None
    why: str = ""
    only_if: str = ""
    is_unknown: bool = False
    reason: str | None = None
    remedy: str = ""
    has_files: bool = False
    is_until_edit: bool = False
    store: ImageStore | None = field(default=None, compare=False, repr=False)
    daemon: Daemon | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """The name at the start of a sentence."""
        return f"{self.name[:1].upper()}{self.name[1:]}"
