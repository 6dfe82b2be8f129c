"""Django application of ``duokua.loop``."""

from __future__ import annotations

from django.apps import AppConfig


class LoopConfig(AppConfig):
    """Registered under the label ``loop``."""

    name = "duokua.loop"
    label = "loop"

    def ready(self) -> None:
        """Let clocks of cases be looked at, and rules run."""
        from duokua.loop import clock_jobs, rule_jobs

        clock_jobs.start()
        rule_jobs.start()
