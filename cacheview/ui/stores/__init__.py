"""Live stores in the window: those that exist, their names, and the changes since they were read."""
