"""What the lake announces."""

from __future__ import annotations

from django.dispatch import Signal

dataset_committed = Signal()  # keyword ``dataset_id``; sent while its lock is held
contract_registered = Signal()  # keyword ``dataset_id``; sent while its lock is held
