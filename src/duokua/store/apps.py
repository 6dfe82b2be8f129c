"""Django application of ``duokua.store``."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Registered under the label ``store``."""

    name = "duokua.store"
    label = "store"
