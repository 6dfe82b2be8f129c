"""How the gateway replies: problem documents, JSON, headers of an answer."""

from __future__ import annotations

import orjson

from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.text import preferred_language
from duokua.lang.interface import Interface
from duokua.serving.life import life_headers
from duokua.serving.problems import Refusal


def refuse(proto: HTTPProtocol, refusal: Refusal, scope: Scope) -> None:
    """Send a refusal in the caller's language."""
    language = preferred_language(scope.headers.get("accept-language"))
    headers = [*refusal.headers(), ("content-language", "zh-CN" if language == "zh" else "en")]
    proto.response_bytes(refusal.status, headers, refusal.document(language))


def json(
    proto: HTTPProtocol,
    body: object,
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
) -> None:
    """Send a JSON body that nobody may keep."""
    raw_json(proto, orjson.dumps(body), status=status, headers=headers)


def raw_json(
    proto: HTTPProtocol,
    body: bytes,
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
) -> None:
    """Send JSON that is written already."""
    told = [("content-type", "application/json"), ("cache-control", "no-store"), *headers]
    proto.response_bytes(status, told, body)


def answer_headers(
    media: str, receipt: str, next_: str | None, interface: Interface
) -> list[tuple[str, str]]:
    """Return the headers of a governed answer of ``interface``."""
    headers = [
        ("content-type", media),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("duokua-receipt", receipt),
    ]
    if next_ is not None:
        headers.append(("duokua-next", next_))
    return headers + life_headers(interface)
