"""What OpenAPI says of every shape is what the gateway answers: each operation is called."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from duokua.lang.interface import Interface
from duokua.lang.mask import Hide
from gateway import district
from gateway.asking import serve_cube
from gateway.feeds import Feed, edited
from gateway.test_cube import INTERFACE as CUBE
from gateway.test_cube import people
from gateway.test_inference import CONTRACT
from gateway.test_query import PAGE, STATION_ROWS
from gateway.test_query import STATIONS as STATION
from gateway.test_verify import CHECK, SEEN, _home
from gateway.world import Gateway, Reply, query, wait_for

JSON = {"Content-Type": "application/json"}
STATIONS = replace(PAGE, id="stations_told")
CLAIM = {"resident_id": SEEN[0]["resident_id"], "phone": SEEN[0]["phone"]}


@dataclass(frozen=True, slots=True)
class Told:
    """One caller's document, and calls that are held against it."""

    gateway: Gateway
    token: str
    document: Any
    feed: Interface
    called: set[tuple[str, str]]

    def ask(self, method: str, template: str, at: str = "", **more: Any) -> Reply:
        """Make a call of one operation; its answer must be one of those documented."""
        path = at or template
        if "body" in more:
            more = {"headers": JSON, **more, "body": json.dumps(more["body"]).encode()}
        reply = self.gateway.ask(path, token=self.token, method=method, **more)
        operation = self.document["paths"][template][method.lower()]
        self._check(operation, reply)
        self.called.add((method, template))
        return reply

    def _check(self, operation: Any, reply: Reply) -> None:
        assert str(reply.status) in operation["responses"], reply.body
        response = self._resolved(operation["responses"][str(reply.status)])
        for name, header in response.get("headers", {}).items():
            told = reply.headers.get(name.lower())
            if told is not None:
                schema = self._resolved(header)["schema"]
                self._fits(schema, int(told) if schema.get("type") == "integer" else told)
        content = response.get("content")
        if content is None:
            assert reply.body == b""
            return
        assert reply.headers["content-type"] in content, reply.headers
        schema = content[reply.headers["content-type"]].get("schema")
        if schema:
            self._fits(schema, reply.json)
        if reply.headers["content-type"] == "application/problem+json":
            examples = content["application/problem+json"]["examples"]
            assert reply.json["code"] in examples, (reply.json, list(examples))

    def _resolved(self, told: Any) -> Any:
        if "$ref" not in told:
            return told
        found = self.document
        for name in told["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _fits(self, schema: Any, value: Any) -> None:
        Draft202012Validator({**schema, "components": self.document["components"]}).validate(value)


def _feed(gateway: Gateway) -> Interface:
    made = Feed(gateway)
    made.load(district.rows(50))
    made.load(edited(district.rows(50)))
    return made.interface


@pytest.fixture(scope="module")
def told(gateway: Gateway) -> Told:
    """A caller who holds one grant of every shape."""
    home = _home(gateway.home)
    serve_cube(home, CUBE, CONTRACT, people())
    home.serve(STATIONS, STATION, STATION_ROWS)
    feed, client = _feed(gateway), home.client()
    shapes = (district.lookup(), district.page(), STATIONS, CUBE, CHECK, feed)
    for interface in shapes:
        masks = (("name", Hide()),) if interface.id == "residents" else ()
        home.grant(interface, client=client, masks=masks, valid_from=1.0)
    token = gateway.token(client)
    document = gateway.ask("/data/openapi.json", token=token).json
    return Told(gateway, token, document, feed, set())


def test_the_document_is_one(told: Told) -> None:
    validate(told.document)
    ids = [one["operationId"] for path in told.document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


def _look_up(told: Told) -> None:
    path = "/data/resident_by_id"
    assert told.ask("GET", path, query(path, id=7)).rows
    assert told.ask("GET", path, query(path, id=10**9)).rows == []
    assert told.ask("GET", path, query(path, id="x")).status == 422
    assert told.ask("GET", path, query(path, id=7, format="csv")).status == 200
    assert told.ask("GET", path, query(path, id=7, format="xml")).status == 406


def _pages(told: Told) -> None:
    path = "/data/residents"
    first = told.ask("GET", path, query(path, limit=100))
    assert len(first.rows) == 100
    assert told.ask("GET", path, query(path, limit=100, cursor=first.json["next"])).rows
    for format_ in ("csv", "arrow", "parquet"):
        whole = query(path, limit="all", format=format_, department="D3")
        assert told.ask("GET", path, whole).status == 200
    body = {"where": {"field": "department", "value": "D3"}, "select": ["id", "born"]}
    assert told.ask("POST", f"{path}/query", body=body).rows
    grouped = told.ask("POST", f"{path}/query", body={"group": ["department"]})
    assert grouped.json["code"] == "cube_only"
    media = {"headers": {"Content-Type": "text/plain"}}
    assert told.ask("POST", f"{path}/query", body={}, **media).status == 415
    assert told.ask("POST", f"{path}/query", body={"select": ["x" * 70_000]}).status == 413


def _queries(told: Told) -> None:
    path = f"/data/{STATIONS.id}"
    assert told.ask("GET", path).rows
    figures = [{"fn": "count", "as": "n"}, {"fn": "avg", "field": "pm25"}]
    body = {"group": ["street"], "aggregate": figures}
    assert told.ask("POST", f"{path}/query", body=body).rows
    assert told.ask("POST", f"{path}/query", body={"limit": 3}).rows


def _cubes(told: Told) -> None:
    path = f"/data/{CUBE.id}"
    assert told.ask("GET", path, query(path, group="street,young")).rows
    assert told.ask("POST", f"{path}/query", body={"group": ["street"]}).rows
    assert told.ask("GET", path, query(path, group="trade")).status == 422
    statuses = {told.ask("GET", path, query(path, street=f"S{n}")).status for n in range(5)}
    assert statuses == {200, 429}, "the budget of questions ends"


def _claims(told: Told) -> None:
    path = f"/data/{CHECK.id}"
    assert told.ask("GET", path, query(path, **CLAIM)).rows == [{"match": True}]
    assert told.ask("POST", path, body=CLAIM).rows == [{"match": True}]
    assert told.ask("POST", path, body={"phone": "1"}).status == 422
    assert told.ask("POST", path, body={"phone": "x" * 20_000}).status == 413
    assert told.ask("GET", path, query(path, **CLAIM, format="csv")).status == 406


def _feeds(told: Told) -> None:
    path = f"/data/{told.feed.id}"
    whole = told.ask("GET", path, query(path, limit=10))
    assert whole.json["next"] and whole.json["version"] == 2
    assert told.ask("GET", path, query(path, limit=10, cursor=whole.json["next"])).rows
    since = told.ask("GET", path, query(path, since=1))
    assert {row["_change"] for row in since.rows} == {"delete", "upsert"}
    assert told.ask("GET", path, query(path, since=9)).status == 422
    assert told.ask("GET", path, query(path, since=0)).json["code"] == "changes_too_old"


def _exports(told: Told) -> None:
    path = "/data/residents/exports"
    job, file = f"{path}/{{export}}", f"{path}/{{export}}/data"
    assert told.ask("POST", path, body={"limit": 1}).status == 422
    assert told.ask("POST", path, body={"format": "xml"}).status == 406
    begun = told.ask("POST", path, body={"department": "D3", "format": "parquet"})
    assert begun.status == 202
    at = begun.headers["location"]
    wait_for(lambda: told.ask("GET", job, at).json["state"] == "done", "the export's end")
    whole = told.ask("GET", file, f"{at}/data")
    part = told.ask("GET", file, f"{at}/data", headers={"Range": "bytes=4-"})
    assert (part.status, part.body) == (206, whole.body[4:])
    past = told.ask("GET", file, f"{at}/data", headers={"Range": f"bytes={len(whole.body)}-"})
    assert past.status == 416
    assert told.ask("GET", path).json["exports"]
    assert told.ask("DELETE", job, at).status == 204
    for template, gone in ((job, at), (file, f"{at}/data")):
        assert told.ask("GET", template, gone).status == 404


CALLS = (_look_up, _pages, _queries, _cubes, _claims, _feeds, _exports)


def test_every_operation_answers_as_it_is_told(told: Told) -> None:
    for calls in CALLS:
        calls(told)
    every = {
        (method.upper(), path)
        for path, operations in told.document["paths"].items()
        for method in operations
        if not path.startswith(("/data/open_", f"/data/{STATIONS.id}/exports"))
    }
    assert told.called >= every, every - told.called


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_holds_no_grant_is_not_told_of_exports(gateway: Gateway, language: str) -> None:
    document = gateway.ask("/data/openapi.json", headers={"Accept-Language": language}).json
    validate(document)
    assert "/data/open_page" in document["paths"]
    assert not [path for path in document["paths"] if "exports" in path]
