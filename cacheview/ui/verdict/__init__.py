"""The verdict pane: what the cache answers to the probe, and every check that led to it."""
