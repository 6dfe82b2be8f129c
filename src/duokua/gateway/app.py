"""The RSGI handler (网关): the look-up by one key first and fastest, then everything else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Iterator
from urllib.parse import unquote

from duokua.gateway import refusals, replies
from duokua.gateway.bodies import fields_body
from duokua.gateway.catalogue import Catalogue
from duokua.gateway.health import Health
from duokua.gateway.ingest import PATH as INGEST
from duokua.gateway.ingest import Door
from duokua.gateway.metrics import Metrics
from duokua.gateway.oauth import Tokens
from duokua.gateway.proxy import Portal
from duokua.gateway.queries import QUERY, answer_query, query_body
from duokua.gateway.rsgi import Headers, HTTPProtocol, Scope
from duokua.gateway.shapes import SHAPES, Shapes, only_get
from duokua.gateway.streams import Streams
from duokua.kernel.errors import DuokuaError
from duokua.serving.answers import Answer, Stream
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat
from duokua.serving.service import Serving

COOKIE = "duokua_try"
_DATA = "/data/"
_QUICK_HEADERS = (
    ("content-type", "application/json"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
)
_FAILED = Refusal("unavailable", part="gateway", retry_after=2)
_JSON_ACCEPTS = frozenset((None, "*/*", "application/json"))
_log = logging.getLogger("duokua.gateway")


class Gateway:
    """Answers ``/data``, events, tokens and health itself and hands all else to the portal."""

    def __init__(
        self,
        serving: Serving,
        streams: Streams,
        portal: Portal,
        health: Health,
        shapes: Shapes,
        metrics: Metrics,
        door: Door,
    ) -> None:
        self._serving = serving
        self._shapes = shapes
        self._quicks = serving.quicks
        self.in_flight = 0  # slow answers under way, for a stop in order
        self._streams = streams
        self._portal = portal
        self._health = health
        self._tokens = Tokens(serving)
        self._metrics = metrics
        self._door = door
        self._catalogue = Catalogue(serving)

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        # The quick look-up stands here and not a call deeper: each layer costs it half a per cent.
        try:
            path = scope.path
            headers = scope.headers
            quick = self._quicks.get((headers.get("authorization") or "", path))
            if (
                quick is not None
                and scope.method == "GET"
                and headers.get("accept") in _JSON_ACCEPTS
                and "duokua-purpose" not in headers
            ):
                answer = quick.answer(scope.query_string, time.time())
                if answer is not None:
                    body, receipt, durable = answer
                    await durable
                    proto.response_bytes(200, [*_QUICK_HEADERS, ("duokua-receipt", receipt)], body)
                    return
            if path.startswith(_DATA) and len(path) > len(_DATA):
                await self._data(scope, proto, path)
                return
            with self._counted():
                await self._other(scope, proto, path)
        except Refusal as refusal:
            self._refuse(proto, refusal, scope)
        except DuokuaError:
            self._refuse(proto, Refusal("unavailable", part="ledger", retry_after=2), scope)
        except (Exception, asyncio.CancelledError) as error:
            # Cancelled: the gateway is ending. An error's text may quote a value, so only its kind
            # and place are logged. Of an answer that has begun, the line was cut.
            place = traceback.extract_tb(error.__traceback__)[-1]
            told = {"error": type(error).__name__, "place": f"{place.filename}:{place.lineno}"}
            _log.error("a call failed", extra=told)
            with contextlib.suppress(RuntimeError):
                self._refuse(proto, _FAILED, scope)

    def _refuse(self, proto: HTTPProtocol, refusal: Refusal, scope: Scope) -> None:
        refusals.count(self._serving, scope, refusal.code, time.time())
        replies.refuse(proto, refusal, scope)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def _data(self, scope: Scope, proto: HTTPProtocol, path: str) -> None:
        headers = scope.headers
        interface, _, part = path[len(_DATA) :].replace("%40", "@").partition("/")
        if interface == "openapi.json" and not part:
            only_get(scope)
            return await self._catalogue.openapi(scope, proto, _token(headers), time.time())
        body = await _body(scope, proto, part)  # first: the sender may take any time
        now = time.time()
        token = _token(headers)
        seat = self._serving.seat(token, interface, now)
        grant = seat.plan.grant
        purpose = headers.get("duokua-purpose")
        if purpose != grant.purpose and not _states(headers, purpose, grant.purpose):
            raise Refusal("purpose_mismatch", link=f"/store/interfaces/{interface}/")
        authorization = headers.get("authorization")
        if grant.client == "anonymous":
            seat = self._serving.address_meter(seat, scope.client.rpartition(":")[0])
        elif authorization is not None and not part:
            self._serving.remember(authorization, path, seat)
        if part == QUERY:
            answer = answer_query(self._serving, seat, body, scope, now)
            return await self._reply(scope, proto, answer, seat)
        if part or seat.plan.served.interface.shape in SHAPES:
            with self._counted():
                return await self._shapes.answer(
                    scope, proto, seat, part, body, now,
                    lambda: self._serving.seat(token, interface, time.time()),
                )  # fmt: skip
        only_get(scope)
        return await self._general(scope, proto, seat, now)

    async def _general(self, scope: Scope, proto: HTTPProtocol, seat: Seat, now: float) -> None:
        answer = self._serving.call(seat, scope.query_string, scope.headers.get("accept"), now)
        await self._reply(scope, proto, answer, seat)

    async def _reply(
        self, scope: Scope, proto: HTTPProtocol, answer: Answer | Stream, seat: Seat
    ) -> None:
        if isinstance(answer, Answer):
            await answer.durable
            interface = seat.plan.served.interface
            headers = replies.answer_headers(answer.media, answer.receipt, answer.next, interface)
            proto.response_bytes(200, headers, answer.body)
            return
        with self._counted():
            await self._streams.send(proto, answer, scope.client)

    async def _other(self, scope: Scope, proto: HTTPProtocol, path: str) -> None:
        match path:
            case "/data/" | "/data":
                only_get(scope)
                self._catalogue.interfaces(scope, proto, _token(scope.headers), time.time())
            case "/oauth/token":
                await self._tokens.answer(scope, proto, time.time())
            case "/.well-known/oauth-authorization-server":
                self._tokens.describe(scope, proto)
            case "/metrics":
                self._metrics.answer(scope, proto)
            case "/healthz" | "/readyz":
                await self._health.answer(proto, ready=path == "/readyz")
            case _ if path.startswith(INGEST):
                await self._door.take(scope, proto, path[len(INGEST) :])
            case _:
                await self._portal.forward(scope, proto)


async def _body(scope: Scope, proto: HTTPProtocol, part: str) -> bytes:
    if part == QUERY:
        return await query_body(scope, proto)
    return await fields_body(proto) if scope.method == "POST" else b""


def _states(headers: Headers, purpose: str | None, granted: str) -> bool:
    """Tell whether a call states the granted purpose, or none.

    A header holds ASCII, so a purpose in Chinese comes percent-encoded; one that is there and
    cannot be read states something else.
    """
    if purpose is None:
        return "duokua-purpose" not in headers
    return unquote(purpose) == granted


def _token(headers: Headers) -> str | None:
    """Return the caller's token: a Bearer header, or the browser's short cookie."""
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal("token_invalid")
        return token
    cookies = headers.get("cookie")
    if cookies is not None and COOKIE in cookies:
        for part in cookies.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                return value
    return None
