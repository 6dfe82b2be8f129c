"""What programs may ask about installed packs, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from duokua.serving.problems import MEDIA_TYPE

_TEXT: dict[str, Any] = {"type": "string"}


def paths() -> dict[str, Any]:
    """Return the paths."""
    line: dict[str, Any] = {
        "type": "object",
        "required": ["pack", "version", "state"],
        "properties": dict.fromkeys(("pack", "version", "owner", "domain", "state"), _TEXT),
    }
    told = {
        "rules": {"type": "array", "items": {"type": "object"}},
        "reads": {"type": "array", "items": {"type": "object"}},
    }
    one = {**line, "properties": {**line["properties"], **told}}
    every = {"type": "object", "properties": {"packs": {"type": "array", "items": line}}}
    name = [{"name": "pack_id", "in": "path", "required": True, "schema": _TEXT}]
    return {
        "/api/v1/packs": {"get": _operation("list_packs", "Installed scenario packs", every)},
        "/api/v1/packs/{pack_id}": {
            "get": {
                **_operation("read_pack", "One pack: rules and grants", one),
                "parameters": name,
            }
        },
    }


def _operation(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    wrong = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": {"application/json": {"schema": schema}}},
            "default": {"description": "What is wrong and how to mend it", **wrong},
        },
    }
