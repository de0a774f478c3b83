"""The dock that compares two builds."""
