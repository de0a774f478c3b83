"""The dock with files: those that keep a step from being a hit, or those that a layer changed."""
