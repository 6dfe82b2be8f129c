"""Verification: yes or no, one no for all, counted, and found by whoever is asked about."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import Hide
from duokua.lang.predicate import Compare
from duokua.serving.keys import subject_key
from duokua.serving.tries import MOST
from gateway import district
from gateway.world import Gateway, Home, Reply, query

CLAIMS = ("name", "phone", "born", "active")


def verify(id_: str = "resident_check") -> Interface:
    """Return an interface that checks claims about a resident, named by the identity number."""
    parameters = [Parameter("resident_id", "resident_id", "eq", True)]
    parameters += [Parameter(name, name) for name in CLAIMS]
    return Interface(
        id_, "1.0.0", district.LABEL, district.LABEL, "resident", "civil", Shape.VERIFY,
        CLAIMS, tuple(parameters), ("id",), key=("resident_id",),
    )  # fmt: skip


CHECK, PATH = verify(), "/data/resident_check"
ROWS = district.rows(200)
SEEN = [row for row in ROWS if row["phone"] and row["name"]]


def _home(home: Home) -> Home:
    home.serve(CHECK, district.contract(), ROWS)
    return home


def _post(gateway: Gateway, token: str, told: Mapping[str, object]) -> Reply:
    return gateway.ask(PATH, token=token, method="POST", body=json.dumps(told).encode())


def _subject(home: Home, value: object) -> str:
    key = subject_key(home.settings.secret())
    return hmac.digest(key, str(value).encode(), hashlib.sha256).hex()[:16]


def _plain(reply: Reply) -> bytes:
    assert reply.status == 200, reply.body
    return reply.body.replace(reply.headers["duokua-receipt"].encode(), b"r")


def test_yes_and_no(gateway: Gateway) -> None:
    _home(gateway.home)
    row = next(row for row in SEEN if row["active"] is not None and row["born"])
    _, token = gateway.granted(CHECK, masks=(("phone", Hide()),))
    who = {"resident_id": row["resident_id"]}
    for told in ({"phone": row["phone"]}, {"name": row["name"], "born": row["born"]}):
        assert _post(gateway, token, who | told).rows == [{"match": True}]
        assert gateway.ask(query(PATH, **who, **told), token=token).rows == [{"match": True}]
    assert _post(gateway, token, who | {"active": row["active"]}).rows == [{"match": True}]
    wrong = who | {"name": row["name"], "phone": "10099999999"}
    reply = _post(gateway, token, wrong)
    assert reply.rows == [{"match": False}]
    assert set(reply.json) == {"rows", "next", "as_of", "receipt"}
    assert str(row["phone"]).encode() not in reply.body


def test_absent_hidden_and_wrong_are_the_same_bytes(gateway: Gateway) -> None:
    _home(gateway.home)
    hidden, seen = (next(r for r in SEEN if r["department"] == d) for d in ("D1", "D2"))
    grant, token = gateway.granted(CHECK, row_filter=Compare("department", "ne", "D1"))
    told = [
        {"resident_id": "990108999999999999", "phone": "10000000001"},
        {"resident_id": hidden["resident_id"], "phone": hidden["phone"]},
        {"resident_id": seen["resident_id"], "phone": "10099999999"},
        {"resident_id": next(r for r in ROWS if not r["phone"])["resident_id"], "phone": ""},
    ]
    replies = [_post(gateway, token, each) for each in told]
    assert len({_plain(reply) for reply in replies}) == 1
    assert replies[0].rows == [{"match": False}]
    receipts = [gateway.home.receipt(reply.headers["duokua-receipt"]) for reply in replies]
    subjects = [receipt.pop("subjects") for receipt in receipts]
    assert [len(each) for each in subjects] == [1, 1, 1, 1]
    assert subjects[1] == [_subject(gateway.home, hidden["resident_id"])]
    assert subjects[2] == [_subject(gateway.home, seen["resident_id"])]
    alike = [{n: v for n, v in each.items() if n not in ("seq", "id", "at", "params")}
             for each in receipts]  # fmt: skip
    assert all(each == alike[0] for each in alike)
    assert alike[0]["rows"] == 1 and alike[0]["grant"] == grant.id


def test_a_claim_that_was_not_granted_cannot_be_tried(gateway: Gateway) -> None:
    _home(gateway.home)
    _, token = gateway.granted(CHECK, columns=("name",))
    row = SEEN[0]
    told = {"resident_id": row["resident_id"], "phone": row["phone"], "name": row["name"]}
    reply = _post(gateway, token, told)
    assert reply.status == 422
    assert [each["pointer"] for each in reply.json["errors"]] == ["/phone"]


def test_wrong_calls(gateway: Gateway) -> None:
    _home(gateway.home)
    _, token = gateway.granted(CHECK)
    who = SEEN[0]["resident_id"]
    for told, pointer in (
        ({"phone": "1"}, "/resident_id"),
        ({"resident_id": who}, "/"),
        ({"resident_id": who, "born": "yesterday"}, "/born"),
        ({"resident_id": who, "phone": 1}, "/phone"),
        ({"resident_id": who, "phone": None}, "/phone"),
        ({"resident_id": who, "phone": "1", "limit": 1}, "/limit"),
    ):
        reply = _post(gateway, token, told)
        assert reply.status == 422, told
        assert reply.json["errors"][0]["pointer"] == pointer
    for body in (b"", b"[]", b"{", b"\xff"):
        assert gateway.ask(PATH, token=token, method="POST", body=body).status == 422
    assert gateway.ask(PATH, token=token, method="POST", body=b" " * 20_000).status == 413
    assert gateway.ask(PATH, token=token, method="PUT").status == 405
    assert gateway.ask("/data/no_such", token=token, method="POST").status == 404
    assert gateway.ask(f"{PATH}/other", token=token).status == 404
    csv = gateway.ask(query(PATH, resident_id=who, phone="1", format="csv"), token=token)
    assert csv.status == 406


def _guess(gateway: Gateway, token: str, who: object, guesses: range) -> list[int]:
    return [
        _post(gateway, token, {"resident_id": who, "phone": f"100{n:08d}"}).status for n in guesses
    ]


def test_a_phone_cannot_be_guessed(small: Home, starts: Callable[[Home], Gateway]) -> None:
    """The tenth wrong answer is the last, also across a kill; other keys and grants go on."""
    home = _home(small)
    gateway = starts(home)
    victim, other = SEEN[20], SEEN[21]
    _, token = gateway.granted(CHECK)
    who = victim["resident_id"]
    assert _guess(gateway, token, who, range(900, 906)) == [200] * 6
    gateway.kill()
    gateway = starts(home)
    assert _guess(gateway, token, who, range(906, 912)) == [200] * (MOST - 6) + [429] * 2
    right = _post(gateway, token, {"resident_id": who, "phone": victim["phone"]})
    assert (right.status, right.json["code"]) == (429, "verify_exhausted")
    assert 0 < int(right.headers["retry-after"]) <= 86_400
    told = {"resident_id": other["resident_id"], "phone": other["phone"]}
    assert _post(gateway, token, told).rows == [{"match": True}]
    _, second = gateway.granted(CHECK)
    told = {"resident_id": who, "phone": victim["phone"]}
    assert _post(gateway, second, told).rows == [{"match": True}]


def test_an_absent_key_runs_out_as_well(gateway: Gateway) -> None:
    _home(gateway.home)
    _, token = gateway.granted(CHECK)
    told = _guess(gateway, token, "990108888888888888", range(MOST + 2))
    assert told == [200] * MOST + [429] * 2


def test_quota_counts_and_refusals_are_free(gateway: Gateway) -> None:
    _home(gateway.home)
    grant: Grant
    grant, token = gateway.granted(CHECK, quota=Quota(calls_per_day=2))
    row: dict[str, Any] = SEEN[3]
    told = {"resident_id": row["resident_id"], "phone": row["phone"]}
    assert _post(gateway, token, {"resident_id": "x"}).status == 422
    assert [_post(gateway, token, told).status for _ in range(3)] == [200, 200, 429]
    assert len([r for r in gateway.home.receipts() if r.get("grant") == grant.id]) == 2
