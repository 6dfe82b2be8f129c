"""Django application of ``duokua.lake``."""

from __future__ import annotations

from django.apps import AppConfig


class LakeConfig(AppConfig):
    """Registered under the label ``lake``."""

    name = "duokua.lake"
    label = "lake"
