"""Django application of ``duokua.loop``."""

from __future__ import annotations

from django.apps import AppConfig


class LoopConfig(AppConfig):
    """Registered under the label ``loop``."""

    name = "duokua.loop"
    label = "loop"
