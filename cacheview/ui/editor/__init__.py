"""Opens a Dockerfile in the user's editor, at a particular line."""
