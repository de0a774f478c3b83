"""What if something happened to a store: how an engine would change its images, and the effect on a build."""
