"""The effects of hypothetical changes to a store: how an engine would change its images, and what a build loses."""
