"""JSON bodies of calls (请求正文): one object, small, and nothing beside it.

A body is read before anybody decides on its call: whoever sends slowly may have lost the grant by
the time that it is there.
"""

from __future__ import annotations

import orjson

from duokua.gateway.rsgi import HTTPProtocol, Scope
from duokua.serving.problems import Refusal, bad_parameter

_MAX_BODY = 16_384


async def fields_body(proto: HTTPProtocol) -> bytes:
    """Return a body of 16 KiB at most.

    :raises Refusal: ``too_large``.
    """
    body = b""
    async for chunk in proto:
        body += chunk
        if len(body) > _MAX_BODY:
            raise Refusal("too_large")
    return body


def json_fields(scope: Scope, body: bytes) -> dict[str, object]:
    """Return the fields of a JSON body: what is asked need not stand in an address then.

    :raises Refusal: ``parameters_invalid``: no JSON object, or a query beside it.
    """
    if scope.query_string:
        raise bad_parameter("", "POST 请求的参数应在正文中", "a POST has its parameters in its body",
                            "请将参数写入 JSON 正文", "put them into the JSON body")  # fmt: skip
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    raise bad_parameter("", "正文不是 JSON 对象", "the body is no JSON object",
                        "请发送 {参数: 值, …}", "send {parameter: value, …}")  # fmt: skip
