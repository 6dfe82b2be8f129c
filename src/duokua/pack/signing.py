"""The key with which this house signs its packs (签名密钥); it lies in the home, its owner's only."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from duokua.kernel import environment
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

FILE = "pack_signing.pem"


def own_key(home: Path | None = None) -> Ed25519PrivateKey:
    """Return the signing key of this home; the first asking makes it.

    :raises Invalid: the file is there and is no Ed25519 key.
    """
    path = (home or environment.read().home) / FILE
    if not path.exists():
        _make(path)
    return read_key(path)


def _make(path: Path) -> None:
    """Write a new key whole; where two begin at once, the first stays."""
    text = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600, exist_ok=True)
    fresh.write_bytes(text)
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 key in PEM without a password.

    :raises Invalid: there is none.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid(
            Text(f"{path.name} 不是 Ed25519 私钥", f"{path.name} is no Ed25519 private key"),
            Text(
                "请提供无口令的 PEM 文件（openssl genpkey -algorithm ed25519）",
                "give a PEM file without password (openssl genpkey -algorithm ed25519)",
            ),
        )
    return key
