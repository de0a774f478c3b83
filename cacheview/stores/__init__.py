"""The readers of each kind of store, which create the model. Start at `open_store` in `open.py`."""
