"""The probe pane: parent, cache-from, platform and every field of the container config, as a form and as JSON."""

from cacheview.ui.probe.marks import FieldMark
from cacheview.ui.probe.pane import ProbePane

__all__ = ["FieldMark", "ProbePane"]
