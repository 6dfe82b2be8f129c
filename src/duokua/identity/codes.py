"""The codes of the second step of a sign-in (动态口令): RFC 6238 codes and codes for emergencies.

The seed is sealed with a key of the home's secret, so that a copy of the database alone makes no code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

PERIOD_S = 30
_DRIFT = 1  # periods that a clock may be wrong
_ISSUER = "duokua"
_EMERGENCY = 10  # codes
_EMERGENCY_BYTES = 6
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


def new_seed() -> str:
    """Return a fresh random seed in base32, 160 bits."""
    return pyotp.random_base32()


def seal(seed: str, secret: bytes) -> str:
    """Return a seed as it is stored."""
    return _box(secret).encrypt(seed.encode()).decode()


def unseal(sealed: str, secret: bytes) -> str | None:
    """Return a stored seed; ``None`` when it was sealed under another secret."""
    try:
        return _box(secret).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.digest(secret, b"second step", hashlib.sha256)))


def step_of(seed: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the period of a right code that is later than the period ``after``, else ``None``.

    Each code counts once: whoever looks over a shoulder has no use for it.
    """
    digits = unicodedata.normalize("NFKC", code).replace(" ", "").encode()  # full-width too
    present = int(now.timestamp()) // PERIOD_S
    clock = pyotp.TOTP(seed, interval=PERIOD_S)
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if step > after and hmac.compare_digest(clock.generate_otp(step).encode(), digits):
            return step
    return None


def address(seed: str, username: str) -> str:
    """Return the ``otpauth:`` address that an authenticator reads."""
    return pyotp.TOTP(seed, interval=PERIOD_S).provisioning_uri(name=username, issuer_name=_ISSUER)


def picture(seed: str, username: str) -> str:
    """Return that address as a QR code in SVG, black on white in every theme."""
    code = segno.make(address(seed, username), error="m", micro=False)
    return code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=False)


def emergency_codes() -> list[str]:
    """Return fresh codes for when the authenticator is lost, each good once (about 59 bits)."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_EMERGENCY_BYTES)) for _ in "ab")
        for _ in range(_EMERGENCY)
    ]


def digest(code: str) -> str:
    """Return what is kept of an emergency code."""
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
