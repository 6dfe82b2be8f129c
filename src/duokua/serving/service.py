"""The one execution path (统一执行通道): decide → quota → mask → query → encode → receipt.

All of it runs on the gateway's one event loop, so quotas are exact without locks. Nothing is handed
out before its receipt is durable: callers await :attr:`Answer.durable` before the first byte.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson

from duokua.kernel.environment import Environment
from duokua.lang.contract import Level
from duokua.lang.grant import Grant
from duokua.lang.interface import Shape
from duokua.lang.predicate import Value
from duokua.ledger.commit import GroupCommit
from duokua.serving import credentials, encode, tokens
from duokua.serving.answers import Answer, Asked, Bulk, Small, Stream
from duokua.serving.budget import Budgets
from duokua.serving.bulk import statement
from duokua.serving.cubes import Cubes
from duokua.serving.cursor import Cursors
from duokua.serving.keys import cursor_key, parameters_key, token_key
from duokua.serving.life import within_life
from duokua.serving.meters import Meters
from duokua.serving.parameters import Call, read_call
from duokua.serving.plan import Plan, TooSlow
from duokua.serving.policy import LEASE_S, PolicyStore, boot_clock
from duokua.serving.problems import Refusal
from duokua.serving.querying import Queries
from duokua.serving.quick import Gate, Quick
from duokua.serving.receipts import ParameterHash, closing
from duokua.serving.seat import Asking, Seat
from duokua.serving.state import State
from duokua.serving.tally import Tallies

MAX_PENDING = 4096  # receipts that wait to become durable; more callers are refused at once
SMALL = 1000  # rows of an answer whose opening receipt carries rows and subjects
_MAX_SEATS = 50_000


class Serving:
    """Decides and answers governed calls."""

    def __init__(self, environment: Environment, ledger: GroupCommit) -> None:
        secret = environment.secret()
        self.ledger = ledger
        self.policy = PolicyStore(environment.policy)
        self.state = State(self.policy, environment.indexes, secret)
        self.meters = Meters(environment.ledger / "receipts")
        self.tallies = Tallies()
        self.gate = Gate(MAX_PENDING)
        self.quicks: dict[tuple[str, str], Quick] = {}
        self.admit_bulk: Callable[[], None] = lambda: None  # the pool's, where there is one
        self._ledger_folder = environment.ledger / "receipts"
        self._hash = environment.ledger_hash
        self._token_key = token_key(secret)
        self.cursors = Cursors(cursor_key(secret))
        self._cursor_key = cursor_key(secret).hex()
        self._parameters_key = parameters_key(secret)
        self.hashes = ParameterHash(self._parameters_key)
        self._seats: dict[tuple[str | None, str], Seat] = {}
        self._plans: dict[tuple[str, str], Plan] = {}
        self.queries = Queries(self)
        self.cubes = Cubes(self, Budgets(environment.ledger / "questions.sqlite3"))

    def start(self) -> None:
        """Load the policy and fold the receipts into the meters."""
        gc.disable()  # what is loaded stays; looking through it for garbage costs a third more
        try:
            self.state.refresh()
        finally:
            gc.enable()
        self.meters.recover()

    def poll(self, gateway: str) -> None:
        """Take over new policy and renew the lease under it.

        The lease is told before anybody looks for news: whoever revokes after that look finds it
        and waits for its end, however long this process is stopped in between.
        """
        until = boot_clock() + LEASE_S
        self.policy.confirm(gateway, self.state.version, until)
        before = self.state.version
        if self.state.refresh():
            self._seats.clear()
            self._plans.clear()
            self.quicks.clear()
        if self.state.version != before:
            self.policy.confirm(gateway, self.state.version, until)
        self.gate.lease_until = until

    async def checkpoint(self) -> None:
        """Keep the meters' state for the next start and for the portal.

        It waits until the receipts that it counts are durable: a checkpoint ahead of the ledger
        would hide later receipts under the same numbers.
        """
        seq = self.ledger.next_seq - 1
        snapshot = self.meters.snapshot(seq)
        while self.ledger.durable < seq and not self.ledger.failed:
            await asyncio.sleep(0.002)
        if self.ledger.durable >= seq:
            await asyncio.to_thread(self.meters.write, snapshot)

    def close_stream(
        self, stream: Stream, told: dict[str, Any] | None, now: float, *, refused: bool = False
    ) -> Awaitable[None]:
        """Append the closing receipt of a stream and give back the rows that were not sent.

        ``told`` is what the worker said at its end; without it the stream was broken off, and how
        much the caller really got is not known: it counts as all that was reserved. One that was
        ``refused`` before its first byte costs nothing.
        """
        status, rows = "complete", 0
        if refused:
            status = "refused"
            stream.seat.meter.refund(stream.reserved, stream.at)
        elif told is None:
            status, rows = "aborted", stream.reserved
        else:
            stream.seat.meter.settle(stream.reserved - told["rows"], stream.at)
        if not refused:
            size = told["bytes"] if told else 0
            stream.seat.tally.served(told["rows"] if told else rows, size)
            stream.seat.tally.took(now - stream.at)
        self.meters.closed(stream.receipt)
        body = closing(
            self.ledger.next_seq,
            now,
            of=stream.receipt,
            status=status,
            told=told or {"rows": rows},
        )
        return self.ledger.append(body)

    # --- who may -----------------------------------------------------------------------------

    def token(self, client_id: str, secret: str, purpose: str | None, now: float) -> tokens.Issued:
        """Return a token for a client's credentials.

        :raises Refusal: as :func:`duokua.serving.credentials.token` does.
        """
        told = client_id, secret
        issued = credentials.token(self.state, self._token_key, told, purpose, now)
        self.tallies.key_used(client_id, issued.key)
        return issued

    def claims(self, token: str, now: float) -> tokens.Claims:
        """Verify a token and that its client and the key it came from still count.

        :raises Refusal: ``token_invalid`` or ``token_expired``.
        """
        return credentials.checked(self.state, tokens.verify(self._token_key, token, now=now), now)

    def seat(self, token: str | None, interface_id: str, now: float) -> Seat:
        """Decide whether a caller may call an interface; remembered until the policy moves.

        :raises Refusal: with the reason.
        """
        found = self._seats.get((token, interface_id))
        if found is not None and now < found.until:
            return found
        seat = (
            self._open_seat(interface_id)
            if token is None
            else self._decide(token, interface_id, now)
        )
        seat = within_life(seat, now)
        if len(self._seats) >= _MAX_SEATS:
            self._seats.clear()
            self.quicks.clear()
        self._seats[token, interface_id] = seat
        return seat

    def _open_seat(self, interface_id: str) -> Seat:
        served = self.state.interfaces.get(interface_id)
        if served is None or not served.interface.open:
            raise Refusal("token_missing")
        grant = self.state.open_grant(interface_id)
        return self._seat(grant, Asking(grant.valid_until))

    def _decide(self, token: str, interface_id: str, now: float) -> Seat:
        claims = self.claims(token, now)
        served = self.state.interfaces.get(interface_id)
        if served is None:
            raise Refusal("not_found")
        interface_id, grants = self.state.versions.held(
            interface_id, lambda id_: self.state.grants.of(claims.client, id_)
        )
        if claims.grant is not None:
            grants = tuple(grant for grant in grants if grant.id == claims.grant)
        if not grants:
            if served.interface.open:
                return self._open_seat(interface_id)
            hidden = served.contract.level is Level.L4
            raise Refusal("not_found" if hidden else "not_granted", link=_listing(interface_id))
        grant = next((g for g in grants if g.purpose == claims.purpose), None)
        if grant is None:
            raise Refusal("purpose_mismatch", link=_listing(interface_id))
        if not grant.valid_from <= now < grant.valid_until:
            raise Refusal("grant_not_valid", link=_listing(interface_id))
        until = min(grant.valid_until, claims.expires)
        return self._seat(grant, Asking(until, claims.person, claims.key_id))

    def _seat(self, grant: Grant, asking: Asking) -> Seat:
        plan = self._plans.get((grant.id, grant.interface))
        if plan is None:
            plan = self._plans[grant.id, grant.interface] = self.state.plan(grant)
        if plan.served.manifest is None:
            raise Refusal("no_data", retry_after=60)
        return asking.seat(plan, self.state.version, self.meters, self.tallies)

    def remember(self, authorization: str, path: str, seat: Seat) -> None:
        """Answer further plain look-ups of this caller by the quick way, until the policy moves."""
        quick = Quick.of(seat, self.gate, self.ledger, self._parameters_key)
        if quick is not None:
            self.quicks[authorization, path] = quick

    def address_meter(self, seat: Seat, address: str) -> Seat:
        """Return a seat whose meter is that of one anonymous address."""
        return replace(seat, meter=self.meters.of_address(address))

    # --- answering ---------------------------------------------------------------------------

    def admit(self) -> None:
        """Refuse when receipts cannot be written, the lease has run out or too many wait.

        :raises Refusal: ``unavailable`` or ``overloaded``.
        """
        ledger = self.ledger
        if ledger.failed:
            raise Refusal("unavailable", part="ledger", retry_after=2)
        if self.gate.closed:
            raise Refusal("unavailable", part="gateway", retry_after=2)
        if boot_clock() >= self.gate.lease_until:
            raise Refusal("unavailable", part="policy", retry_after=1)
        if ledger.pending >= MAX_PENDING:
            raise Refusal("overloaded", retry_after=1)

    def call(self, seat: Seat, query: str, accept: str | None, now: float) -> Answer | Stream:
        """Answer any call; long ones become a :class:`Stream`.

        :raises Refusal: wrong parameters, quota, overload.
        """
        self.admit()
        if seat.plan.served.interface.shape is Shape.AGGREGATE:
            return self.cubes.get(seat, query, accept, now)
        call = read_call(seat.plan, query, accept)
        params = self.hashes.of(query)
        if seat.plan.lookup_sql:
            return self._lookup(seat, call, params, now)
        context = _context(seat.plan.grant.id, seat.plan.served.interface.id, call)
        after = self._after(seat, call, context)
        if call.limit is None or call.limit > SMALL:
            return self._stream(seat, call, after, context, params, now)
        try:
            return self._page(seat, call, after, context, params, now)
        except TooSlow:
            return self._stream(seat, call, after, context, params, now)

    def _after(self, seat: Seat, call: Call, context: bytes) -> tuple[Value, ...] | None:
        return None if call.cursor is None else self.cursors.open(call.cursor, context)

    def _lookup(self, seat: Seat, call: Call, params: str, now: float) -> Answer:
        by_name = {parameter.name: value for parameter, value in call.given}
        keys = [by_name[p.name] for p in seat.plan.served.interface.parameters]
        seat.meter.take(now, 1)
        try:
            row, subject = seat.plan.lookup(keys)
        except BaseException:
            seat.meter.refund(1)
            raise
        if row is None:
            seat.meter.settle(1)
        rows, subjects = ([row] if row else []), ([subject] if subject else [])
        return self._answer(seat, call, rows, subjects, None, params, now)

    def _page(
        self,
        seat: Seat,
        call: Call,
        after: tuple[Value, ...] | None,
        context: bytes,
        params: str,
        now: float,
    ) -> Answer:
        limit = seat.meter.take(now, call.limit or SMALL)
        try:
            rows, subjects, place = seat.plan.page(call.given, after, limit)
        except BaseException:
            seat.meter.refund(limit)
            raise
        seat.meter.settle(limit - len(rows))
        next_ = self.cursors.seal(place, context) if place is not None else None
        return self._answer(seat, call, rows, subjects, next_, params, now)

    def _answer(
        self,
        seat: Seat,
        call: Call,
        rows: list[Any],
        subjects: list[str],
        next_: str | None,
        params: str,
        now: float,
    ) -> Answer:
        asked = Asked(call.format, params, now)
        return self.send_small(seat, Small(seat.plan.columns, rows, subjects, next_), asked)

    def send_small(self, seat: Seat, small: Small, asked: Asked) -> Answer:
        """Encode rows that are there and append their receipt; the meter has counted them."""
        seq = self.ledger.next_seq
        receipt = f"r-{seq}"
        manifest, next_, rows = seat.plan.served.manifest, small.next, small.rows
        as_of = manifest.as_of if manifest else ""
        if asked.format == "json":
            body = encode.to_json(small.columns, rows, next_=next_, as_of=as_of, receipt=receipt)
        else:
            about = {"as_of": as_of, "receipt": receipt, **({"next": next_} if next_ else {})}
            body = encode.ENCODERS[asked.format](small.columns, rows, about)
        subjects = orjson.dumps(list(small.subjects))
        opening = seat.opening.answered(seq, asked.now, asked.params, len(rows), subjects)
        durable = seat.counted(self.ledger.append(opening), len(rows), len(body), asked.now)
        return Answer(body, encode.MEDIA[asked.format], receipt, next_, durable)

    def _stream(
        self,
        seat: Seat,
        call: Call,
        after: tuple[Value, ...] | None,
        context: bytes,
        params: str,
        now: float,
    ) -> Stream:
        plan = seat.plan
        reserved = seat.meter.take(now, call.limit or plan.grant.row_cap)
        whole = call.limit is None
        made = statement(plan, call.given, after, reserved if whole else reserved + 1, call.format)
        bulk = Bulk(made, plan.names, len(plan.served.interface.order), whole)
        return self.send_bulk(seat, bulk, Asked(call.format, params, now, context), reserved)

    def send_bulk(self, seat: Seat, bulk: Bulk, asked: Asked, reserved: int) -> Stream:
        """Append the opening receipt of a bulk answer whose rows are reserved.

        :raises Refusal: ``overloaded``; the rows are given back.
        """
        plan, format_, now = seat.plan, asked.format, asked.now
        seq = self.ledger.next_seq
        receipt = f"r-{seq}"
        assert plan.served.manifest is not None  # noqa: S101 - Seat was refused otherwise
        as_of = plan.served.manifest.as_of
        job = {
            "sql": bulk.statement.sql,
            "values": bulk.statement.values,
            "folder": str(plan.served.folder),
            "format": format_,
            "names": list(bulk.names),
            "about": {"as_of": as_of, "receipt": receipt},
            "all": bulk.whole,
            "limit": reserved,
            "order": bulk.order,
            "ledger": str(self._ledger_folder),
            "hash": self._hash,
            "cursor": {"key": self._cursor_key, "context": asked.context.hex()},
        }
        try:
            self.admit_bulk()
        except Refusal:
            seat.meter.refund(reserved)
            raise
        opening = seat.opening.streamed(seq, now, asked.params, reserved, format_)
        durable = self.ledger.append(opening)
        if not seat.probe:
            self.meters.opened(receipt, plan.grant.id, now, reserved)
        return Stream(job, encode.MEDIA[format_], receipt, reserved, seat, as_of, now, durable)


def _listing(interface_id: str) -> str:
    return f"/store/interfaces/{interface_id}/"


def _context(grant: str, interface: str, call: Call) -> bytes:
    """Bind a cursor to grant, interface and filters."""
    given = [[parameter.name, value] for parameter, value in call.given]
    return orjson.dumps([grant, interface, given])
