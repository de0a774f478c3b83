"""A Dockerfile looked up in the cache of a store, step by step, without building anything. No Qt."""
