"""The rule sets as a person sees them: one whole, what changed between two, and one chosen by a version."""
