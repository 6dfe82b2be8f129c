"""Django application of ``duokua.lake``."""

from __future__ import annotations

from django.apps import AppConfig


class LakeConfig(AppConfig):
    """Registered under the label ``lake``."""

    name = "duokua.lake"
    label = "lake"

    def ready(self) -> None:
        """Let new versions be measured, and what is derived from them be made anew."""
        from duokua.lake import jobs, source_jobs

        jobs.start()
        source_jobs.start()
