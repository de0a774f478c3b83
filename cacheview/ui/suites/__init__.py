"""Suites as tests, in the window: run them, see what failed, add the current probe to one."""
