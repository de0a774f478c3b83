"""A store as if something had happened to it: what an engine would do to its images, and what it costs a build."""
