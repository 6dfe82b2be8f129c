"""Every answer has its receipt; neither receipts nor logs tell what was read."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from duokua.lang.mask import Hide, Keep, Pseudonym, Truncate
from duokua.lang.predicate import Compare
from duokua.serving import tokens
from duokua.serving.keys import subject_key, token_key
from gateway import district
from gateway.decoding import rows as decoded
from gateway.world import FOREVER, Gateway, Home, wait_for

KINDS = {column.name: column.kind for column in district.COLUMNS}


def _subject(home: Home, resident: str) -> str:
    key = subject_key(home.settings.secret())
    return hmac.new(key, resident.encode(), hashlib.sha256).hexdigest()[:16]


def test_what_an_opening_receipt_tells(gateway: Gateway) -> None:
    grant, token = gateway.granted(district.lookup(), columns=("id", "department"))
    reply = gateway.ask("/data/resident_by_id?id=7", token=token)
    receipt = gateway.home.receipt(reply.headers["duokua-receipt"])
    assert reply.json["receipt"] == receipt["id"] == f"r-{receipt['seq']}"
    told = {name: receipt[name] for name in ("grant", "client", "department", "purpose", "basis")}
    assert told == {
        "grant": grant.id,
        "client": grant.client,
        "department": "dept",
        "purpose": "inspection",
        "basis": "Regulation 12",
    }
    assert (receipt["interface"], receipt["iv"], receipt["dv"]) == ("resident_by_id", "1.0.0", 1)
    assert receipt["columns"] == ["id", "department"]
    assert (receipt["kind"], receipt["door"], receipt["person"]) == ("open", "data", None)
    assert receipt["rows"] == 1
    assert receipt["subjects"] == [_subject(gateway.home, "990108000000000007")]
    assert len(receipt["params"]) == 32


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_a_page_tells_rows_and_subjects(gateway: Gateway, limit: int) -> None:
    grant, token = gateway.granted(
        district.page(), columns=("id",), row_filter=Compare("department", "ne", "D3")
    )
    for format_ in ("json", "csv"):
        path = f"/data/residents?limit={limit}&format={format_}"
        reply = gateway.ask(path, token=token)
        receipt = gateway.home.receipt(reply.headers["duokua-receipt"])
        shown = decoded(reply, format_, KINDS)
        assert (receipt["grant"], receipt["rows"]) == (grant.id, limit)
        expected = [_subject(gateway.home, f"990108{int(str(row['id'])):012d}") for row in shown]
        assert receipt["subjects"] == expected


def test_a_browsers_short_token_names_the_person(gateway: Gateway) -> None:
    grant = gateway.home.grant(district.lookup())
    key = token_key(gateway.home.settings.secret())
    cookie = tokens.issue(
        key, client=grant.client, purpose=grant.purpose, now=time.time(),
        lifetime_s=tokens.BROWSER_LIFETIME_S, grant=grant.id, person="steward_a",
    )  # fmt: skip
    headers = {"Cookie": f"other=1; duokua_try={cookie}; more=2"}
    reply = gateway.ask("/data/resident_by_id?id=7", headers=headers)
    receipt = gateway.home.receipt(reply.headers["duokua-receipt"])
    assert (receipt["person"], receipt["door"]) == ("steward_a", "portal")


def test_the_same_parameters_have_the_same_hash_and_only_there(gateway: Gateway) -> None:
    _, token = gateway.granted(district.lookup())

    def hash_of(id_: int) -> str:
        reply = gateway.ask(f"/data/resident_by_id?id={id_}", token=token)
        told: str = gateway.home.receipt(reply.headers["duokua-receipt"])["params"]
        return told

    assert hash_of(7) == hash_of(7) != hash_of(8)
    plain = hashlib.sha256(b"id=7").hexdigest()
    assert hash_of(7) != plain[:32], "anybody could try the keys out"


def test_refused_calls_leave_no_receipt(gateway: Gateway) -> None:
    grant, token = gateway.granted(district.lookup())
    for path in ("/data/resident_by_id?id=x", "/data/resident_by_id", "/data/residents"):
        assert gateway.ask(path, token=token).status >= 400
    assert not [told for told in gateway.home.receipts() if told.get("client") == grant.client]


CANARY = "CANARY-7f3a"
MASKS = (
    ("name", Keep(1, 0)),
    ("phone", Pseudonym()),
    ("born", Truncate("year")),
    ("remark", Hide()),
)


def test_a_masked_value_is_nowhere_but_in_the_index(
    tmp_path: Path, starts: Callable[[Home], Gateway]
) -> None:
    """Answers of every kind, refusals, the log, the ledger, the policy: none holds the canary."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    residents = [
        row | {
            "name": f"王{CANARY}-name", "phone": f"{CANARY}-phone", "remark": f"{CANARY}-remark",
            "resident_id": f"{CANARY}-{row['id']}", "born": "1987-06-05",
        }
        for row in district.rows(1500)
    ]  # fmt: skip
    home.serve(district.page(), district.contract(), residents)
    home.serve(district.lookup(), district.contract(), residents)
    gateway = starts(home)
    client = home.client()
    columns = tuple(name for name in district.NAMES if name != "resident_id")
    grants = [
        home.grant(interface, client=client, masks=MASKS, columns=columns, valid_until=FOREVER)
        for interface in (district.page(), district.lookup())
    ]
    token = gateway.token(client)
    bodies = []
    for path in _paths():
        reply = gateway.ask(path, token=token)
        bodies.append(reply.body + json.dumps(dict(reply.headers)).encode())
        if reply.status == 200 and "limit" in path and "json" in path:
            assert {row["born"] for row in reply.rows} <= {"1987-01-01"}
            assert {row["name"] for row in reply.rows} <= {"王****"}
    wait_for(lambda: len(home.receipts()) >= 20)
    assert gateway.stop() == 0
    assert grants
    for body in bodies:
        assert CANARY.encode() not in body and b"1987-06-05" not in body
    kept = [path for path in home.path.rglob("*") if path.is_file()]
    searched = [path for path in kept if path.suffix not in (".sqlite", ".parquet")]
    assert {path.suffix for path in searched} >= {".log"}
    for path in searched:
        content = path.read_bytes()
        assert CANARY.encode() not in content and b"1987-06-05" not in content, path


def _paths() -> list[str]:
    pages = [
        f"/data/residents?limit={limit}&format={format_}"
        for format_ in ("json", "csv", "arrow", "parquet")
        for limit in ("5", "1200", "all")
        if (format_, limit) != ("json", "all")
    ]
    return [
        *pages,
        *(f"/data/resident_by_id?id={id_}" for id_ in (1, 2, 99_999)),
        "/data/resident_by_id?id=1&format=csv",
        # The caller's own words come back in no answer either: they match nothing.
        quote(f"/data/residents?format=json&limit=5&name=王{CANARY}-name", safe="/?&="),
        "/data/residents?limit=5&format=json&points_not=0",
        "/data/openapi.json",
        "/data/residents?cursor=x",
    ]
