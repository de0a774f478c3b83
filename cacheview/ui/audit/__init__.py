"""The hazards of a whole store by the rules in use, and the images that each concerns."""

from cacheview.ui.audit.pane import AuditPane

__all__ = ["AuditPane"]
