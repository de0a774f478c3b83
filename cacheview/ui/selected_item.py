"""The item that is explained together with the probe: a step of a replay, or an image. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.model import ImageStore, Probe

__all__ = ["SelectedItem"]


@dataclass(frozen=True)
class SelectedItem:
    """An item that is selected in a list, such as a step.

    Attributes:
        name: its name for people (``step 15``).
        probe: its probe; None: it has none, or it is not known.
        why: why it has no probe, or why its result is not known, in a sentence.
        only_if: the condition under which its verdict applies (``step 15 hits``); empty: none, as far as is known.
        is_unknown: whether its result is not known, although the cache has an answer to its probe.
        reason: for a miss, the reason found from its files and Dockerfile, in sentences; None: that of the verdict.
        remedy: for a miss, what to do for a hit; empty: nothing, or not known.
        has_files: for a miss, whether more is known about its files than that they differ.
        is_until_edit: whether it is selected only until the probe is changed, since no list keeps it selected.
        store, daemon: those that it was looked up with; None: its verdict does not depend on them.
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

    @property
    def no_probe(self) -> str:
        """The sentence, without a period, that it has no probe."""
        return f"{self.title} has no probe"
