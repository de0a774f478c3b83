"""Builds watched in a process of their own: what shows them is never kept waiting by what reads them."""
