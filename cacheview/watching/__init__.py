"""Watches builds in a separate process, so that reading them never blocks the process that shows them."""
