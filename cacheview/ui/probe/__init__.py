"""The probe pane: parent, cache-from, platform and every field of the container config, as a form and as JSON."""
