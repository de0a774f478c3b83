"""The hazards of a whole store by the rules in use, and the images that each concerns."""
