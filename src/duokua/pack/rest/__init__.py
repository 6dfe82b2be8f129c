"""Installed packs for programs."""
