"""The reads of the store."""
