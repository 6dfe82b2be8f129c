"""Refusals of who calls and of what is not there, with their problem documents in both languages."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest

from duokua.lang.predicate import Compare
from duokua.serving import tokens
from duokua.serving.keys import token_key
from duokua.serving.policy import Change
from gateway import district
from gateway.problem import both, check
from gateway.world import Gateway

LOOKUP, PAGE = district.lookup(), district.page()
BY_ID = "/data/resident_by_id?id=7"


def _signed(gateway: Gateway, client: str, *, age_s: int = 0, **changes: Any) -> str:
    key = token_key(gateway.home.settings.secret())
    now = time.time() - age_s
    token = tokens.issue(key, client=client, purpose="inspection", now=now)
    if not changes:
        return token
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm="HS256")


def _alg_none(token: str) -> str:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{head.decode().rstrip('=')}.{token.split('.')[1]}."


# --- 401 -------------------------------------------------------------------------------------


def test_no_token(gateway: Gateway) -> None:
    told = both(lambda headers: gateway.ask(BY_ID, headers=headers), 401, "token_missing")
    assert "/oauth/token" in told["mend"]
    reply = gateway.ask(BY_ID)
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_without_a_token_the_unknown_and_the_closed_answer_alike(gateway: Gateway) -> None:
    closed, secret, unknown = (
        gateway.ask(f"/data/{name}?id=1") for name in ("resident_by_id", "secret_by_id", "nowhere")
    )
    assert closed.body == secret.body == unknown.body
    check(unknown, 401, "token_missing")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer garbage", "Bearer a.b.c", "Basic YTpi", "Token x", "Bearer \t"],
)
def test_garbled_authorization(gateway: Gateway, authorization: str) -> None:
    both(
        lambda headers: gateway.ask(BY_ID, headers=headers | {"Authorization": authorization}),
        401,
        "token_invalid",
    )


def test_tokens_that_are_not_ours(gateway: Gateway) -> None:
    grant, good = gateway.granted(LOOKUP)
    head, body, signature = good.split(".")
    flipped = "A" if signature[0] != "A" else "B"
    other = base64.urlsafe_b64encode(
        base64.urlsafe_b64decode(body + "==").replace(grant.client.encode(), b"client_x")
    )
    foreign = jwt.encode(
        jwt.decode(good, options={"verify_signature": False}), b"k" * 32, algorithm="HS256"
    )
    bad = [
        f"{head}.{body}.{flipped}{signature[1:]}",
        f"{head}.{other.decode().rstrip('=')}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        foreign,
        _alg_none(good),
        good[:-3],
        _signed(gateway, grant.client, iss="elsewhere"),
        _signed(gateway, grant.client, aud="elsewhere"),
        _signed(gateway, grant.client, exp=None),
        _signed(gateway, grant.client, purpose=None),
        _signed(gateway, "client_that_never_was"),
    ]
    assert gateway.ask(BY_ID, token=good).status == 200
    for token in bad:
        both(
            lambda headers, token=token: gateway.ask(BY_ID, token=token, headers=headers),
            401,
            "token_invalid",
        )


def test_expired_token(gateway: Gateway) -> None:
    grant, _ = gateway.granted(LOOKUP)
    old = _signed(gateway, grant.client, age_s=tokens.LIFETIME_S + 1)
    both(lambda headers: gateway.ask(BY_ID, token=old, headers=headers), 401, "token_expired")


def test_a_token_whose_client_is_gone(gateway: Gateway) -> None:
    grant, token = gateway.granted(LOOKUP)
    assert gateway.ask(BY_ID, token=token).status == 200
    gateway.home.publish(Change("client", grant.client, None))
    both(lambda headers: gateway.ask(BY_ID, token=token, headers=headers), 401, "token_invalid")


# --- 403 -------------------------------------------------------------------------------------


def test_not_granted_names_the_listing(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE)
    told = both(lambda h: gateway.ask(BY_ID, token=token, headers=h), 403, "not_granted")
    assert "/store/interfaces/resident_by_id/" in told["mend"]


@pytest.mark.parametrize(
    "when", [{"valid_from": time.time() + 3600}, {"valid_until": time.time() - 1}]
)
def test_outside_the_grants_time(gateway: Gateway, when: dict[str, float]) -> None:
    grant = gateway.home.grant(LOOKUP, **when)
    token = _signed(gateway, grant.client)
    told = both(lambda h: gateway.ask(BY_ID, token=token, headers=h), 403, "grant_not_valid")
    assert "/store/interfaces/resident_by_id/" in told["mend"]


def test_the_tokens_purpose_is_not_the_grants(gateway: Gateway) -> None:
    grant = gateway.home.grant(LOOKUP, purpose="statistics")
    token = _signed(gateway, grant.client)  # for inspection
    told = both(lambda h: gateway.ask(BY_ID, token=token, headers=h), 403, "purpose_mismatch")
    assert "/store/interfaces/resident_by_id/" in told["mend"]


@pytest.mark.parametrize("purpose", ["advertising", "", "广告".encode(), b"\xff\xfe", "%FF"])
def test_the_stated_purpose_is_not_the_grants(gateway: Gateway, purpose: str | bytes) -> None:
    _, token = gateway.granted(LOOKUP)
    both(
        lambda h: gateway.ask(BY_ID, token=token, headers=h | {"Duokua-Purpose": purpose}),
        403,
        "purpose_mismatch",
    )


def test_a_stated_purpose_may_be_percent_encoded(gateway: Gateway) -> None:
    _, token = gateway.granted(LOOKUP, purpose="持证核查")
    stated = {"Duokua-Purpose": "%E6%8C%81%E8%AF%81%E6%A0%B8%E6%9F%A5"}
    assert gateway.ask(BY_ID, token=token, headers=stated).status == 200
    other = {"Duokua-Purpose": "%E6%8C%81%E8%AF%81"}
    check(gateway.ask(BY_ID, token=token, headers=other), 403, "purpose_mismatch")
    _, plain = gateway.granted(LOOKUP)
    assert gateway.ask(BY_ID, token=plain, headers={"Duokua-Purpose": "inspection"}).status == 200


# --- 404, 405, 406 ---------------------------------------------------------------------------


def test_a_core_interface_that_is_not_granted_is_not_there(gateway: Gateway) -> None:
    _, token = gateway.granted(LOOKUP)
    secret = gateway.ask("/data/secret_by_id?id=1", token=token)
    unknown = gateway.ask("/data/nowhere_by_id?id=1", token=token)
    check(secret, 404, "not_found")
    assert (secret.status, secret.body) == (unknown.status, unknown.body)
    ours = {"date", "content-length"}
    assert {n: v for n, v in secret.headers.items() if n not in ours} == {
        n: v for n, v in unknown.headers.items() if n not in ours
    }
    both(lambda h: gateway.ask("/data/nowhere", token=token, headers=h), 404, "not_found")


def test_a_core_interface_that_is_granted_answers(gateway: Gateway) -> None:
    _, token = gateway.granted(district.lookup("secret_by_id"))
    assert gateway.ask("/data/secret_by_id?id=1", token=token).rows[0]["id"] == 1


def test_a_hidden_row_answers_like_an_absent_one(gateway: Gateway) -> None:
    _, token = gateway.granted(LOOKUP, row_filter=Compare("department", "ne", "D3"))
    hidden = gateway.ask("/data/resident_by_id?id=3", token=token)
    absent = gateway.ask("/data/resident_by_id?id=999999", token=token)
    assert hidden.status == absent.status == 200

    def told(reply: Any) -> Any:
        return {**reply.json, "receipt": None}, sorted(reply.headers)

    assert told(hidden) == told(absent)
    assert hidden.rows == []
    receipts = [gateway.home.receipt(reply.headers["duokua-receipt"]) for reply in (hidden, absent)]
    assert [(r["rows"], r["subjects"]) for r in receipts] == [(0, []), (0, [])]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/data/resident_by_id?id=1", "/data/", "/data/openapi.json"])
def test_methods(gateway: Gateway, method: str, path: str) -> None:
    _, token = gateway.granted(LOOKUP)

    def call(headers: Any) -> Any:
        reply = gateway.ask(path, token=token, method=method, headers=headers, body=b"")
        assert reply.headers["allow"] == "GET"
        return reply

    both(call, 405, "method_not_allowed")


def test_the_token_endpoint_wants_a_post(gateway: Gateway) -> None:
    told = both(lambda h: gateway.ask("/oauth/token", headers=h), 405, "method_not_allowed")
    assert "POST" in told["mend"]


def test_formats_that_are_not_offered(gateway: Gateway) -> None:
    _, token = gateway.granted(PAGE)
    for path, accept in (
        ("/data/residents?format=xml", "*/*"),
        ("/data/residents?format=", "*/*"),
        ("/data/residents", "application/xml"),
        ("/data/residents", "image/png, text/html;q=0.3"),
    ):
        both(
            lambda h, path=path, accept=accept: gateway.ask(
                path, token=token, headers=h | {"Accept": accept}
            ),
            406,
            "not_acceptable",
        )
