"""Calls to an OpenID provider's own addresses: bounded in time and size, never redirected."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

_TIMEOUT_S = 5
_MOST_BYTES = 1 << 20


class CallFailed(Exception):
    """The address does not answer, or with something else than a JSON object; ``status`` if any."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing: a provider's address is where it says it is."""
        return None


def get(address: str) -> dict[str, Any]:
    """Return the JSON object at an address.

    :raises CallFailed: there is none.
    """
    return _call(Request(address, headers={"Accept": "application/json"}))  # noqa: S310 - checked


def post(
    address: str, form: dict[str, str], client: tuple[str, str], *, basic: bool
) -> dict[str, Any]:
    """Send a form as a client, by its secret in the header or in the form; return the answer.

    :raises CallFailed: it is refused, or no JSON object.
    """
    headers = {"Accept": "application/json"}
    if basic:  # RFC 6749, 2.3.1: both are quoted before they are joined
        told = ":".join(quote(each, safe="") for each in client).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(told).decode()}"
    else:
        form = {**form, "client_id": client[0], "client_secret": client[1]}
    return _call(Request(address, urlencode(form).encode(), headers))  # noqa: S310 - checked


def _call(request: Request) -> dict[str, Any]:
    try:
        with build_opener(_Stay).open(request, timeout=_TIMEOUT_S) as answer:
            body = answer.read(_MOST_BYTES + 1)
            told = json.loads(body) if answer.status == 200 and len(body) <= _MOST_BYTES else None
    except HTTPError as error:
        with error:
            raise CallFailed(error.code) from error
    except (URLError, OSError, ValueError) as error:
        raise CallFailed from error
    if not isinstance(told, dict):
        raise CallFailed
    return told
