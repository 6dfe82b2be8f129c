"""What the loop tells whoever listens."""

from __future__ import annotations

from django.dispatch import Signal

cases_opened = Signal()  # within the transaction that opened them
rules_adopted = (
    Signal()
)  # keyword ``pack``; sent once the transaction that took its rules over is through
