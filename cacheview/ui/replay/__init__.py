"""A Dockerfile replayed in the window: its steps, what becomes of each, and why the first miss misses."""
