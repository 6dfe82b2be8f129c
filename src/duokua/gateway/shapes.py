"""The doors of the other shapes (其他接口形态): verification, change feed, bulk export jobs."""

from __future__ import annotations

from collections.abc import Callable

from duokua.gateway import replies
from duokua.gateway.bodies import json_fields
from duokua.gateway.exports import EXPORTS, Exports
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.gateway.streams import Streams
from duokua.kernel.environment import Environment
from duokua.lang.interface import Shape
from duokua.serving.changes import ChangeFeed
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat
from duokua.serving.service import Serving
from duokua.serving.verification import Verification

SHAPES = frozenset((Shape.VERIFY, Shape.CHANGES))  # with answers of their own


class Shapes:
    """Answers what is not a plain look-up or page."""

    def __init__(self, serving: Serving, streams: Streams, settings: Environment) -> None:
        secret = settings.secret()
        self._serving = serving
        self.exports = Exports(serving, streams, settings.exports)
        self._changes = ChangeFeed(serving, secret)
        self._verification = Verification(serving, secret, settings.ledger)

    async def answer(
        self,
        scope: Scope,
        proto: HTTPProtocol,
        seat: Seat,
        part: str,
        body: bytes,
        now: float,
        again: Callable[[], Seat],
    ) -> None:
        """Answer a call; ``part`` is what follows the interface in the path, ``body`` what a POST sent.

        ``again`` decides anew who may, for calls that take their time.

        :raises Refusal: with the reason.
        """
        if part == EXPORTS or part.startswith(f"{EXPORTS}/"):
            return await self.exports.answer(scope, proto, seat, part, body, again)
        shape = seat.plan.served.interface.shape
        if not part and shape is Shape.VERIFY:
            return await self._verify(scope, proto, seat, body, now)
        if not part and shape is Shape.CHANGES:
            only_get(scope)
            return await self._change(scope, proto, seat, now, again)
        raise Refusal("not_found")

    async def _change(
        self, scope: Scope, proto: HTTPProtocol, seat: Seat, now: float, again: Callable[[], Seat]
    ) -> None:
        accept = scope.headers.get("accept")
        answer = await self._changes.answer(seat, scope.query_string, accept, now, again)
        await answer.durable
        headers = replies.answer_headers(
            answer.media, answer.receipt, answer.next, seat.plan.served.interface
        )
        headers.append(("duokua-version", str(answer.version)))
        proto.response_bytes(200, headers, answer.body)

    async def _verify(
        self, scope: Scope, proto: HTTPProtocol, seat: Seat, body: bytes, now: float
    ) -> None:
        if scope.method not in ("GET", "POST"):
            raise Refusal("method_not_allowed", allow="GET, POST")
        told = scope.query_string if scope.method == "GET" else json_fields(scope, body)
        answer = self._verification.answer(seat, told, now)
        await answer.durable
        headers = replies.answer_headers(
            answer.media, answer.receipt, None, seat.plan.served.interface
        )
        proto.response_bytes(200, headers, answer.body)


def only_get(scope: Scope) -> None:
    """Refuse any other method.

    :raises Refusal: ``method_not_allowed``.
    """
    if scope.method != "GET":
        raise Refusal("method_not_allowed", allow="GET")
