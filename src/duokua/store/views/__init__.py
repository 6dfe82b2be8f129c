"""The pages of the store."""
