"""The quick look-up (快速查询): one key, plain text, JSON. The hot path, and nothing but it.

It decides nothing: it belongs to a seat that was decided on, and whatever is not the plainest form of
a call is left to :meth:`duokua.serving.service.Serving.call`, which answers everything.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from hashlib import sha256

import orjson

from duokua.lang.contract import Kind
from duokua.lang.predicate import Value
from duokua.ledger.commit import GroupCommit
from duokua.serving.seat import Seat
from duokua.serving.tally import SAMPLE, Timed

_DIGITS = 18  # every number of so many digits is a 64-bit integer
_BOOT = time.CLOCK_BOOTTIME


class Gate:
    """What every call has to pass, kept in one place by the service.

    ``most`` is how many receipts may wait for the disk before callers are refused.
    """

    __slots__ = ("closed", "lease_until", "most")

    def __init__(self, most: int) -> None:
        self.closed = False
        self.lease_until = 0.0
        self.most = most

    def close(self) -> None:
        """Let nobody through any more: the gateway is ending."""
        self.closed, self.most = True, -1


class Quick:
    """Answers the plain look-ups of one seat."""

    __slots__ = (
        "_execute",
        "_fixed",
        "_gate",
        "_hash",
        "_head",
        "_ledger",
        "_names",
        "_numbers",
        "_prefix",
        "_seat",
        "_skip",
        "_sql",
        "_tail",
        "_take",
        "_tally",
        "_until",
    )

    def __init__(self, seat: Seat, gate: Gate, ledger: GroupCommit, hash_key: bytes) -> None:
        plan, opening = seat.plan, seat.opening
        assert plan.simple_key is not None  # noqa: S101 - see `of`
        name, kind = plan.simple_key
        self._seat, self._gate, self._ledger = seat, gate, ledger
        self._until = seat.until
        self._take = seat.meter.take
        self._tally = seat.tally
        self._prefix, self._skip = f"{name}=", len(name) + 1
        self._numbers = kind is Kind.INTEGER
        # A cursor of its own keeps the statement prepared and is not made anew for every call.
        self._execute = plan.cursor().execute
        self._sql, self._fixed = plan.lookup_sql, plan.fixed
        self._names, self._tail = plan.names, plan.tail
        self._hash = sha256(hash_key).copy
        self._head = opening.template()

    @classmethod
    def of(cls, seat: Seat, gate: Gate, ledger: GroupCommit, hash_key: bytes) -> Quick | None:
        """Return the quick look-up of a seat, if its interface is one that has it.

        Answers of a deprecated interface say so in their headers, which quick ones cannot.
        """
        simple = seat.plan.simple_key
        if seat.plan.served.interface.deprecated is not None:
            return None
        fits = simple is not None and simple[1] in (Kind.INTEGER, Kind.STRING)
        return cls(seat, gate, ledger, hash_key) if fits and not seat.plan.booleans else None

    def answer(self, query: str, now: float) -> tuple[bytes, str, Awaitable[None]] | None:
        """Return body, receipt id and what to await before sending; ``None``: take the long way.

        :raises Refusal: the quota is used up or calls come too fast.
        """
        ledger, text = self._ledger, query[self._skip :]
        if (
            now >= self._until
            or not query.startswith(self._prefix)
            or not (text.isascii() and (text.isdigit() if self._numbers else text.isalnum()))
            or len(text) > _DIGITS
            or ledger.failed
            or ledger.next_seq - ledger.durable > self._gate.most
            or time.clock_gettime(_BOOT) >= self._gate.lease_until
        ):
            return None
        key: Value = int(text) if self._numbers else text
        self._take(now, 1)
        try:
            return self._served(key, query, now)
        except BaseException:
            self._seat.meter.refund(1)
            raise

    def _served(self, key: Value, query: str, now: float) -> tuple[bytes, str, Awaitable[None]]:
        ledger = self._ledger
        row = self._execute(self._sql, (key, *self._fixed)).fetchone()
        state = self._hash()
        state.update(query.encode())
        seq = ledger.next_seq
        params = state.hexdigest()[:32].encode()
        tally = self._tally
        if row is None:
            self._seat.meter.settle(1)
            told = self._head % (seq, seq, now, params, 0, b"")
            body = b'{"rows":[%br-%d"}' % (self._tail, seq)
        else:
            subject = row[-1]
            told = self._head % (
                seq, seq, now, params, 1, b"" if subject is None else b'"%b"' % subject.encode(),
            )  # fmt: skip
            # `zip` ends with the names, so the subject behind them stays out.
            shown = orjson.dumps(dict(zip(self._names, row)))  # noqa: B905
            body = b'{"rows":[%b%br-%d"}' % (shown, self._tail, seq)
            tally.rows += 1
        tally.calls += 1
        tally.bytes += len(body)
        durable: Awaitable[None] = ledger.append(told)
        return body, f"r-{seq}", durable if seq % SAMPLE else Timed(durable, tally, now)
