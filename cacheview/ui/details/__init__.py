"""The dock with the details of an image."""
