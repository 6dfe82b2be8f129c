"""What is put on every answer, and what becomes of an error."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from duokua.kernel.errors import DuokuaError
from duokua.kernel.ids import new_id
from duokua.shell import views

_LOG = logging.getLogger(__name__)
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # the pictures inside Bootstrap's style sheet
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # A photo of evidence tells where it was taken, if whoever takes it allows that.
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Puts the security headers on every answer; pages of a person are never stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        for name, value in HEADERS.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store, private")
        if request.is_secure():
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
            for cookie in answer.cookies.values():
                cookie["secure"] = True
        return answer


class Faults:
    """Turns errors meant for their reader into pages, and gives every other one a code."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a domain error with its page; log an unexpected one under a fresh code."""
        if isinstance(error, DuokuaError):
            return views.domain_error(request, error)
        if views.is_unexpected(error):
            code = new_id("fault")
            request.META["duokua.fault"] = code
            _LOG.error("unexpected error", exc_info=error, extra={"fault": code})
        return None
