"""The doors of the other shapes (其他接口形态): verification, change feed, bulk export jobs."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from duokua.gateway import replies
from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.kernel.environment import Environment
from duokua.lang.contract import Level
from duokua.lang.interface import Shape
from duokua.serving.changes import ChangeFeed
from duokua.serving.problems import Refusal, bad_parameter
from duokua.serving.seat import Seat
from duokua.serving.service import Serving
from duokua.serving.verification import Verification

SHAPES = frozenset((Shape.VERIFY, Shape.CHANGES))  # with answers of their own
_MAX_BODY = 16_384


class Shapes:
    """Answers what is not a plain look-up or page."""

    def __init__(self, serving: Serving, settings: Environment) -> None:
        secret = settings.secret()
        self._serving = serving
        self._changes = ChangeFeed(serving, secret)
        self._verification = Verification(serving, secret, settings.ledger)

    def check_method(self, scope: Scope, interface: str) -> None:
        """Refuse a method that an interface does not take, before anybody is decided on.

        What a caller may not know of is decided on first: the answer must not tell that it is there.

        :raises Refusal: ``method_not_allowed``.
        """
        served = self._serving.state.interfaces.get(interface)
        takes = (
            served is None
            or served.contract.level is Level.L4
            or served.interface.shape is Shape.VERIFY
        )
        if scope.method != "POST" or not takes:
            raise Refusal("method_not_allowed", allow="GET")

    async def answer(
        self,
        scope: Scope,
        proto: HTTPProtocol,
        seat: Seat,
        part: str,
        now: float,
        again: Callable[[], Seat],
    ) -> None:
        """Answer a call; ``part`` is what follows the interface in the path.

        ``again`` decides anew who may, for calls that take their time.

        :raises Refusal: with the reason.
        """
        shape = seat.plan.served.interface.shape
        if not part and shape is Shape.VERIFY:
            return await self._verify(scope, proto, seat, now)
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
        headers = replies.answer_headers(answer.media, answer.receipt, answer.next)
        headers.append(("duokua-version", str(answer.version)))
        proto.response_bytes(200, headers, answer.body)

    async def _verify(self, scope: Scope, proto: HTTPProtocol, seat: Seat, now: float) -> None:
        if scope.method not in ("GET", "POST"):
            raise Refusal("method_not_allowed", allow="GET, POST")
        told = scope.query_string if scope.method == "GET" else await _fields(proto, scope)
        answer = self._verification.answer(seat, told, now)
        await answer.durable
        headers = replies.answer_headers(answer.media, answer.receipt, None)
        proto.response_bytes(200, headers, answer.body)


def only_get(scope: Scope) -> None:
    """Refuse any other method.

    :raises Refusal: ``method_not_allowed``.
    """
    if scope.method != "GET":
        raise Refusal("method_not_allowed", allow="GET")


async def _fields(proto: HTTPProtocol, scope: Scope) -> dict[str, object]:
    """Return the fields of a JSON body, so that what is claimed need not stand in an address.

    :raises Refusal: ``too_large``, or ``parameters_invalid``: no JSON object, or a query beside it.
    """
    if scope.query_string:
        raise bad_parameter("", "POST 请求的参数应在正文中", "a POST has its parameters in its body",
                            "请将参数写入 JSON 正文", "put them into the JSON body")  # fmt: skip
    body = b""
    async for chunk in proto:
        body += chunk
        if len(body) > _MAX_BODY:
            raise Refusal("too_large")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    raise bad_parameter("", "正文不是 JSON 对象", "the body is no JSON object",
                        "请发送 {参数: 值, …}", "send {parameter: value, …}")  # fmt: skip
