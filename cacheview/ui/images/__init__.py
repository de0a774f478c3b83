"""The images pane: the images of a store by lineage, with the marks of the current probe."""
