"""What the OpenAPI document says of resources and of grants in use."""

from __future__ import annotations

from typing import Any

from duokua.engine.finding_query import FACETS, SORTS
from duokua.store.rest.grants import FILTERS, VERBS

_TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_INSTANT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
_SHARE: dict[str, Any] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_YES_NO: dict[str, Any] = {"type": ["boolean", "null"]}


def paths(operation: Any) -> dict[str, Any]:
    """Return the paths; ``operation`` describes one call."""
    facets = [_asked(name, {"type": "array", "items": _TEXT}) for name in FACETS]
    finding = [_asked("q"), *facets, _asked("sort", {"enum": list(SORTS)}), _asked("page", _WHOLE)]
    using = [_asked("whose", {"enum": ["mine", "ours"]}), *map(_asked, (*FILTERS, "after"))]
    one = [{"name": "request_id", "in": "path", "required": True, "schema": _TEXT}]
    verb = {"name": "verb", "in": "path", "required": True, "schema": {"enum": sorted(VERBS)}}
    listing = [{"name": "listing_id", "in": "path", "required": True, "schema": _TEXT}]
    act = {"content": {"application/json": {"schema": _of("GrantAct")}}}
    acted = operation("actOnGrant", "Suspend, resume, revoke, give back, keep or renew", _of("Use"),
                      parameters=[*one, verb], requestBody=act)  # fmt: skip
    acted["responses"]["201"] = {"description": "renew: the draft, named by Location"}
    return {
        "/api/v1/resources": {
            "get": operation("findResources", "Resources of the store that fit",
                             _page("resources", "Hit", total=_WHOLE, pages=_WHOLE), parameters=finding)
        },
        "/api/v1/resources/{listing_id}": {
            "get": operation("readResource", "One resource", _of("Resource"), parameters=listing)
        },
        "/api/v1/grants": {
            "get": operation("listGrants", "Grants in use",
                             _page("grants", "Use", next=_MAYBE), parameters=using)
        },
        "/api/v1/grants/{request_id}": {
            "get": operation("readGrant", "One grant in use", _of("Use"), parameters=one)
        },
        "/api/v1/grants/{request_id}/{verb}": {"post": acted},
    }  # fmt: skip


def schemas() -> dict[str, Any]:
    """Return the schemas of what the paths answer with."""
    hit = dict.fromkeys(("id", "kind", "title_zh", "title_en", "owner", "share_class", "level",
                         "domain", "update_cycle"), _TEXT)  # fmt: skip
    figures = {"calls_30_days": _WHOLE, "quality": _SHARE, "published_at": _INSTANT}
    use = dict.fromkeys(
        ("request", "listing", "interface", "purpose", "state", "department"), _TEXT
    )
    named = {"type": "array", "items": {"type": "object", "required": ["id"]}}
    return {
        "Hit": _thing({**hit, **figures, "interfaces": _WHOLE}, "id", "kind"),
        "Resource": _thing(
            {"id": _TEXT, "kind": _TEXT, "owner": _TEXT, "state": _TEXT, **figures,
             "items": {"type": "array", "items": {"type": "object"}}, "interfaces": named,
             "may": {"type": "array", "items": _TEXT}},
            "id", "kind", "state", "items", "interfaces",
        ),
        "Use": _thing(
            {**use, "client": _MAYBE, "calls_90_days": _WHOLE, "rows_90_days": _WHOLE,
             "last_call": _MAYBE, "ends_at": _INSTANT, "idle_since": _MAYBE,
             "probe_passed": _YES_NO},
        ),
        "GrantAct": {**_thing({"reason": {"type": "string", "maxLength": 4000}}),
                     "additionalProperties": False},
    }  # fmt: skip


def _asked(name: str, schema: dict[str, Any] = _TEXT) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(name: str, of: str, **more: dict[str, Any]) -> dict[str, Any]:
    told = {name: {"type": "array", "items": _of(of)}, **more}
    return _thing(told, *told)


def _thing(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}
