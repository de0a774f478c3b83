"""The menu *What if*: the changes to choose from, and the mode that shows the changed store."""
