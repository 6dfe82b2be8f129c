"""Sign-in through an OpenID provider (统一身份认证): OpenID Connect Core, code flow with PKCE.

What comes back is believed only after: the state is ours, the issuer is the one configured, the id
token is signed by a key of the provider with an asymmetric algorithm, and issuer, audience, nonce,
times and access-token hash fit. Redirects of the provider's own addresses are not followed.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from duokua.identity import provider_calls
from duokua.kernel.errors import DuokuaError, Unavailable
from duokua.kernel.sign_in_settings import Provider
from duokua.kernel.text import Text

# Neither "none" nor anything with a shared secret: a public key must never be taken for one.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"]
_FRESH_S = 600  # how long what the provider tells of itself is believed
_LEEWAY_S = 60  # clocks may differ
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_told: dict[str, tuple[float, dict[str, Any]]] = {}  # by address


class ProviderRefused(DuokuaError):
    """The provider did not vouch for anybody, or what it said does not hold."""

    code = "provider_refused"


@dataclass(frozen=True, slots=True)
class Flow:
    """What has to come back the same; kept in the session of whoever set out."""

    state: str
    nonce: str
    verifier: str


def begin(provider: Provider, back: str) -> tuple[str, Flow]:
    """Return the provider's address to go to, and what to keep until they are back.

    :raises Unavailable: the provider cannot be reached, or is not who was configured.
    """
    flow = Flow(*(secrets.token_urlsafe(32) for _ in range(3)))
    address = prepare_grant_uri(
        discover(provider)["authorization_endpoint"],
        client_id=provider.client_id,
        response_type="code",
        redirect_uri=back,
        scope="openid profile email" if provider.claim == "email" else "openid profile",
        state=flow.state,
        nonce=flow.nonce,
        code_challenge=create_s256_code_challenge(flow.verifier),
        code_challenge_method="S256",
    )
    return str(address), flow


def finish(provider: Provider, flow: Flow, back: str, told: dict[str, str]) -> str:
    """Return the user name that the provider vouches for, from what came back in the address.

    :raises ProviderRefused: it vouches for nobody.
    :raises Unavailable: the provider cannot be reached.
    """
    known = discover(provider)
    if not secrets.compare_digest(told.get("state", "").encode(), flow.state.encode()):
        raise _refused("state")
    issuer = told.get("iss")
    named = known.get("authorization_response_iss_parameter_supported") is True
    if issuer != known["issuer"] and (named or issuer is not None):
        raise _refused("iss")  # another provider's answer (RFC 9207)
    if "error" in told or not told.get("code"):
        raise _refused("code")
    token = _exchange(provider, known, flow, back, told["code"])
    return _user_name(provider, verify(provider, known, flow.nonce, token))


def _exchange(
    provider: Provider, known: dict[str, Any], flow: Flow, back: str, code: str
) -> dict[str, Any]:
    ways = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": flow.verifier,
    }
    client = (provider.client_id, provider.secret)
    try:
        return provider_calls.post(
            known["token_endpoint"], form, client, basic="client_secret_basic" in ways
        )
    except provider_calls.CallFailed as failed:
        if failed.status in (400, 401, 403):
            raise _refused("code") from failed
        raise _unreachable(provider) from failed


def verify(
    provider: Provider, known: dict[str, Any], nonce: str, token: dict[str, Any]
) -> dict[str, Any]:
    """Return the claims of an id token, each checked.

    :raises ProviderRefused: something of it does not hold.
    """
    told = token.get("id_token")
    if not isinstance(told, str):
        raise _refused("id_token")
    try:
        read = _decoded(provider, known, told)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": known["issuer"]},
                "aud": {"essential": True, "value": provider.client_id},
            },
            {
                "nonce": nonce,
                "client_id": provider.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_S)
    except (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError) as error:
        raise _refused("id_token") from error
    return dict(claims)


def _decoded(provider: Provider, known: dict[str, Any], told: str) -> jwt.Token:
    """Check the signature; a key that is not known yet is asked for once."""
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    keys = KeySet.import_key_set(_fetch(provider, known["jwks_uri"]))  # type: ignore[arg-type]
    try:
        return jwt.decode(told, keys, registry=registry)
    except InvalidKeyIdError:
        fresh = _fetch(provider, known["jwks_uri"], anew=True)
        keys = KeySet.import_key_set(fresh)  # type: ignore[arg-type]
        return jwt.decode(told, keys, registry=registry)


def _user_name(provider: Provider, claims: dict[str, Any]) -> str:
    name = claims.get(provider.claim)
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise _refused("email_verified")  # anybody can write any address into an account
    if not isinstance(name, str) or not 0 < len(name) <= 64:
        raise _refused(provider.claim)
    return name


def discover(provider: Provider, *, anew: bool = False) -> dict[str, Any]:
    """Return what the provider tells of itself, asked for at most every ten minutes.

    :raises Unavailable: it cannot be reached, is another issuer, or names an unsafe address.
    """
    address = f"{provider.issuer}/.well-known/openid-configuration"
    known = _fetch(provider, address, anew=anew)
    if str(known.get("issuer", "")).rstrip("/") != provider.issuer:
        raise _unreachable(provider)
    if not all(_safe(provider, str(known.get(name, ""))) for name in _NEEDED):
        raise _unreachable(provider)
    return known


def _safe(provider: Provider, address: str) -> bool:
    """Tell whether an address is encrypted, or on the loopback of a loopback provider."""
    ours, parts = urlsplit(provider.issuer), urlsplit(address)
    local = ours.scheme == "http" and (parts.scheme, parts.netloc) == ("http", ours.netloc)
    return local or (parts.scheme == "https" and bool(parts.hostname))


def _fetch(provider: Provider, address: str, *, anew: bool = False) -> dict[str, Any]:
    at, known = _told.get(address, (0.0, {}))
    if known and not anew and time.monotonic() - at < _FRESH_S:
        return known
    try:
        known = provider_calls.get(address)
    except provider_calls.CallFailed as failed:
        raise _unreachable(provider) from failed
    _told[address] = (time.monotonic(), known)
    return known


def forget() -> None:
    """Ask the provider anew at the next sign-in."""
    _told.clear()


def _refused(what: str) -> ProviderRefused:
    return ProviderRefused(
        Text(f"统一身份认证未通过（{what}）", f"the provider did not vouch for you ({what})"),
        Text("请重新登录", "sign in again"),
    )


def _unreachable(provider: Provider) -> Unavailable:
    return Unavailable(
        Text(f"统一身份认证“{provider.name}”暂不可用", f"{provider.name} does not answer rightly"),
        Text("请用密码登录，或稍后重试", "sign in by password, or try again later"),
    )
