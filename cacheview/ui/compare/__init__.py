"""The dock that looks up one probe in all rule sets, grouped by answer. A chosen row becomes the rules in use."""
