"""Pages of installed packs."""
