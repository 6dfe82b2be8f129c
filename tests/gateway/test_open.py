"""Interfaces open to anybody, and what the catalogue tells to whom."""

from __future__ import annotations

import csv
import io
from typing import Any

from openapi_spec_validator import validate

from gateway import district
from gateway.problem import check
from gateway.world import Gateway, query

OPEN = {"open_by_id", "open_page"}


def _listed(gateway: Gateway, token: str | None = None, **more: object) -> list[str]:
    reply = gateway.ask(query("/data/", **more), token=token)
    assert reply.status == 200, reply.body
    return [entry["interface"] for entry in reply.json["interfaces"]]


def test_anybody_may_call_an_open_interface(gateway: Gateway) -> None:
    reply = gateway.ask("/data/open_by_id?id=4", source="127.0.1.1")
    assert reply.rows[0]["id"] == 4
    receipt = gateway.home.receipt(reply.headers["duokua-receipt"])
    assert (receipt["grant"], receipt["client"], receipt["rows"]) == ("open", "anonymous", 1)
    for limit, rows in (("3", 3), ("all", 50)):
        page = gateway.ask(f"/data/open_page?limit={limit}&format=csv", source="127.0.1.1")
        assert len(list(csv.reader(io.StringIO(page.body.decode())))) == rows + 1


def test_a_client_without_a_grant_calls_it_as_anybody(gateway: Gateway) -> None:
    _, token = gateway.granted(district.lookup())
    reply = gateway.ask("/data/open_by_id?id=4", token=token, source="127.0.1.2")
    assert reply.rows[0]["id"] == 4
    assert gateway.home.receipt(reply.headers["duokua-receipt"])["grant"] == "open"


def test_anybody_is_limited_by_address(gateway: Gateway) -> None:
    """20 calls at once, then 20 a second: whoever sends 200 in a row is held back."""
    replies = [gateway.ask("/data/open_by_id?id=4", source="127.0.1.3") for _ in range(60)]
    refused = [reply for reply in replies if reply.status != 200]
    assert [reply.status for reply in replies[:20]] == [200] * 20
    for reply in refused:
        check(reply, 429, "rate_limited")
    assert gateway.ask("/data/open_by_id?id=4", source="127.0.1.4").status == 200
    pretended = {"X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
    burst = [
        gateway.ask("/data/open_by_id?id=4", source="127.0.1.5", headers=pretended).status
        for _ in range(60)
    ]
    assert set(burst) <= {200, 429}
    assert bool(refused) == (429 in burst) or 429 in burst


def test_the_list_holds_what_is_open_to_the_caller_and_nothing_else(gateway: Gateway) -> None:
    assert set(_listed(gateway)) == OPEN
    _, token = gateway.granted(district.lookup("secret_by_id"))
    assert set(_listed(gateway, token)) == OPEN | {"secret_by_id"}
    _, ended = gateway.granted(district.lookup())
    assert set(_listed(gateway, ended)) == OPEN | {"resident_by_id"}
    future = gateway.home.grant(district.page(), valid_from=4e9 - 1)
    later = gateway.token(future.client)
    assert set(_listed(gateway, later)) == OPEN
    check(gateway.ask("/data/", token="garbage"), 401, "token_invalid")


def test_the_list_is_paged_and_searched(gateway: Gateway) -> None:
    first = gateway.ask("/data/?limit=1").json
    assert [entry["interface"] for entry in first["interfaces"]] == ["open_by_id"]
    second = gateway.ask(query("/data/", limit=1, after=first["next"])).json
    assert [entry["interface"] for entry in second["interfaces"]] == ["open_page"]
    assert second["next"] is None
    assert _listed(gateway, q="分页") == _listed(gateway, q="BY PAGE") == ["open_page"]
    assert _listed(gateway, q="nothing like it") == []
    for limit in ("0", "x", "1001", ""):
        if limit:
            check(gateway.ask(f"/data/?limit={limit}"), 422, "parameters_invalid")


def test_openapi_describes_exactly_what_is_listed(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page(), columns=("id", "department"))
    for caller in (None, token):
        for language in ("zh", "en"):
            reply = gateway.ask(
                "/data/openapi.json", token=caller, headers={"Accept-Language": language}
            )
            document: Any = reply.json
            validate(document)
            assert document["openapi"].startswith("3.1")
            assert set(document["paths"]) == {f"/data/{n}" for n in _listed(gateway, caller)}
    operation = document["paths"]["/data/residents"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"department", "limit", "cursor", "format"} <= names
    assert "phone_prefix" not in names, "a parameter on a column that was not granted"
    rows = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(rows["properties"]["rows"]["items"]["properties"]) == {"id", "department"}
