"""Mail by SMTP (电子邮件); off until ``DUOKUA_MAIL`` names a server."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import unquote, urlsplit

from duokua.kernel import environment
from duokua.notify.channels.port import Outgoing, Undeliverable

_PLACE = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,189}")
_PATIENCE_S = 20
_PORTS = {"smtp": 25, "smtps": 465}


class Mail:
    """Sends by the server of ``smtp://user:password@host:port?from=…``, ``smtps`` from the start."""

    def on(self) -> bool:
        """Tell whether a server is named."""
        return bool(environment.read().mail)

    def reaches(self, place: str) -> bool:
        """Tell whether ``place`` looks like an address."""
        return _PLACE.fullmatch(place) is not None

    def send(self, place: str, letter: Outgoing) -> None:
        """Hand a letter over; what the server says stays out of the error.

        :raises Undeliverable: it was not taken.
        """
        parts = urlsplit(environment.read().mail)
        sender = unquote(parts.query.removeprefix("from=")) or f"duokua@{parts.hostname}"
        try:
            with _connected(parts.scheme, parts.hostname or "", parts.port) as server:
                if parts.username:
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(_written(sender, place, letter))
        except (OSError, smtplib.SMTPException) as error:
            raise Undeliverable(type(error).__name__) from None


def _connected(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    where, port = host, port or _PORTS.get(scheme, 25)
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(where, port, timeout=_PATIENCE_S, context=context)
    server = smtplib.SMTP(where, port, timeout=_PATIENCE_S)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    return server


def _written(sender: str, place: str, letter: Outgoing) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, place
    message["Subject"] = f"{letter.title.zh} / {letter.title.en}"
    # The same each time: a server that has it already may drop the second.
    message["Message-ID"] = f"<{letter.key}@{make_msgid().rpartition('@')[2]}"
    lines = [letter.title.zh, letter.body.zh, "", letter.title.en, letter.body.en]
    message.set_content("\n".join([*lines, "", letter.link]).strip() + "\n")
    return message
