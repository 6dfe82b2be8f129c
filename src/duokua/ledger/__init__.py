"""Append-only chain of records (账本): group commit, anchors, verifier.

Standard library only, so that a stranger can verify a copy with a bare Python. Knows nothing of
what a record means.
"""
