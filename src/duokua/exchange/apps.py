"""Django application of ``duokua.exchange``."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Registered under the label ``exchange``."""

    name = "duokua.exchange"
    label = "exchange"
