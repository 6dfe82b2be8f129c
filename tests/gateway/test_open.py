"""Interfaces open to anybody, and what the catalogue tells to whom."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

from openapi_spec_validator import validate

from duokua.kernel.text import Text
from duokua.lang.contract import Code
from duokua.lang.grant import Quota
from duokua.lang.mask import Hide, Keep, Pseudonym
from duokua.serving.policy import Change
from duokua.serving.problems import KINDS, MEDIA_TYPE
from gateway import district
from gateway.problem import check
from gateway.world import AS_OF, Gateway, query

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


def _described(gateway: Gateway, token: str | None = None, language: str = "en") -> Any:
    reply = gateway.ask("/data/openapi.json", token=token, headers={"Accept-Language": language})
    assert reply.status == 200, reply.body
    return reply.json


def test_openapi_describes_exactly_what_is_listed(gateway: Gateway) -> None:
    _, token = gateway.granted(district.page(), columns=("id", "department"))
    for caller in (None, token):
        for language in ("zh", "en"):
            document = _described(gateway, caller, language)
            validate(document)
            assert document["openapi"].startswith("3.1")
            told = {"/".join(path.split("/")[:3]) for path in document["paths"]}
            assert told == {f"/data/{n}" for n in _listed(gateway, caller)}
    operation = document["paths"]["/data/residents"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"department", "limit", "cursor", "format"} <= names
    assert "phone_prefix" not in names, "a parameter on a column that was not granted"
    rows = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(rows["properties"]["rows"]["items"]["properties"]) == {"id", "department"}
    assert "phone" not in json.dumps(document["paths"]["/data/residents/query"])


def test_openapi_tells_how_values_are_masked_and_calls_refused(gateway: Gateway) -> None:
    masks = (("name", Hide()), ("phone", Keep(3, 4)), ("resident_id", Pseudonym()))
    quota = Quota(calls_per_day=7)
    _, token = gateway.granted(district.page(), masks=masks, quota=quota, row_cap=99)
    document = _described(gateway, token)
    validate(document)
    operation = document["paths"]["/data/residents"]["get"]
    assert operation["x-quota"]["calls_per_day"] == 7 and operation["x-row-cap"] == 99
    assert (operation["x-owner"], operation["x-level"]) == ("civil", "L3")
    assert operation["x-rows"] == district.ROWS and operation["x-as-of"] == AS_OF
    rows = operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    columns = rows["rows"]["items"]["properties"]
    assert columns["name"]["type"] == "null"
    assert columns["phone"]["x-mask"] == "keep 3 4"
    assert columns["id"] == {"type": "integer", "format": "int64", "title": "id", "x-level": "L1"}
    assert columns["born"]["type"] == ["string", "null"]
    row = gateway.ask("/data/residents?limit=1", token=token).rows[0]
    assert set(row) == set(columns)
    assert re.fullmatch(columns["resident_id"]["pattern"], row["resident_id"])
    for status, response in operation["responses"].items():
        if status != "200":
            name = response["$ref"].removeprefix("#/components/responses/")
            told = document["components"]["responses"][name]["content"][MEDIA_TYPE]["examples"]
            assert {str(KINDS[code].status) for code in told} == {status}
    assert {"401", "403", "404", "406", "422", "429", "503"} <= set(operation["responses"])


def test_openapi_moves_with_the_policy_and_the_purpose(gateway: Gateway) -> None:
    """What is kept for a caller is not what it was before its grants changed."""
    client = gateway.home.client()
    grant = gateway.home.grant(district.lookup(), client=client)
    gateway.home.grant(district.page(), client=client, purpose="statistics")
    token = gateway.token(client, purpose="inspection")
    other = gateway.token(client, purpose="statistics")
    for _ in range(2):
        assert set(_described(gateway, token)["paths"]) >= {"/data/resident_by_id"}
        assert "/data/residents" not in _described(gateway, token)["paths"]
        assert "/data/residents" in _described(gateway, other)["paths"]
        assert set(_listed(gateway, token)) == OPEN | {"resident_by_id"}
    gateway.home.publish(Change("grant", grant.id, None))
    assert "/data/resident_by_id" not in _described(gateway, token)["paths"]
    assert set(_listed(gateway, token)) == OPEN


def test_code_lists_are_told_once_and_only_where_they_are_shown(gateway: Gateway) -> None:
    codes = tuple(Code(f"D{n}", Text(f"部门{n}", f"department {n}")) for n in range(7))
    contract = district.contract("coded")
    coded = replace(contract, columns=tuple(
        replace(c, codes=codes) if c.name == "department" else c for c in contract.columns
    ))  # fmt: skip
    page = district.page("coded_page", dataset="coded")
    gateway.home.serve(page, coded, district.rows(20))
    shown, hidden = ((), (("department", Hide()),))
    for masks, told in ((shown, True), (hidden, False)):
        _, token = gateway.granted(page, masks=masks)
        document = _described(gateway, token)
        validate(document)
        assert ("codes.coded.department" in document["components"]["schemas"]) == told
        operation = document["paths"]["/data/coded_page"]["get"]
        schema = {p["name"]: p["schema"] for p in operation["parameters"]}["department"]
        assert ("$ref" in schema) == told
    gateway.home.publish(Change("interface", "coded_page", None))
