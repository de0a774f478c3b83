"""A Dockerfile in the editor of the person, at a line."""
