"""A Dockerfile played through the cache of a store, step by step, without building anything. No Qt."""
