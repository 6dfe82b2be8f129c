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
    act = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Act"}}}}
    return {
        "/api/v1/cases": {
            "get": operation("listCases", "Cases that I may see", page, parameters=query)
        },
        "/api/v1/cases/{number}": {"get": operation("readCase", "One case", whole, parameters=one)},
        "/api/v1/cases/{number}/{verb}": {
            "post": operation("act", "Act on a case", whole, parameters=acting, requestBody=act)
        },
    }


def schemas() -> dict[str, Any]:
    """Return the schemas of a case and of an act."""
    return {"Case": _case(), "Act": _act()}


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
