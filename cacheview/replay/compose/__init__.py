"""The build section of a Compose file, as Compose sends it to the classic builder."""
