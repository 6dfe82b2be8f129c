"""The forms of the store."""
