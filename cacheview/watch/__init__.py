"""Watches builds through a socket in front of an engine. Every byte is passed on unchanged. No Qt."""
