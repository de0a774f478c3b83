"""A Dockerfile replayed in the window: its steps, what happens to each, and why the first miss misses."""
