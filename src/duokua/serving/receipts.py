"""Receipts (调用凭证): the durable record of who read what, why, before its first byte leaves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from duokua.serving.plan import Plan

PROBED = "probe"  # the door of a probe's receipts, which count on no quota and in no use


@dataclass(frozen=True, slots=True)
class Opening:
    """The parts of an opening receipt that stay the same for one token on one plan."""

    head: bytes  # after the instant: grant … columns
    door: bytes

    @classmethod
    def of(cls, plan: Plan, *, person: str | None, purpose: str, policy: int, door: str) -> Opening:
        """Prepare the receipts of one caller on one plan."""
        grant, served = plan.grant, plan.served
        assert served.manifest is not None  # noqa: S101 - a plan without data is refused before
        fields = {
            "grant": grant.id,
            "client": grant.client,
            "department": grant.department,
            "person": person,
            "purpose": purpose,
            "basis": grant.basis,
            "interface": served.interface.id,
            "iv": served.interface.version,
            "dv": served.manifest.version,
            "pv": policy,
            "columns": list(plan.names),
        }
        return cls(orjson.dumps(fields)[1:-1], orjson.dumps(door))

    def template(self) -> bytes:
        """Return :meth:`answered` as a template: seq twice, instant, parameters, rows, subjects."""
        fixed = self.head.replace(b"%", b"%%"), self.door.replace(b"%", b"%%")
        return (
            b'{"seq":%%d,"kind":"open","id":"r-%%d","at":%%.6f,%b,"params":"%%b","rows":%%d,'
            b'"subjects":[%%b],"door":%b}' % fixed
        )

    def answered(self, seq: int, at: float, params: str, rows: int, subjects: bytes) -> bytes:
        """Write the opening of an answer whose rows are known; ``subjects`` is a JSON array."""
        return (
            b'{"seq":%d,"kind":"open","id":"r-%d","at":%.6f,%b,"params":"%b","rows":%d,'
            b'"subjects":%b,"door":%b}'
            % (seq, seq, at, self.head, params.encode(), rows, subjects, self.door)
        )

    def streamed(self, seq: int, at: float, params: str, reserved: int, format_: str) -> bytes:
        """Write the opening of a stream; until it is closed it counts as ``reserved`` rows."""
        return (
            b'{"seq":%d,"kind":"open","id":"r-%d","at":%.6f,%b,"params":"%b","rows":null,'
            b'"subjects":null,"reserved":%d,"format":"%b","door":%b}'
            % (seq, seq, at, self.head, params.encode(), reserved, format_.encode(), self.door)
        )


def closing(seq: int, at: float, *, of: str, status: str, told: dict[str, Any]) -> bytes:
    """Write the closing receipt of a stream from what the worker ``told`` of it.

    ``subjects`` is base64 of the compressed set of 8-byte subjects; a large set is attached to the
    ledger, and ``subjects_file`` names it by its hash.
    """
    names = ("rows", "bytes", "subjects", "subjects_file")
    body = {"seq": seq, "kind": "close", "of": of, "at": round(at, 6)}
    return orjson.dumps({**body, **{name: told.get(name) for name in names}, "status": status})


class ParameterHash:
    """Hashes a call's parameters with a key, so that nobody can try them out from the ledger."""

    def __init__(self, key: bytes) -> None:
        self._start = hashlib.sha256(key).copy

    def of(self, query: str) -> str:
        """Return 32 hex digits for the query string."""
        state = self._start()
        state.update(query.encode())
        return state.hexdigest()[:32]
