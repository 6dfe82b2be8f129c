"""Access tokens (令牌): signed statements of who calls and what for (JWT, RFC 9068 claims)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import jwt

from duokua.lang.grant import FIRST_KEY
from duokua.serving.problems import Refusal

ISSUER = "duokua"
AUDIENCE = "duokua/data"
LIFETIME_S = 3600
BROWSER_LIFETIME_S = 300
PROBE = "@probe"  # the person of a probe's token (探针); no user name looks like it


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. ``grant`` and ``person`` are set for a browser's short token.

    A probe's token names the person :data:`PROBE`, and a key as the client's own would.
    """

    client: str
    purpose: str
    expires: float
    grant: str | None = None
    person: str | None = None
    key: str | None = None  # tokens of before name none

    @property
    def key_id(self) -> str | None:
        """The key that the token came from; no secret gave a browser's, so it has none."""
        return None if self.grant is not None else self.key or FIRST_KEY


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was just signed for a program, and for how long it counts."""

    token: str
    purpose: str
    key: str
    expires_in_s: int


def issue(
    key: bytes,
    *,
    client: str,
    purpose: str,
    now: float,
    lifetime_s: int = LIFETIME_S,
    grant: str | None = None,
    person: str | None = None,
    key_id: str | None = None,
) -> str:
    """Sign a token that is valid for ``lifetime_s`` seconds from ``now``.

    ``key_id`` names the client's key whose secret asked for it, or for which a probe stands in.
    """
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": client,
        "client_id": client,
        "purpose": purpose,
        "iat": int(now),
        "exp": int(now) + lifetime_s,
        "jti": secrets.token_urlsafe(9),
    }
    if key_id:
        claims["key"] = key_id
    if grant:
        claims["grant"] = grant
    if person:
        claims["person"] = person
    return jwt.encode(claims, key, algorithm="HS256", headers={"typ": "at+jwt"})


def verify(key: bytes, token: str, *, now: float) -> Claims:
    """Check signature, issuer, audience and expiry against ``now``.

    :raises Refusal: ``token_invalid`` or ``token_expired``.
    """
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={
                "require": ["exp", "sub", "purpose"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError:
        raise Refusal("token_invalid") from None
    if not isinstance(claims["exp"], int) or now >= claims["exp"]:
        raise Refusal("token_expired")
    return Claims(
        str(claims["sub"]),
        str(claims["purpose"]),
        float(claims["exp"]),
        claims.get("grant"),
        claims.get("person"),
        claims.get("key"),
    )
