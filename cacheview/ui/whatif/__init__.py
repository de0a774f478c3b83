"""What if in the window: the changes to choose from, and the mode that shows the changed store."""
