"""Django application of ``duokua.notify``."""

from __future__ import annotations

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Registered under the label ``notify``."""

    name = "duokua.notify"
    label = "notify"
