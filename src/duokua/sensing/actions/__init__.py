"""Verbs of sensing: registering, taking events in, landing them, watching devices."""
