"""The body of ``POST /data/{interface}/query``, read before anybody decides on the call.

Whoever sends slowly may have lost the grant by the time that the query is there.
"""

from __future__ import annotations

from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.lang.interface import Shape
from duokua.lang.query_json import MAX_BODY
from duokua.serving.answers import Answer, Stream
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat
from duokua.serving.service import Serving

QUERY = "query"  # what follows the interface in the path


async def query_body(scope: Scope, proto: HTTPProtocol) -> bytes:
    """Return the body of a query, of 64 KiB at most.

    :raises Refusal: another method or media type, or ``too_large``.
    """
    if scope.method != "POST":
        raise Refusal("method_not_allowed", allow="POST")
    media = (scope.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Refusal("media_unsupported")
    told = scope.headers.get("content-length")
    if told is not None and (not told.isdecimal() or len(told) > 9 or int(told) > MAX_BODY):
        raise Refusal("too_large")
    parts, size = [], 0
    async for chunk in proto:
        size += len(chunk)
        if size > MAX_BODY:
            raise Refusal("too_large")
        parts.append(bytes(chunk))
    return b"".join(parts)


def answer_query(
    serving: Serving, seat: Seat, body: bytes, scope: Scope, now: float
) -> Answer | Stream:
    """Answer a query that has come: groups of a cube, or rows and groups of a page.

    :raises Refusal: what serving refuses.
    """
    is_cube = seat.plan.served.interface.shape is Shape.AGGREGATE
    ask = serving.cubes.post if is_cube else serving.queries.answer
    return ask(seat, body, scope.query_string, scope.headers.get("accept"), now)
