"""Verification (核验): does what a caller claims hold of a key? Yes or no, never a value.

A key that is not there, a row that the grant's row filter hides and a wrong claim are one answer,
and their receipts look alike: each names a subject, made up from the key where there is none. Values
are compared as they are, unmasked: that a claim may be checked is what was granted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from duokua.engine.index import SUBJECT, SUBJECT_HEX
from duokua.kernel.errors import Faults
from duokua.lang.predicate import Value, canonical, parse_text, predicate_sql
from duokua.serving.answers import Answer
from duokua.serving.encode import MEDIA
from duokua.serving.keys import derive, parameters_key, subject_key
from duokua.serving.parameters import text_fields
from duokua.serving.plan import Binds, Plan, TooSlow
from duokua.serving.problems import Refusal, misfit
from duokua.serving.receipts import ParameterHash
from duokua.serving.seat import Seat
from duokua.serving.tries import Tries

if TYPE_CHECKING:
    from duokua.serving.service import Serving

_MOST_ROWS = 1000  # of one key that is not unique, whose subjects a receipt names


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed of a key; both in the order of the interface's parameters."""

    keys: tuple[Value, ...]
    claims: tuple[tuple[str, Value], ...]


class Verification:
    """Answers the calls of interfaces of shape ``verify``."""

    def __init__(self, serving: Serving, secret: bytes, folder: Path) -> None:
        self._serving = serving
        self._tries = Tries(folder / "tries.sqlite3", derive(secret, "tries"))
        self._subject_key = subject_key(secret)
        self._parameters = ParameterHash(parameters_key(secret))

    def answer(self, seat: Seat, given: str | Mapping[str, object], now: float) -> Answer:
        """Answer a query string, or the fields of a JSON body.

        :raises Refusal: wrong parameters, too many wrong tries, quota, overload.
        """
        self._serving.admit()
        claim = read_claim(seat.plan, given)
        place = self._tries.check(seat.plan.grant.id, claim.keys, now)
        seat.meter.take(now, 1)
        try:
            match, found = look(seat.plan, claim)
        except BaseException:
            seat.meter.refund(1)
            raise
        if not (match or seat.probe):
            self._tries.wrong(place)
        return self._answer(seat, match, found or [self._made_up(claim)], claim, now)

    def _made_up(self, claim: Claim) -> str:
        told = "\n".join(str(key) for key in claim.keys)
        return hmac.digest(self._subject_key, told.encode(), hashlib.sha256).hex()[:SUBJECT_HEX]

    def _answer(
        self, seat: Seat, match: bool, subjects: list[str], claim: Claim, now: float
    ) -> Answer:
        serving, manifest = self._serving, seat.plan.served.manifest
        seq = serving.ledger.next_seq
        body = {
            "rows": [{"match": match}],
            "next": None,
            "as_of": manifest.as_of if manifest else "",
            "receipt": f"r-{seq}",
        }
        told = orjson.dumps([claim.keys, claim.claims]).decode()
        params = self._parameters.of(told)
        opening = seat.opening.answered(seq, now, params, 1, orjson.dumps(subjects))
        sent = orjson.dumps(body)
        durable = seat.counted(serving.ledger.append(opening), 1, len(sent), now)
        return Answer(sent, MEDIA["json"], f"r-{seq}", None, durable)


def look(plan: Plan, claim: Claim) -> tuple[bool, list[str]]:
    """Tell whether a claim holds of its key, and the subjects of the rows that were compared.

    :raises Refusal: it took too long.
    """
    sql, values = _statement(plan, claim)
    assert plan.served.pages is not None  # noqa: S101 - there is data, see Seat
    try:
        rows = plan.served.pages.fetch(sql, values)
    except TooSlow:
        raise Refusal("unavailable", part="verify", retry_after=5) from None
    subjects = list(dict.fromkeys(str(row[1]) for row in rows if row[1] is not None))
    return any(row[0] == 1 for row in rows), subjects


def _statement(plan: Plan, claim: Claim) -> tuple[str, tuple[Value, ...]]:
    """Return the query of the rows of a key: whether one is seen and fits, and its subject."""
    binds = Binds(first=1)
    interface = plan.served.interface
    tests = [f'"{name}" = {binds.add(value)}' for name, value in claim.claims]
    if plan.grant.row_filter is not None:
        tests.append(
            predicate_sql(plan.grant.row_filter, plan.visible, lambda value, _: binds.add(value))
        )
    keys = [
        f'"{name}" = {binds.add(value)}'
        for name, value in zip(interface.key, claim.keys, strict=True)
    ]
    sql = (
        f'select {" and ".join(tests)}, "{SUBJECT}" from rows '  # noqa: S608
        f"where {' and '.join(keys)} limit {_MOST_ROWS}"
    )
    return sql, tuple(binds.values)


def read_claim(plan: Plan, given: str | Mapping[str, object]) -> Claim:
    """Read what is claimed from a query string or the fields of a JSON body.

    :raises Refusal: ``parameters_invalid`` with every fault.
    """
    faults = Faults("/")
    fields = dict(text_fields(given, faults) if isinstance(given, str) else given)
    if fields.pop("format", "json") != "json":
        raise Refusal("not_acceptable")
    found = {
        name: value
        for name in plan.parameters
        if name in fields and (value := _value(plan, name, fields[name], faults)) is not None
    }
    key = plan.served.interface.key
    for name in key:
        if name not in fields:
            faults.add(name, f"缺少参数 {name}", f"{name} is missing",
                       "请补充该参数", "give this parameter")  # fmt: skip
    allowed = "、".join(plan.parameters)
    for name in fields:
        if name not in plan.parameters:
            faults.add(name, f"没有参数 {name}", f"there is no parameter {name}",
                       f"可用参数：{allowed}", f"use one of {allowed.replace('、', ', ')}")  # fmt: skip
    claims = tuple((name, value) for name, value in found.items() if name not in key)
    if not claims and not faults.found:
        names = "、".join(name for name in plan.parameters if name not in key)
        faults.add("", "未给出核验内容", "nothing is claimed",
                   f"请给出：{names}", f"give one of {names.replace('、', ', ')}")  # fmt: skip
    if faults.found:
        raise Refusal("parameters_invalid", faults=tuple(faults.found))
    return Claim(tuple(found[name] for name in key), claims)


def _value(plan: Plan, name: str, told: object, faults: Faults) -> Value | None:
    kind = plan.visible[plan.parameters[name].column].kind
    try:
        return parse_text(told, kind) if isinstance(told, str) else canonical(told, kind)
    except (TypeError, ValueError):
        faults.found.extend(misfit(name, str(told), kind.value).faults)
        return None
