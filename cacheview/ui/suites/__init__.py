"""The dock that runs suites as tests, shows failures, and adds the current probe to a suite."""
