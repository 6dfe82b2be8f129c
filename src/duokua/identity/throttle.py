"""How long a door stays shut after failed sign-ins (登录限速): pure arithmetic.

The wait doubles with each failure and is never longer than 15 minutes, so nobody is locked out
for ever. An address from which the account has signed in before has a count of its own, so a
stranger who guesses at an account does not shut out its owner.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_WAIT_S = 15 * 60
FREE_BY_ACCOUNT = 5
FREE_BY_ADDRESS = 30


def keys(username: str, address: str, known: bool) -> list[tuple[str, int]]:
    """Return the counters that an attempt moves, each with its failures free of a wait."""
    account = f"both:{username}:{address}" if known else f"account:{username}"
    return [(account, FREE_BY_ACCOUNT), (f"address:{address}", FREE_BY_ADDRESS)]


def code_key(username: str) -> str:
    """Return the counter of wrong codes of a person's second step; a right password keeps it."""
    return f"code:{username}"


def password_key(username: str) -> str:
    """Return the counter of wrong old passwords while somebody changes theirs."""
    return f"password:{username}"


def wait_s(failures: int, last_at: datetime | None, free: int, now: datetime) -> int:
    """Return the whole seconds until the next attempt is heard; 0 when it may be made now."""
    if last_at is None or failures < free:
        return 0
    pause = min(2 ** min(failures - free + 1, 20), LONGEST_WAIT_S)
    left = (last_at + timedelta(seconds=pause) - now).total_seconds()
    return max(0, -int(-left // 1))


def forgotten(now: datetime) -> datetime:
    """Return the instant before which a last failure no longer counts."""
    return now - timedelta(seconds=LONGEST_WAIT_S)


def is_stale(last_at: datetime, now: datetime) -> bool:
    """Tell whether a count is so old that it begins again."""
    return last_at < forgotten(now)
