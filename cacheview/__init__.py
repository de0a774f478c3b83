"""cacheview: why Docker's classic builder did, or did not, reuse an image."""

__version__ = "0.1.0"
