"""The dock that runs suites as tests, shows what fails, and adds the current probe to a suite."""
