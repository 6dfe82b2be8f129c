"""The token endpoint: OAuth 2.1 client credentials."""

from __future__ import annotations

import base64
import urllib.parse
from typing import Any

import pytest

from duokua.lang.grant import grant_to_json
from duokua.serving.policy import Change
from gateway import district
from gateway.problem import check
from gateway.world import SECRET, Gateway, Reply

LOOKUP = district.lookup()
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def post(
    gateway: Gateway,
    form: dict[str, str] | bytes,
    *,
    basic: str | None = None,
    source: str = "127.0.0.2",
    language: str = "en",
) -> Reply:
    """Ask for a token from an address of this test's own."""
    headers = FORM | {"Accept-Language": language}
    if basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    body = form if isinstance(form, bytes) else urllib.parse.urlencode(form).encode()
    return gateway.ask("/oauth/token", method="POST", headers=headers, body=body, source=source)


def credentials(client: str, secret: str = SECRET) -> dict[str, str]:
    return {
        "grant_type": "client_credentials", "client_id": client, "client_secret": secret
    }  # fmt: skip


def works(gateway: Gateway, reply: Reply) -> None:
    assert reply.status == 200, reply.body
    told = reply.json
    assert (told["token_type"], told["purpose"]) == ("Bearer", "inspection")
    assert told["expires_in"] > 0
    assert reply.headers["cache-control"] == "no-store"
    answer = gateway.ask("/data/resident_by_id?id=1", token=told["access_token"])
    assert answer.rows[0]["id"] == 1


def test_credentials_in_the_form_or_as_basic(gateway: Gateway) -> None:
    client = gateway.home.grant(LOOKUP).client
    works(gateway, post(gateway, credentials(client)))
    plain = {"grant_type": "client_credentials"}
    works(gateway, post(gateway, plain, basic=f"{client}:{SECRET}"))
    quoted = urllib.parse.quote_plus(SECRET)
    works(gateway, post(gateway, plain, basic=f"{client}:{quoted}"))
    works(gateway, post(gateway, plain | {"purpose": "inspection"}, basic=f"{client}:{SECRET}"))


def test_whatever_is_wrong_with_credentials_answers_alike(gateway: Gateway) -> None:
    client = gateway.home.grant(LOOKUP).client
    source = "127.0.0.3"
    plain = {"grant_type": "client_credentials"}
    wrong: list[tuple[dict[str, str], str | None]] = [
        (credentials(client, "wrong"), None),
        (credentials(client, ""), None),
        (credentials(client, SECRET + "\0"), None),
        (credentials("nobody", SECRET), None),
        (credentials("", ""), None),
        (plain, None),
        (plain, f"{client}:wrong"),
        (plain, client),
        (plain, f"nobody:{SECRET}"),
        (credentials(client), f"{client}:wrong"),  # the header is what counts
    ]
    replies = [post(gateway, form, basic=basic, source=source) for form, basic in wrong]
    assert {reply.status for reply in replies} == {401}
    assert len({reply.body for reply in replies}) == 1
    assert replies[0].json["error"] == "invalid_client"
    assert replies[0].headers["www-authenticate"] == "Basic"


def test_broken_requests(gateway: Gateway) -> None:
    client = gateway.home.grant(LOOKUP).client
    source = "127.0.0.4"
    for form in (
        credentials(client) | {"grant_type": "password"},
        {"client_id": client, "client_secret": SECRET},
    ):
        reply = post(gateway, form, source=source)
        assert (reply.status, reply.json["error"]) == (400, "unsupported_grant_type")
    bodies = (b"", b"\xff\xfe", b"&" * 50, b"a=1&" * 40, b"x" * 100_000)
    for body in bodies:
        assert post(gateway, body, source=source).status in (400, 401)
    headers = FORM | {"Authorization": "Basic ###"}
    body = b"grant_type=client_credentials"
    reply = gateway.ask("/oauth/token", method="POST", headers=headers, body=body, source=source)
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")


def test_of_several_purposes_one_must_be_named(gateway: Gateway) -> None:
    home = gateway.home
    client = home.grant(LOOKUP).client
    further = home.order(LOOKUP, client=client, purpose="持证核查")
    ended = home.order(LOOKUP, client=client, purpose="long ago", valid_until=1.0)
    home.publish(*[Change("grant", each.id, grant_to_json(each)) for each in (further, ended)])
    for language, sentence in (("zh", "请指明已授权的用途"), ("en", "name one of the granted")):
        reply = post(gateway, credentials(client), language=language)
        assert (reply.status, reply.json["error"]) == (400, "invalid_request")
        told = reply.json["error_description"]
        assert sentence in told and "inspection" in told and "持证核查" in told
        assert "long ago" not in told
    assert post(gateway, credentials(client) | {"purpose": "advertising"}).status == 400
    for purpose in ("inspection", "持证核查"):
        reply = post(gateway, credentials(client) | {"purpose": purpose})
        assert reply.json["purpose"] == purpose
        token = reply.json["access_token"]
        answer = gateway.ask("/data/resident_by_id?id=1", token=token)
        assert home.receipt(answer.headers["duokua-receipt"])["purpose"] == purpose


def test_a_client_without_any_grant_names_its_purpose(gateway: Gateway) -> None:
    client = gateway.home.client()
    assert post(gateway, credentials(client)).status == 400
    token = post(gateway, credentials(client) | {"purpose": "look"}).json["access_token"]
    check(gateway.ask("/data/resident_by_id?id=1", token=token), 403, "not_granted")


def test_guessing_is_throttled_by_address(gateway: Gateway) -> None:
    """Two minutes may share the tries; within a minute no more than 20 are looked at."""
    client = gateway.home.grant(LOOKUP).client
    guesses = [
        post(gateway, credentials(client, f"guess {i}"), source="127.0.0.5") for i in range(60)
    ]
    refused = [reply for reply in guesses if reply.status == 429]
    assert len(refused) >= 20
    assert {reply.status for reply in guesses} == {401, 429}
    for language in ("zh", "en"):
        reply = post(gateway, credentials(client), source="127.0.0.5", language=language)
        if reply.status != 200:  # the minute has just turned
            told = check(reply, 429, "rate_limited")
            assert 1 <= int(reply.headers["retry-after"]) <= 60
            assert told["title"]
    works(gateway, post(gateway, credentials(client), source="127.0.0.6"))


def test_metadata(gateway: Gateway) -> None:
    told: Any = gateway.ask("/.well-known/oauth-authorization-server").json
    base = f"http://127.0.0.1:{gateway.port}"
    assert told["issuer"] == base
    assert told["token_endpoint"] == f"{base}/oauth/token"
    assert told["grant_types_supported"] == ["client_credentials"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_secret_that_is_replaced(gateway: Gateway, kept: bool) -> None:
    client = gateway.home.grant(LOOKUP).client
    gateway.home.client(client, secret="another")
    secret = "another" if kept else SECRET
    expected = 200 if kept else 401
    assert post(gateway, credentials(client, secret), source="127.0.0.7").status == expected
