"""Each kind of store, read into the model: see `open_store` of `open.py`."""
