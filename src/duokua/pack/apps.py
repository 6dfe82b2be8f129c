"""Django application of ``duokua.pack``."""

from __future__ import annotations

from django.apps import AppConfig


class PackConfig(AppConfig):
    """Registered under the label ``pack``."""

    name = "duokua.pack"
    label = "pack"
