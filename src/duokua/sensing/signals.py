"""What sensing announces."""

from __future__ import annotations

from django.dispatch import Signal

stream_advanced = Signal()  # keyword ``dataset_id``; its live feed has new rows
