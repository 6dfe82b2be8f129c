"""The token with which a probe calls (探针凭据): what the program's own secret would have given.

The platform keeps no secret of a program. The token names one of its keys that count, so that the
gateway decides on it as on the program's own; it lives for a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.exchange import keys
from duokua.kernel import environment
from duokua.serving import tokens
from duokua.serving.keys import token_key

_LIFETIME_S = 60


def key_of(client: str, now: datetime) -> str | None:
    """Return a key of a program that counts for some time yet, if it has one."""
    soon = now + timedelta(seconds=_LIFETIME_S)
    standing = (
        key.id
        for key in keys.listed(client, now)
        if key.state == "standing" and (key.until is None or key.until > soon)
    )
    return next(standing, None)


def token(
    client: str, purpose: str, *, now: datetime, key: str | None = None, grant: str | None = None
) -> str:
    """Sign a probe's token, by a key of the program or bound to one grant of it."""
    return tokens.issue(
        token_key(environment.read().secret()),
        client=client,
        purpose=purpose,
        now=now.timestamp(),
        lifetime_s=_LIFETIME_S,
        grant=grant,
        person=tokens.PROBE,
        key_id=key,
    )


def own_token(client: str, purpose: str, key: str, *, now: datetime) -> str:
    """Sign a token as the program's own secret would have given: its calls count as any other."""
    return tokens.issue(
        token_key(environment.read().secret()),
        client=client,
        purpose=purpose,
        now=now.timestamp(),
        lifetime_s=_LIFETIME_S,
        key_id=key,
    )
