"""Chat services (即时消息) by apprise: DingTalk, WeCom, Feishu; json:// only to named machines."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from duokua.notify.channels.port import Outgoing, Undeliverable
from duokua.notify.channels.webhook import named_host

# Services whose servers are theirs: an address of these cannot lead into our own network.
FIXED = ("dingtalk", "feishu", "lark", "wecombot")
_PLAIN = {"json": 80, "jsons": 443}


class Chat:
    """Sends by the address that apprise gives a service, such as ``dingtalk://token``."""

    def on(self) -> bool:
        """Tell whether it may be used: places are set one by one, so always."""
        return True

    def reaches(self, place: str) -> bool:
        """Tell whether ``place`` is an address of a service that we let letters go to."""
        try:
            parts = urlsplit(place)
            port = parts.port
        except ValueError:
            return False
        if not place.isascii() or not place.isprintable() or not parts.hostname:
            return False
        if parts.scheme in _PLAIN:
            return named_host(parts.hostname, port or _PLAIN[parts.scheme])
        return parts.scheme in FIXED and _known(place)

    def send(self, place: str, letter: Outgoing) -> None:
        """Hand a letter over; the token inside the address never gets into an error or a log.

        :raises Undeliverable: it was not taken.
        """
        import apprise  # here: half a second that only the worker needs

        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        services = apprise.Apprise()
        if not self.reaches(place) or not services.add(place + _straight(place)):
            raise Undeliverable("place")
        body = "\n".join(
            filter(None, (letter.body.zh, letter.title.en, letter.body.en, letter.link))
        )
        try:
            taken = services.notify(title=letter.title.zh, body=body)
        except Exception as error:  # whatever a service of somebody else's library raises
            raise Undeliverable(type(error).__name__) from None
        if not taken:
            raise Undeliverable("refused")


def _known(place: str) -> bool:
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    return apprise.Apprise.instantiate(place, suppress_exceptions=True) is not None


def _straight(place: str) -> str:
    """Ask for a plain body and no redirect."""
    return ("&" if "?" in place else "?") + "format=text&redirect=no"
