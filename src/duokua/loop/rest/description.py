"""What the OpenAPI document says of cases."""

from __future__ import annotations

from typing import Any

from duokua.lang.scenario.level import Level
from duokua.loop.actions.cases import TAKES
from duokua.loop.rest.cases import FILTERS
from duokua.loop.states.case import CaseState

_TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer"}
_YES_NO: dict[str, Any] = {"type": "boolean"}
_DEGREES: dict[str, Any] = {"type": ["number", "null"]}
_INSTANT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}


def paths(operation: Any) -> dict[str, Any]:
    """Return the paths of cases; ``operation`` describes one call."""
    query = [{"name": name, "in": "query", "schema": _TEXT} for name in (*FILTERS, "after")]
    query.append({"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}})
    one = [{"name": "number", "in": "path", "required": True, "schema": _TEXT}]
    verb = {"enum": sorted([*TAKES, "drill"])}
    acting = [*one, {"name": "verb", "in": "path", "required": True, "schema": verb}]
    page = {
        "type": "object",
        "required": ["cases", "next"],
        "properties": {
            "cases": {"type": "array", "items": {"$ref": "#/components/schemas/Case"}},
            "next": {"type": ["string", "null"]},
        },
    }
    whole = {"$ref": "#/components/schemas/Case"}
    piece = {"$ref": "#/components/schemas/Evidence"}
    given = {"content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/NewEvidence"}},
        "multipart/form-data": {"schema": {"$ref": "#/components/schemas/NewFile"}},
    }}  # fmt: skip
    of_it = {"name": "evidence_id", "in": "path", "required": True, "schema": _TEXT}
    small = {"name": "small", "in": "query", "schema": {"enum": ["1"]}}
    read = operation("readEvidence", "The bytes of a piece of evidence", _TEXT,
                     parameters=[*one, of_it, small])  # fmt: skip
    read["responses"]["200"]["content"] = {"*/*": {}}
    act = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Act"}}}}
    return {
        "/api/v1/cases": {
            "get": operation("listCases", "Cases that I may see", page, parameters=query)
        },
        "/api/v1/cases/{number}": {"get": operation("readCase", "One case", whole, parameters=one)},
        "/api/v1/cases/{number}/evidence": {
            "post": operation(
                "giveEvidence",
                "Give evidence to a task",
                piece,
                "201",
                parameters=one,
                requestBody=given,
            )
        },
        "/api/v1/cases/{number}/evidence/{evidence_id}": {"get": read},
        "/api/v1/cases/{number}/{verb}": {
            "post": operation("act", "Act on a case", whole, parameters=acting, requestBody=act)
        },
    }


def schemas() -> dict[str, Any]:
    """Return the schemas of a case and of an act."""
    return {"Case": _case(), "Act": _act(), **_evidence()}


def _evidence() -> dict[str, Any]:
    whose = {"task": _WHOLE, "ask": _TEXT}
    told = {**dict.fromkeys(("id", "ask", "kind", "name", "media", "digest", "given_by"), _TEXT),
            "body": {"type": "object"}, "given_at": _INSTANT, "size": _WHOLE}  # fmt: skip
    new = {**whose, "body": {"type": "object"}}
    file = {**whose, "file": {"type": "string", "format": "binary"},
            **dict.fromkeys(("taken_at", "lon", "lat"), _TEXT)}  # fmt: skip
    return {
        "Evidence": {"type": "object", "required": ["id", "kind"], "properties": told},
        "NewEvidence": {"type": "object", "required": ["task"], "properties": new,
                        "additionalProperties": False},
        "NewFile": {"type": "object", "required": ["task", "file"], "properties": file},
    }  # fmt: skip


def _case() -> dict[str, Any]:
    both = {"type": "object", "properties": {"zh": _TEXT, "en": _TEXT}}
    words = ("number", "pack", "rule", "name", "subject", "lead", "claimed_by")
    return {
        "type": "object",
        "required": ["number", "state", "level", "revision"],
        "properties": {
            **dict.fromkeys(words, _TEXT),
            **dict.fromkeys(("title", "state_name", "lead_name"), both),
            **dict.fromkeys(("opened_at", "changed_at", "due_at"), _INSTANT),
            **dict.fromkeys(("reopened", "escalated", "revision"), _WHOLE),
            **dict.fromkeys(("overdue", "drill"), _YES_NO),
            **dict.fromkeys(("lon", "lat"), _DEGREES),
            "level": {"enum": [level.value for level in Level]},
            "state": {"enum": [state.value for state in CaseState]},
            "verbs": {"type": "array"},
        },
    }


def _act() -> dict[str, Any]:
    number = {"type": ["integer", "null"], "minimum": 0}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "task": number,
            "revision": number,
            "text": {"type": "string", "maxLength": 2000},
            "fields": {"type": "object", "additionalProperties": _TEXT},
        },
    }
