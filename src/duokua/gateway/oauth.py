"""OAuth 2.1 client credentials (RFC 6749 §4.4, draft-ietf-oauth-v2-1) for programs."""

from __future__ import annotations

import base64
import binascii
import time
from urllib.parse import parse_qsl, unquote_plus

from duokua.gateway import refusals, replies
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.text import preferred_language
from duokua.serving.problems import Refusal
from duokua.serving.service import Serving

_MAX_BODY = 16_384
_FAILURES = 20  # wrong secrets of one address within a minute before it has to wait


class Tokens:
    """The token endpoint. Wrong credentials answer the same whatever was wrong with them."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._failures: dict[tuple[str, int], int] = {}

    async def answer(self, scope: Scope, proto: HTTPProtocol, now: float) -> None:
        """Answer ``POST /oauth/token``."""
        if scope.method != "POST":
            raise Refusal("method_not_allowed", allow="POST")
        place = (scope.client.rpartition(":")[0], int(now) // 60)
        if self._failures.get(place, 0) >= _FAILURES:
            raise Refusal("rate_limited", retry_after=60 - int(now) % 60)
        fields = await _form(proto)
        client, secret = _credentials(scope, fields)
        if fields.get("grant_type") != "client_credentials":
            return _error(proto, 400, "unsupported_grant_type", "use grant_type=client_credentials")
        try:
            issued = self._serving.token(client, secret, fields.get("purpose"), now)
        except Refusal as refusal:
            return self._refused(scope, proto, refusal, place)
        return replies.json(
            proto,
            {
                "access_token": issued.token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in_s,
                "purpose": issued.purpose,
            },
            headers=(("pragma", "no-cache"),),
        )

    def _refused(
        self, scope: Scope, proto: HTTPProtocol, refusal: Refusal, place: tuple[str, int]
    ) -> None:
        refusals.count(self._serving, scope, refusal.code, time.time())
        if refusal.code == "token_invalid":
            if len(self._failures) > 10_000:
                self._failures.clear()
            self._failures[place] = self._failures.get(place, 0) + 1
            return _error(proto, 401, "invalid_client", "the client credentials are wrong")
        language = preferred_language(scope.headers.get("accept-language"))
        fault = refusal.faults[0]
        told = f"{fault.what.in_(language)}: {fault.mend.in_(language)}"
        return _error(proto, 400, "invalid_request", told)

    def describe(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer the authorization server's metadata (RFC 8414)."""
        base = f"{scope.scheme}://{scope.headers.get('host', '')}"
        replies.json(
            proto,
            {
                "issuer": base,
                "token_endpoint": f"{base}/oauth/token",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
            },
        )


async def _form(proto: HTTPProtocol) -> dict[str, str]:
    body = b""
    async for chunk in proto:
        body += chunk
        if len(body) > _MAX_BODY:
            break
    try:
        return dict(parse_qsl(body[:_MAX_BODY].decode(), max_num_fields=20))
    except ValueError:
        return {}


def _credentials(scope: Scope, fields: dict[str, str]) -> tuple[str, str]:
    scheme, _, value = (scope.headers.get("authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return unquote_plus(name), unquote_plus(secret)
    return fields.get("client_id", ""), fields.get("client_secret", "")


def _error(proto: HTTPProtocol, status: int, code: str, description: str) -> None:
    headers = (("www-authenticate", "Basic"),) if status == 401 else ()
    body = {"error": code, "error_description": description}
    replies.json(proto, body, status=status, headers=headers)
