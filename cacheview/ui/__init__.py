"""The window, with all the Qt code and nothing else."""
