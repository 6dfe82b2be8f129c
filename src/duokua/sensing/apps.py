"""Django application of ``duokua.sensing``."""

from __future__ import annotations

from django.apps import AppConfig


class SensingConfig(AppConfig):
    """Registered under the label ``sensing``."""

    name = "duokua.sensing"
    label = "sensing"
