"""Start-up check: every address of the portal states who may open it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.urls import URLPattern, URLResolver, get_resolver


def undeclared(patterns: Sequence[URLPattern | URLResolver], at: str = "/") -> Iterator[str]:
    """Yield each address whose view has no policy."""
    for entry in patterns:
        route = at + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from undeclared(entry.url_patterns, route)
        elif not getattr(entry.callback, "policy", None):
            yield route


def every_view_has_a_policy(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to start while a view leaves open who may see it."""
    return [
        Error(f"{route} declares no policy", hint="decorate its view", id="duokua.E001")
        for route in undeclared(get_resolver().url_patterns)
    ]
