"""The OpenAPI 3.1 document of the management interface."""

from __future__ import annotations

from typing import Any

from duokua.lang.grant import Quota
from duokua.loop.rest import description as cases
from duokua.serving.problems import MEDIA_TYPE
from duokua.store.rest import described
from duokua.store.states.request import RequestState
from duokua.store.values.disclosure import Question

WORDS = ("purpose", "explanation", "scenario", "without", "basis", "disposal", "more")
_TEXT: dict[str, Any] = {"type": "string"}
_INSTANT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
MORE: dict[str, Any] = {}  # paths of the floors above, which say themselves what they are
_TIMES = ("submitted_at", "due_at", "ends_at", "changed_at")


def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "duokua management",
            "version": "1.0.0",
            "description": "Resources, requests and grants of the store, and cases, for whoever is "
            "signed in to the portal. "
            "Calls that change something carry the CSRF token of the session as X-CSRFToken.",
        },
        "paths": {
            **_paths(),
            **described.paths(_operation),
            **cases.paths(_operation),
            **MORE,
        },
        "components": {
            "schemas": {
                "Line": _line(),
                "Request": _request(),
                "New": _new(),
                "Problem": _problem(),
                **described.schemas(),
                **cases.schemas(),
            },
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "duokua_session"}
            },
        },
        "security": [{"session": []}],
    }


def _paths() -> dict[str, Any]:
    names = ("group", "state", "listing", "q", "whose", "sort", "after")
    query = [{"name": name, "in": "query", "schema": _TEXT} for name in names]
    one = [{"name": "request_id", "in": "path", "required": True, "schema": _TEXT}]
    page = {
        "type": "object",
        "required": ["requests", "next", "total"],
        "properties": {
            "requests": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
            "next": {"type": ["string", "null"]},
            "total": {"type": "integer"},
        },
    }
    new = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}}
    whole = {"$ref": "#/components/schemas/Request"}
    return {
        "/api/v1/requests": {
            "get": _operation("listRequests", "Requests that I may see", page, parameters=query),
            "post": _operation("draftRequest", "Draft a request", whole, "201", requestBody=new),
        },
        "/api/v1/requests/{request_id}": {
            "get": _operation("readRequest", "One request", whole, parameters=one),
        },
        "/api/v1/requests/{request_id}/submit": {
            "post": _operation("submitRequest", "Submit a draft", whole, parameters=one),
        },
        "/api/v1/openapi.json": {
            "get": _operation("describe", "This document", {"type": "object"}),
        },
    }


def _operation(
    name: str, summary: str, schema: dict[str, Any], status: str = "200", **more: Any
) -> dict[str, Any]:
    wrong = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "operationId": name,
        "summary": summary,
        **more,
        "responses": {
            status: {"description": summary, "content": {"application/json": {"schema": schema}}},
            "default": {"description": "What is wrong and how to mend it", **wrong},
        },
    }


def _line() -> dict[str, Any]:
    names = ("id", "listing", "interface", "purpose", "department", "provider", "requested_by",
             "bundle")  # fmt: skip
    title = {"type": "object", "properties": {"zh": _TEXT, "en": _TEXT}}
    state = {"enum": [state.value for state in RequestState]}
    properties = dict.fromkeys(names, _TEXT) | dict.fromkeys(_TIMES, _INSTANT)
    return {
        "type": "object",
        "required": ["id", "state"],
        "properties": properties | {"title": title, "state": state},
    }


def _request() -> dict[str, Any]:
    told = {
        "id": _TEXT,
        "state": {"enum": [state.value for state in RequestState]},
        "ask": {"type": "object"},
        "agreed": {"type": ["object", "null"]},
        "points": {"type": ["integer", "null"]},
        "may": {"type": "array", "items": _TEXT},
        "missing": {"type": "array", "items": {"type": "object"}},
    }
    return {"type": "object", "required": ["id", "state", "ask"], "properties": told}


def _new() -> dict[str, Any]:
    columns = {"type": "array", "items": _TEXT}
    limit = {"type": "integer", "minimum": 1}
    return {
        "type": "object",
        "required": ["listing"],
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(("listing", "product", "client", *WORDS), _TEXT),
            "question": {"enum": ["", *(question.value for question in Question)]},
            "columns": columns,
            "plain": columns,
            "duty": {"type": "boolean"},
            "valid_until": {"type": "string", "format": "date-time"},
            "quota": {
                "type": "object",
                "additionalProperties": False,
                "properties": dict.fromkeys(Quota.__slots__, limit),
            },
        },
    }


def _problem() -> dict[str, Any]:
    fault = {"type": "object", "properties": {"pointer": _TEXT, "what": _TEXT, "mend": _TEXT}}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "code"), _TEXT),
            "status": {"type": "integer"},
            "errors": {"type": "array", "items": fault},
        },
    }
