"""The channels that there are."""

from __future__ import annotations

from duokua.notify.channels.chat import Chat
from duokua.notify.channels.mail import Mail
from duokua.notify.channels.port import Channel
from duokua.notify.channels.webhook import Webhook


def channels() -> dict[str, Channel]:
    """Return every channel by its name."""
    return {"mail": Mail(), "webhook": Webhook(), "chat": Chat()}
