"""The unedited probe of a place. In a walk, its parent depends on the rules in use. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.engine.walk import PREVIOUS, continued
from cacheview.model import Probe

__all__ = ["Original"]


@dataclass(frozen=True)
class Original:
    """The unedited probe of a place, and what the parent `PREVIOUS` means there with the rules in use.

    Probes are held with the parent `PREVIOUS`, so that they stay correct when other rules find another result. They
    are looked up and shown with the image that this is now.

    Attributes:
        held: the probe, as it is held.
        previous: the image that `PREVIOUS` is now; None: the location is not a suite, and `PREVIOUS` an unknown image.
    """

    held: Probe
    previous: str | None = None

    @property
    def probe(self) -> Probe:
        """The probe as it is looked up."""
        return self.shown(None)

    def shown(self, edited: Probe | None) -> Probe:
        """Return an edited probe of this place as it is looked up; for None, the unedited one."""
        probe = self.held if edited is None else edited
        return probe if self.previous is None else continued(probe, self.previous)

    def edited(self, probe: Probe, before: Probe | None) -> Probe | None:
        """Return a probe as it is held after an edit; None: it is the unedited one.

        The result of the previous probe, chosen as the parent, is `PREVIOUS` again. An image that was chosen before
        stays, even if it is also that result by now.

        Args:
            probe: as it is looked up.
            before: the probe before the edit, as it is held; None: the unedited one.
        """
        held_before = self.held if before is None else before
        parent = probe.parent
        if parent == self.shown(before).parent:
            parent = held_before.parent
        elif self.held.parent == PREVIOUS and parent == self.previous:
            parent = PREVIOUS
        held = probe if parent == probe.parent else probe.model_copy(update={"parent": parent})
        return None if held == self.held else held
