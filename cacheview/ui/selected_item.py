"""What is selected to be explained besides the probe: a step of a replay, or an image. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.model import ImageStore, Probe

__all__ = ["SelectedItem"]


@dataclass(frozen=True)
class SelectedItem:
    """What is selected in a list beside the probe.

    Attributes:
        name: as a person calls it (``step 15``).
        probe: what it asks the cache; None: nothing, or nothing that is known.
        why: why it has no probe, or why its result is not known, in a sentence.
        only_if: what its verdict depends on (``step 15 hits``); empty: on nothing else, as far as known.
        is_unknown: what happens to it is not known, though the cache has an answer to its probe.
        reason: of a miss, why, as its files and its Dockerfile show it, in sentences; None: as the probe shows it.
        remedy: of a miss, what a person can do for a hit, in words; empty: nothing, or it is not known.
        has_files: of a miss, what is known of its files says more than that they differ.
        until_edit: it is selected until the probe is changed: there is no list in which it stays selected.
        store, daemon: what it was looked up in; None: its verdict does not depend on that.
    """

    name: str
    probe: Probe | None = None
    why: str = ""
    only_if: str = ""
    is_unknown: bool = False
    reason: str | None = None
    remedy: str = ""
    has_files: bool = False
    until_edit: bool = False
    store: ImageStore | None = field(default=None, compare=False, repr=False)
    daemon: Daemon | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """The name at the beginning of a sentence."""
        return f"{self.name[:1].upper()}{self.name[1:]}"
