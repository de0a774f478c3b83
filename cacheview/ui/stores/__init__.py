"""Live stores in the window: which there are, how one is named, and what has changed since it was read."""
