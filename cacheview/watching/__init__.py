"""Watches builds in a separate process, so that reading them never blocks what shows them."""
