"""Django application of ``duokua.identity``."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class IdentityConfig(AppConfig):
    """Registered under the label ``identity``."""

    name = "duokua.identity"
    label = "identity"

    def ready(self) -> None:
        """Register the start-up checks."""
        from duokua.identity.checks import every_view_has_a_policy

        checks.register(every_view_has_a_policy, checks.Tags.security)
