"""Django application of ``duokua.notify``."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Registered under the label ``notify``."""

    name = "duokua.notify"
    label = "notify"

    def ready(self) -> None:
        """Pass on what identity, which lies below, has to tell people."""
        from duokua.identity.facade import told

        told.connect(_told, dispatch_uid="notify.identity")


def _told(sender: object, **note: Any) -> None:
    from duokua.notify import facade

    kept = {name: note[name] for name in ("cause", "title", "body", "link", "person")}
    facade.tell(facade.Note(weight=facade.Weight.NOTE, **kept), now=note["now"])
