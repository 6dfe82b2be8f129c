"""Verbs of the loop: running rules, following what they find, acting on cases, watching clocks."""
