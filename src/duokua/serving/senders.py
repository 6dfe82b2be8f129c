"""Who may send events (上报方): keys of devices and hubs, as the policy tells them."""

from __future__ import annotations

import hashlib
import hmac

from duokua.lang.sensing.sender import Sender, sender_from_json, split_key
from duokua.serving.policy import Change
from duokua.serving.problems import Refusal

_NOBODY = hashlib.sha256(b"").hexdigest()


class Senders:
    """The senders of this installation in memory."""

    def __init__(self) -> None:
        self._by_id: dict[str, Sender] = {}

    def apply(self, change: Change) -> None:
        """Take over one record."""
        if change.body is None:
            self._by_id.pop(change.id, None)
        else:
            self._by_id[change.id] = sender_from_json(change.body)

    def holder(self, key: str) -> Sender | None:
        """Return whose key it is; ``None``: nobody's."""
        told = split_key(key)
        sender = self._by_id.get(told[0]) if told else None
        digest = hashlib.sha256(told[1].encode() if told else b"").hexdigest()
        held = sender.keys if sender else (_NOBODY,)
        fits = [hmac.compare_digest(digest, each) for each in held]
        return sender if told and any(fits) else None

    def admitted(self, authorization: str | None, stream: str) -> Sender:
        """Return who sends to a stream, by its Bearer key.

        :raises Refusal: there is no key, it is nobody's, or that one may not send there.
        """
        if authorization is None:
            raise Refusal("key_missing")
        scheme, _, key = authorization.partition(" ")
        sender = self.holder(key.strip()) if scheme.lower() == "bearer" else None
        if sender is None:
            raise Refusal("key_invalid")
        if stream not in sender.streams:
            raise Refusal("stream_not_open")
        return sender
