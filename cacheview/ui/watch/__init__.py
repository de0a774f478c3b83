"""Builds that are watched: a list of them, and the steps of one side by side."""
