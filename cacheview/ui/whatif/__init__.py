"""The window as if something had happened to the store: what can be asked, and the mode that shows it."""
