"""The end of an interface's life (弃用与停用) towards its callers: headers first, then 410.

``Deprecation`` is RFC 9745, ``Sunset`` RFC 8594, ``successor-version`` a relation of RFC 5829.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate

from duokua.kernel.clock import iso
from duokua.lang.interface import Interface
from duokua.serving.problems import Refusal
from duokua.serving.seat import Seat


def life_headers(interface: Interface) -> list[tuple[str, str]]:
    """Return what an answer of a deprecated interface says of it; of others, nothing."""
    if interface.deprecated is None:
        return []
    headers = [("deprecation", f"@{int(interface.deprecated)}")]
    if interface.sunset is not None:
        headers.append(("sunset", formatdate(interface.sunset, usegmt=True)))
    if interface.successor is not None:
        headers.append(("link", f'</data/{interface.successor}>; rel="successor-version"'))
    return headers


def instant(at: float) -> str:
    """Write an instant, seconds since 1970, as ISO 8601."""
    return iso(datetime.fromtimestamp(at, UTC))


def within_life(seat: Seat, now: float) -> Seat:
    """Return a seat that ends with its interface.

    :raises Refusal: ``interface_ended``, naming the successor.
    """
    interface = seat.plan.served.interface
    if interface.sunset is None:
        return seat
    if now >= interface.sunset:
        successor = interface.successor
        link = f"/data/{successor}" if successor else "/data/"
        raise Refusal("interface_ended", link=link, successor=link if successor else "")
    return replace(seat, until=min(seat.until, interface.sunset))
