"""The dock with files: those that differ, and those that a layer changed."""
