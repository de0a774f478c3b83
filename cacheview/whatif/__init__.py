"""The effects of hypothetical changes of a store: how an engine would change its images, and what a build loses."""
