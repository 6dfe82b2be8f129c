"""Django application of ``duokua.shell``."""

from __future__ import annotations

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """Registered under the label ``shell``."""

    name = "duokua.shell"
    label = "shell"
