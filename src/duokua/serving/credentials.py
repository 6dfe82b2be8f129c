"""What a program shows for itself (凭据): its secret at the token endpoint, its token at every call.

A token lives and dies with the key that gave it: it names the key, and the policy names the keys of
each program that count. So the revocation of a leaked key ends all of its tokens at once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from duokua.lang.grant import Client, Key
from duokua.serving import tokens
from duokua.serving.problems import Refusal, bad_parameter

if TYPE_CHECKING:
    from duokua.serving.state import State

_NO_HASH = "0" * 64


def key_for(client: Client | None, secret: str, now: float) -> Key | None:
    """Return the key that counts and has this secret; every key is compared, whichever fits."""
    told, found = sha256(secret.encode()).hexdigest(), None
    for key in client.keys if client else ():
        if hmac.compare_digest(told, key.secret_hash) and key.stands(now):
            found = key
    hmac.compare_digest(told, _NO_HASH)  # an unknown client costs a comparison as well
    return found


def token(
    state: State, signing: bytes, credentials: tuple[str, str], purpose: str | None, now: float
) -> tokens.Issued:
    """Return a token for a client's id and secret.

    :raises Refusal: ``token_invalid`` for wrong credentials (the same for every cause), or
        ``parameters_invalid`` when the client has several purposes and named none of them.
    """
    client_id, secret = credentials
    key = key_for(state.clients.get(client_id), secret, now)
    if key is None:
        raise Refusal("token_invalid")
    chosen = _purpose(state, client_id, purpose, now)
    # Less than a second is rounded up: a token of no time at all would be of no use to anybody.
    left = tokens.LIFETIME_S if key.until is None else max(1, int(key.until - now))
    lifetime = min(tokens.LIFETIME_S, left)
    signed = tokens.issue(
        signing, client=client_id, purpose=chosen, now=now, lifetime_s=lifetime, key_id=key.id
    )
    return tokens.Issued(signed, chosen, key.id, lifetime)


def _purpose(state: State, client_id: str, purpose: str | None, now: float) -> str:
    purposes = sorted(
        {grant.purpose for grant in state.grants.of_client(client_id) if grant.valid_until > now}
    )
    chosen = purpose or (purposes[0] if len(purposes) == 1 else None)
    if chosen is None or (purposes and chosen not in purposes):
        told = "、".join(purposes) or "—"
        raise bad_parameter(
            "purpose",
            "请指明已授权的用途",
            "name one of the granted purposes",
            f"可选用途：{told}",
            f"choose from {told}",
        )
    return chosen


def stands(clients: Mapping[str, Client], client_id: str, key_id: str | None, now: float) -> bool:
    """Tell whether a client still counts, and the key that a token of it came from, if any."""
    client = clients.get(client_id)
    if client is None or key_id is None:
        return client is not None
    key = client.key(key_id)
    return key is not None and key.stands(now)


def checked(state: State, claims: tokens.Claims, now: float) -> tokens.Claims:
    """Return the claims of a token that still counts, ending with its key at the latest.

    :raises Refusal: ``token_invalid``: the client, the key or the person counts no more;
        ``token_expired``: the key has run out, another one gives new tokens.
    """
    client = state.clients.get(claims.client)
    if client is None or claims.person in state.refused:
        raise Refusal("token_invalid")
    if claims.key_id is None:
        return claims
    key = client.key(claims.key_id)
    if key is None:
        raise Refusal("token_invalid")
    if not key.stands(now):
        raise Refusal("token_expired")
    return claims if key.until is None else replace(claims, expires=min(claims.expires, key.until))
