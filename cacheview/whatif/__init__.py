"""What if something happened to a store: what an engine would do to its images, and what that costs a build."""
