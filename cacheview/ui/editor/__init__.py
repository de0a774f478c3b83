"""Opening a Dockerfile in the person's editor, at a line."""
