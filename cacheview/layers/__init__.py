"""The files inside the layers of images: read from the store, never extracted."""
