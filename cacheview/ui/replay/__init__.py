"""The dock that replays a Dockerfile: its steps, the result of each, and the reason for the first miss."""
