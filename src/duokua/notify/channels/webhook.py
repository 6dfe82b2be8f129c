"""Signed POST to a program (通用 Webhook): https to public addresses, else only to named machines.

The body is JSON; ``Duokua-Signature: t=<seconds>,v1=<hex>`` is HMAC-SHA-256 over ``<t>.<body>``
with the key that :func:`signing_key` gives for the place. The same letter carries the same
``Duokua-Delivery`` each time that it is tried, so that a receiver may drop the second.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from urllib.parse import SplitResult, urlsplit

from duokua.kernel import clock, environment
from duokua.notify.channels.port import Outgoing, Undeliverable

_PATIENCE_S = 10
_PORTS = {"https": 443, "http": 80}
_MOST = 254


class Webhook:
    """Posts letters to the address of a program."""

    def on(self) -> bool:
        """Tell whether it may be used: places are set by administrators, so always."""
        return True

    def reaches(self, place: str) -> bool:
        """Tell whether ``place`` is an address that letters may go to."""
        parts = _parts(place)
        return parts is not None and (parts.scheme == "https" or _named(parts))

    def send(self, place: str, letter: Outgoing) -> None:
        """Post a letter; a redirect is not followed, what the other side says is not kept.

        :raises Undeliverable: it was not taken, or the address is one that it must not go to.
        """
        parts = _parts(place)
        if parts is None or not self.reaches(place):
            raise Undeliverable("place")
        body = _body(letter)
        seconds = str(int(clock.now().timestamp()))
        signed = hmac.new(signing_key(place).encode(), f"{seconds}.".encode() + body, "sha256")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "duokua",
            "Duokua-Delivery": letter.key,
            "Duokua-Signature": f"t={seconds},v1={signed.hexdigest()}",
        }
        try:
            status = _post(parts, body, headers)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise Undeliverable(type(error).__name__) from None
        if not 200 <= status < 300:
            raise Undeliverable(str(status))


def signing_key(place: str) -> str:
    """Return the key with which letters to a place are signed; its owner checks them with it."""
    secret = environment.read().secret()
    return hmac.new(secret, b"notify.webhook:" + place.encode(), hashlib.sha256).hexdigest()


def named_host(host: str, port: int) -> bool:
    """Tell whether the installation names a machine as one that letters may go to."""
    names = environment.read().private_hosts
    return host.lower() in names or f"{host.lower()}:{port}" in names


def _parts(place: str) -> SplitResult | None:
    """Split an address; ``None`` for one of another kind, or with a name and password inside."""
    try:
        parts = urlsplit(place)
        fine = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return None
    plain = place.isascii() and place.isprintable() and " " not in place and len(place) <= _MOST
    return parts if fine and plain and "@" not in parts.netloc else None


def _named(parts: SplitResult) -> bool:
    return named_host(parts.hostname or "", parts.port or _PORTS[parts.scheme])


def _post(parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    address = _address(host, port, inner=_named(parts))
    connection = _Straight(host, port, timeout=_PATIENCE_S)
    connection.going_to = address
    connection.secured = parts.scheme == "https"
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _address(host: str, port: int, *, inner: bool) -> str:
    """Return the address of a host, looked up once; refuse an inner one that nobody named."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not inner and not all(_public(each) for each in addresses):
        raise OSError("not a public address")
    return addresses[0]


def _public(address: str) -> bool:
    told = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(told, "ipv4_mapped", None)
    return (mapped or told).is_global and not told.is_multicast


class _Straight(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name means by then."""

    going_to: str
    secured: bool

    def connect(self) -> None:
        plain = socket.create_connection((self.going_to, self.port), self.timeout)
        if self.secured:
            context = ssl.create_default_context()
            plain = context.wrap_socket(plain, server_hostname=self.host)
        self.sock = plain


def _body(letter: Outgoing) -> bytes:
    told = {
        "key": letter.key,
        "title": {"zh": letter.title.zh, "en": letter.title.en},
        "body": {"zh": letter.body.zh, "en": letter.body.en},
        "link": letter.link,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
