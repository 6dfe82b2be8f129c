"""Signing in through a real OpenID provider that runs in a process of its own."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry

from duokua.identity import oidc
from duokua.identity.models import SignIn, User
from duokua.kernel import environment
from duokua.kernel.sign_in_settings import Provider
from openid.running import BACK, CLIENT, NAME, Running, provider

pytestmark = pytest.mark.django_db
BEGIN = "/sign-in/provider/"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with provider(tmp_path_factory.mktemp("provider"), ["steward_a", "stranger"]) as found:
        yield found


@pytest.fixture
def configured(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    for name, value in running.variables().items():
        monkeypatch.setenv(name, value)
    oidc.forget()
    yield running
    oidc.forget()


def sent(browser: Client, running: Running, person: str, next: str = "/me/") -> str:
    """Go to the provider, sign in there, return the path that leads back."""
    answer = browser.get(BEGIN, {"next": next})
    assert answer.status_code == 302 and answer["Location"].startswith(running.issuer)
    back = running.consent(answer["Location"], person)
    assert back.startswith(BACK), back
    return back.removeprefix("http://testserver")


def refused(browser: Client, answer: Any) -> None:
    assert answer.status_code == 302 and answer["Location"] == "/sign-in/"
    assert browser.get("/sign-in/").content.decode().count('class="note"') == 1
    assert browser.get("/me/").status_code == 302


def test_there_and_back(configured: Running) -> None:
    browser = Client()
    assert NAME in browser.get("/sign-in/").content.decode()
    answer = browser.get(sent(browser, configured, "steward_a", "/me/delegations/"))
    assert (answer.status_code, answer["Location"]) == (302, "/me/delegations/")
    assert browser.get("/me/delegations/").context["person"].username == "steward_a"
    last = SignIn.objects.filter(username="steward_a").latest("id")
    assert (last.granted, last.way) == (True, NAME)
    assert NAME in browser.get("/me/sign-ins/").content.decode()


def test_what_is_sent_holds_state_nonce_and_challenge(configured: Running) -> None:
    address = Client().get(BEGIN)["Location"]
    told = parse_qs(urlsplit(address).query)
    assert told["code_challenge_method"] == ["S256"] and told["response_type"] == ["code"]
    assert told["redirect_uri"] == [BACK] and "openid" in told["scope"][0]
    for name in ("state", "nonce", "code_challenge"):
        assert len(told[name][0]) >= 43
    again = parse_qs(urlsplit(Client().get(BEGIN)["Location"]).query)
    assert all(again[name] != told[name] for name in ("state", "nonce", "code_challenge"))


def test_without_a_provider_there_is_no_button(running: Running) -> None:
    browser = Client()
    assert BEGIN not in browser.get("/sign-in/").content.decode()
    assert browser.get(BEGIN).status_code == 404
    assert browser.get(BEGIN + "back/").status_code == 404


def test_nobody_gets_an_account_by_it(configured: Running) -> None:
    browser, people = Client(), User.objects.count()
    refused(browser, browser.get(sent(browser, configured, "stranger")))
    assert User.objects.count() == people
    assert not SignIn.objects.filter(username="stranger", granted=True).exists()


def test_who_is_switched_off_stays_out(configured: Running) -> None:
    browser = Client()
    path = sent(browser, configured, "steward_a")
    User.objects.filter(username="steward_a").update(is_active=False)
    refused(browser, browser.get(path))


@pytest.mark.parametrize(
    "change",
    [
        {"state": ["wrong"]},
        {"state": [""]},
        {"state": None},
        {"code": ["wrong"]},
        {"code": None},
        {"error": ["access_denied"]},
        {"iss": ["https://elsewhere.example"]},
    ],
    ids=lambda change: "-".join(f"{k}={v}" for k, v in change.items()),
)
def test_an_answer_that_was_changed(configured: Running, change: dict[str, Any]) -> None:
    browser = Client()
    path = urlsplit(sent(browser, configured, "steward_a"))
    told = parse_qs(path.query) | change
    kept = {name: value for name, value in told.items() if value is not None}
    refused(browser, browser.get(f"{path.path}?{urlencode(kept, doseq=True)}"))


def test_an_answer_counts_once_and_for_who_set_out(configured: Running) -> None:
    mine, other = Client(), Client()
    path = sent(mine, configured, "steward_a")
    refused(other, other.get(path))  # a session that never set out
    sent(other, configured, "steward_a")
    refused(other, other.get(path))  # one that set out on its own: the state is not its
    assert mine.get(path)["Location"] == "/me/"
    again = Client()
    again.get(BEGIN)
    refused(again, again.get(path))


def test_a_code_needs_the_verifier_of_its_own_flow(configured: Running) -> None:
    ours = environment.read().sign_in.provider
    assert ours is not None
    address, flow = oidc.begin(ours, BACK)
    told = {
        k: v[0]
        for k, v in parse_qs(urlsplit(configured.consent(address, "steward_a")).query).items()
    }
    stolen = oidc.Flow(
        flow.state, flow.nonce, "another verifier that is long enough to be one here"
    )
    with pytest.raises(oidc.ProviderRefused):
        oidc.finish(ours, stolen, BACK, told)


def test_where_it_leads_is_ours(configured: Running) -> None:
    browser = Client()
    answer = browser.get(sent(browser, configured, "steward_a", "https://elsewhere.example/"))
    assert answer["Location"] == "/"


def test_a_second_step_is_asked_for_all_the_same(configured: Running) -> None:
    import pyotp

    from duokua.identity import codes, second_step
    from duokua.kernel import clock

    seed = second_step.offer("steward_a").seed
    second_step.confirm("steward_a", pyotp.TOTP(seed).now(), now=clock.now())
    browser = Client()
    answer = browser.get(sent(browser, configured, "steward_a"))
    assert answer["Location"] == "/sign-in/code/"
    assert browser.get("/me/").status_code == 302
    assert codes.PERIOD_S == 30


def test_a_provider_that_is_away_leaves_the_password(
    configured: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUOKUA_OIDC_ISSUER", "http://127.0.0.1:1/o")
    browser = Client()
    refused(browser, browser.get(BEGIN))


def test_the_doctor_looks_at_it(configured: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from duokua.project import doctor

    found = {each.check: each for each in doctor.examine(environment.read())}["sign-in"]
    assert found.state == "ok" and NAME in found.what.zh
    monkeypatch.setenv("DUOKUA_OIDC_ISSUER", configured.issuer + "/elsewhere")
    found = {each.check: each for each in doctor.examine(environment.read())}["sign-in"]
    assert found.state == "fail"


# Tokens that the provider's own key, or somebody else's, has made.


@pytest.fixture
def honest(configured: Running) -> tuple[Provider, dict[str, Any], dict[str, Any]]:
    """Return the provider, what it tells of itself, and the claims of an honest id token."""
    ours = environment.read().sign_in.provider
    assert ours is not None
    known, now = oidc.discover(ours), int(time.time())
    claims = {
        "iss": known["issuer"], "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300,
        "nonce": "n" * 43, "preferred_username": "steward_a",
    }  # fmt: skip
    return ours, known, claims


def signed(claims: dict[str, Any], key: Any, alg: str = "RS256", **header: Any) -> dict[str, Any]:
    registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
    return {"id_token": jwt.encode({"alg": alg, **header}, claims, key, registry=registry)}


def own_key(running: Running, known: dict[str, Any]) -> RSAKey:
    return RSAKey.import_key(running.key)


def test_an_honest_token_passes(
    configured: Running, honest: tuple[Provider, dict[str, Any], dict[str, Any]]
) -> None:
    ours, known, claims = honest
    key = own_key(configured, known)
    found = oidc.verify(ours, known, claims["nonce"], signed(claims, key))
    assert found["preferred_username"] == "steward_a"


NOW = int(time.time())
CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.example"}, {"iss": None}, {"iss": ["x"]}, {"iss": ""},
    {"aud": "another"}, {"aud": None}, {"aud": []}, {"aud": ["another"]}, {"aud": CLIENT + "x"},
    {"aud": [CLIENT, "another"]}, {"aud": [CLIENT, "another"], "azp": "another"},
    {"azp": "another"}, {"exp": NOW - 3600}, {"exp": None}, {"exp": "never"}, {"exp": 0},
    {"iat": None}, {"iat": NOW + 36_000}, {"iat": "now"}, {"nbf": NOW + 36_000},
    {"nonce": None}, {"nonce": "m" * 43}, {"nonce": ""}, {"nonce": ["n" * 43]}, {"sub": None},
    {"at_hash": "wrong"},
]  # fmt: skip


@pytest.mark.parametrize("change", CLAIMS, ids=[f"claims{at}" for at in range(len(CLAIMS))])
def test_a_claim_that_does_not_fit(
    configured: Running,
    honest: tuple[Provider, dict[str, Any], dict[str, Any]],
    change: dict[str, Any],
) -> None:
    ours, known, claims = honest
    forged = {name: value for name, value in (claims | change).items() if value is not None}
    token = signed(forged, own_key(configured, known)) | {"access_token": "a token"}
    with pytest.raises(oidc.ProviderRefused):
        oidc.verify(ours, known, "n" * 43, token)


def _other(running: Running, claims: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    return signed(claims, RSAKey.generate_key(2048))


def _brings_its_key(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    return signed(claims, key, jwk=key.as_dict(private=False))


def _points_to_its_key(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    return signed(claims, RSAKey.generate_key(2048), jku="http://127.0.0.1:1/keys")


def _wears_its_name(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    key_id = next(iter(KeySet.import_key_set(oidc._fetch(_ours(), known["jwks_uri"])).keys)).kid
    return signed(claims, RSAKey.generate_key(2048), kid=key_id)


def _public_as_secret(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    public = RSAKey.import_key(running.key).as_pem(private=False)
    part = f"{oidc_part({'alg': 'HS256'})}.{oidc_part(claims)}"
    mark = hmac.digest(public, part.encode(), "sha256")
    return {"id_token": f"{part}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"}


def _unsigned(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    part = oidc_part({"alg": "none", "typ": "JWT"}) + "." + oidc_part(claims) + "."
    return {"id_token": part}


def _changed(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    head, _, tail = signed(claims, own_key(running, known))["id_token"].split(".")
    return {"id_token": f"{head}.{oidc_part(claims | {'preferred_username': 'bureau_a'})}.{tail}"}


def _cut(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    head, body, _ = signed(claims, own_key(running, known))["id_token"].split(".")
    return {"id_token": f"{head}.{body}."}


def _demands(running: Running, claims: dict[str, Any], known: Any) -> dict[str, Any]:
    head = {"alg": "RS256", "crit": ["unheard-of"], "unheard-of": 1}
    _, body, tail = signed(claims, own_key(running, known))["id_token"].split(".")
    return {"id_token": f"{oidc_part(head)}.{body}.{tail}"}


def oidc_part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def _ours() -> Provider:
    ours = environment.read().sign_in.provider
    assert ours is not None
    return ours


FORGED: list[Callable[[Running, dict[str, Any], dict[str, Any]], dict[str, Any]]] = [
    _other, _brings_its_key, _points_to_its_key, _wears_its_name, _public_as_secret, _unsigned,
    _changed, _cut, _demands,
    lambda *_: {}, lambda *_: {"id_token": ""}, lambda *_: {"id_token": "a.b.c"},
    lambda *_: {"id_token": None}, lambda *_: {"id_token": ["x"]}, lambda *_: {"id_token": "é.é.é"},
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGED)
def test_a_token_that_the_provider_did_not_make(
    configured: Running,
    honest: tuple[Provider, dict[str, Any], dict[str, Any]],
    forge: Callable[[Running, dict[str, Any], dict[str, Any]], dict[str, Any]],
) -> None:
    ours, known, claims = honest
    with pytest.raises(oidc.ProviderRefused):
        oidc.verify(ours, known, claims["nonce"], forge(configured, claims, known))
