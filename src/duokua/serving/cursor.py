"""Page cursors (游标): the place in the order, sealed so that nobody reads or forges it."""

from __future__ import annotations

import base64
import os
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from duokua.lang.predicate import Value
from duokua.serving.problems import Refusal, bad_parameter

_NONCE = 12


class Cursors:
    """Seals and opens cursors; one made under another grant or other filters does not open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, place: tuple[Value | None, ...], context: bytes) -> str:
        """Return the cursor after the row whose order values are ``place``."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, orjson.dumps(place), context)
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, cursor: str, context: bytes) -> tuple[Any, ...]:
        """Return the order values of a cursor.

        :raises Refusal: it was not made for this grant, interface and filters.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            place = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], context)
        except (ValueError, InvalidTag):
            raise _not_ours() from None
        return tuple(orjson.loads(place))


def _not_ours() -> Refusal:
    return bad_parameter(
        "cursor",
        "游标无效或不属于本次查询",
        "the cursor is not valid for this query",
        "请原样传回上一页的 next，并保持其他参数不变",
        "send the previous page's `next` unchanged, with the same other parameters",
    )
