"""The verbs of the store."""
