"""Looks up a Dockerfile step by step in the cache of a store, without building anything and without Qt."""
