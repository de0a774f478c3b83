"""Watching builds: a socket in front of an engine that passes every byte on, and reads along. No Qt."""
