"""The verdict pane: the cache's answer to the probe, and every check that led to it."""
