"""Live stores in the window: which there are, how one is named, what became of it since it was read."""
