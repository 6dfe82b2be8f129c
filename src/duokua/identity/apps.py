"""Django application of ``duokua.identity``."""

from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Registered under the label ``identity``."""

    name = "duokua.identity"
    label = "identity"
