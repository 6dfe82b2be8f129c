"""Django application of ``duokua.jobs``."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Registered under the label ``jobs``."""

    name = "duokua.jobs"
    label = "jobs"
