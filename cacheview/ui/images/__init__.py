"""The images pane: the images of a store by lineage, with the marks of the current probe."""

from cacheview.ui.images.marks import Marks, positions
from cacheview.ui.images.pane import ImagesPane

__all__ = ["ImagesPane", "Marks", "positions"]
