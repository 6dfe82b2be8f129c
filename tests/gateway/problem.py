"""What every problem document must be, in both languages (RFC 9457 and the surface)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from duokua.serving.problems import KINDS, MEDIA_TYPE, TYPE_BASE
from gateway.world import Reply

LANGUAGES = {"zh": "zh-CN", "en": "en"}


def both(call: Callable[[dict[str, str | bytes]], Reply], status: int, code: str) -> dict[str, Any]:
    """Call in both languages, check both refusals and return the English one."""
    found = {}
    for language, tag in LANGUAGES.items():
        reply = call({"Accept-Language": tag})
        found[language] = check(reply, status, code)
        assert reply.headers["content-language"] == tag
        title = KINDS[code].title.in_("zh" if language == "zh" else "en")
        assert found[language]["title"].startswith(title.partition("{")[0])
    assert found["zh"]["title"] != found["en"]["title"]
    assert found["zh"]["mend"] != found["en"]["mend"]
    return found["en"]


def check(reply: Reply, status: int, code: str) -> dict[str, Any]:
    """Check one refusal and return its document."""
    assert reply.status == status, reply
    assert reply.headers["content-type"] == MEDIA_TYPE
    assert reply.headers["cache-control"] == "no-store"
    assert "duokua-receipt" not in reply.headers
    told: dict[str, Any] = reply.json
    assert told["status"] == status
    assert told["code"] == code
    assert told["type"] == TYPE_BASE + code
    assert told["title"] and told["detail"] and told["mend"]
    assert not re.search(r"\{\w+\}", reply.body.decode()), "a place that was not filled"
    if status in (429, 503):
        assert int(reply.headers["retry-after"]) >= 1
    return told
