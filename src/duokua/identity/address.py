"""Where a request comes from (来源地址)."""

from __future__ import annotations

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the caller's address as the gateway saw it: the last hop of ``X-Forwarded-For``.

    Earlier hops are whatever the caller wrote, so they count for nothing.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    return (hops[-1].strip() or request.META.get("REMOTE_ADDR") or "local")[:64]
