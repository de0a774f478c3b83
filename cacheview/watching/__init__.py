"""Watches builds in a separate process, so that this work never blocks the process that shows them."""
