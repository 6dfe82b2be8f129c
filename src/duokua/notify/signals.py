"""What the inbox announces."""

from __future__ import annotations

from django.dispatch import Signal

letters_wait = Signal()  # no keywords; sent when letters are to go outward
