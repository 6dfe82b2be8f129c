"""The frozen values that cross the borders of the store."""
