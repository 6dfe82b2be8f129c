"""Doing what a phone sends exactly once (幂等发送): by a key that the phone has made."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from duokua.kernel.errors import Conflict, Invalid
from duokua.kernel.text import Text
from duokua.loop.models import Sent

KEPT = timedelta(days=90)
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


def once(
    owner: str, key: str, do: Callable[[], dict[str, Any]], *, now: datetime
) -> dict[str, Any]:
    """Do something once for a key of somebody's; the second time return what was answered.

    What is refused leaves no trace, so it may be tried again under the same key.

    :raises Invalid: the key is none.
    :raises Conflict: the same is being done at this moment.
    """
    if not _KEY.fullmatch(key):
        raise Invalid(
            Text("发送编号无效", "the key of the sending is no key"),
            Text("请使用 8 至 64 位字母、数字或连字符", "use 8 to 64 letters, digits or hyphens"),
        )
    known = Sent.objects.filter(owner=owner, key=key).first()
    if known is not None:
        return dict(known.answer)
    try:
        with transaction.atomic():
            row = Sent.objects.create(owner=owner, key=key, at=now, answer={})
            row.answer = do()
            row.save(update_fields=["answer"])
    except IntegrityError:
        raise Conflict(
            Text("正在处理同一内容", "the same is being taken in"),
            Text("请稍后刷新", "look again in a moment"),
        ) from None
    Sent.objects.filter(at__lt=now - KEPT).delete()
    return dict(row.answer)
