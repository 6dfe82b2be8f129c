"""What can go wrong, as exceptions: one class for each status, the code and the mend inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class DuokuaClientError(Exception):
    """The base of everything that this package raises."""


class ConnectionFailed(DuokuaClientError):
    """The platform could not be reached, or did not answer in time."""


class ExportFailed(DuokuaClientError):
    """An export ended without a file, or took longer than was waited for."""


@dataclass(frozen=True)
class Fault:
    """One wrong parameter: where it is, what is wrong with it and how to mend it."""

    pointer: str
    detail: str
    mend: str


class Problem(DuokuaClientError):
    """A refused call (拒绝): the platform's problem document (RFC 9457).

    ``code`` is stable and meant for programs; ``title``, ``detail`` and ``mend`` are for people.
    ``retry_after`` is in seconds, ``quota`` is what is left where a quota was the reason.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: int | None) -> None:
        self.status = status
        self.code = str(document.get("code") or document.get("error") or "unknown")
        self.title = str(document.get("title") or self.code)
        self.detail = str(document.get("detail") or document.get("error_description") or "")
        self.mend = str(document.get("mend") or "")
        self.errors = tuple(
            Fault(
                str(each.get("pointer", "")), str(each.get("detail", "")), str(each.get("mend", ""))
            )
            for each in document.get("errors") or ()
        )
        self.quota: Mapping[str, int | None] = document.get("quota") or {}
        self.retry_after = retry_after
        super().__init__(self._say())

    def _say(self) -> str:
        parts = [f"{self.status} {self.code}: {self.title}"]
        parts += [f"{each.pointer}: {each.detail} ({each.mend})" for each in self.errors]
        if self.mend and not self.errors:
            parts.append(self.mend)
        return "; ".join(parts)


class NotAuthenticated(Problem):
    """401: no token, or the client's credentials are wrong."""


class NotGranted(Problem):
    """403: known, but there is no grant for this interface, purpose or time."""


class NotFound(Problem):
    """404: there is no such interface, or none that this caller may know of."""


class BadParameters(Problem):
    """400, 406, 409 or 422: the call itself is wrong; ``errors`` names each parameter."""


class Gone(Problem):
    """410: the interface has ended, or what changed since a version is not kept any more."""


class TooManyCalls(Problem):
    """429: too fast, or the quota is used up."""


class Unavailable(Problem):
    """5xx: not just now."""


_CLASSES: dict[int, type[Problem]] = {
    400: BadParameters,
    401: NotAuthenticated,
    403: NotGranted,
    404: NotFound,
    406: BadParameters,
    409: BadParameters,
    410: Gone,
    413: BadParameters,
    422: BadParameters,
    429: TooManyCalls,
}


def problem_of(status: int, body: bytes, retry_after: int | None) -> Problem:
    """Turn a response that is no answer into its exception; any body will do."""
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    kind = _CLASSES.get(status, Unavailable if status >= 500 else Problem)
    return kind(status, document, retry_after)
