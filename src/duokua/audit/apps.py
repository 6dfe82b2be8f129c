"""Django application of ``duokua.audit``."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Registered under the label ``audit``."""

    name = "duokua.audit"
    label = "audit"
