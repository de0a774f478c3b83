"""Suites as tests, in the window: run them, look at what failed, add the probe at hand to one."""
