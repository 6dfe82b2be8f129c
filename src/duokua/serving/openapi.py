"""The interfaces open to one caller, as a list and as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from duokua.kernel.text import Language
from duokua.lang.contract import Column, Kind
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT, Parameter, Shape
from duokua.serving.encode import MEDIA
from duokua.serving.plan import Plan, Served
from duokua.serving.problems import KINDS, MEDIA_TYPE

_SCHEMA: dict[Kind, dict[str, str]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer", "format": "int64"},
    Kind.NUMBER: {"type": "number", "format": "double"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
}
_STATUSES = ("401", "403", "404", "406", "422", "429", "503")


def entry(served: Served, language: Language) -> dict[str, Any]:
    """Return one interface as an entry of ``GET /data/``."""
    interface, manifest = served.interface, served.manifest
    return {
        "interface": interface.id,
        "title": interface.title.in_(language),
        "version": interface.version,
        "shape": interface.shape.value,
        "owner": interface.owner,
        "open": interface.open,
        "level": served.contract.level.value,
        "rows": manifest.rows if manifest else None,
        "as_of": manifest.as_of if manifest else None,
        "href": f"/data/{interface.id}",
        "page": f"/store/interfaces/{interface.id}/",
    }


def document(plans: list[Plan], *, server: str, language: Language) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of exactly these plans."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "duokua 数据接口" if language == "zh" else "duokua data interfaces",
            "version": "1",
        },
        "servers": [{"url": server}],
        "paths": {
            f"/data/{plan.served.interface.id}": {"get": _operation(plan, language)}
            for plan in plans
        },
        "components": {
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
                }
            },
            "schemas": {"Problem": _problem()},
        },
        "security": [{"oauth": []}, {}],
    }


def _operation(plan: Plan, language: Language) -> dict[str, Any]:
    interface = plan.served.interface
    refused = {
        status: {
            "description": "; ".join(
                kind.title.in_(language).partition(":")[0].partition(":")[0]
                for kind in KINDS.values()
                if kind.status == int(status)
            ),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in _STATUSES
    }
    return {
        "operationId": interface.id,
        "summary": interface.title.in_(language),
        "description": interface.description.in_(language),
        "parameters": _parameters(plan, language),
        "responses": {"200": _answer(plan, language), **refused},
    }


def _parameters(plan: Plan, language: Language) -> list[dict[str, Any]]:
    interface = plan.served.interface
    told = [_parameter(p, plan.parameter_column(p), language) for p in plan.parameters.values()]
    told.append(_query("format", {"type": "string", "enum": [*MEDIA], "default": "json"}))
    if interface.shape is Shape.PAGE:
        number = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        told.append(_query("limit", {"oneOf": [number, {"const": "all"}]}))
        told.append(_query("cursor", {"type": "string"}))
    return told


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _parameter(parameter: Parameter, column: Column, language: Language) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{column.title.in_(language)} ({parameter.op})",
        "schema": _SCHEMA[column.kind],
    }


def _answer(plan: Plan, language: Language) -> dict[str, Any]:
    row = {
        "type": "object",
        "properties": {column.name: _property(column, plan, language) for column in plan.columns},
        "required": [*plan.names],
    }
    body = {
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": row},
            "next": {"type": ["string", "null"]},
            "as_of": {"type": "string", "format": "date-time"},
            "receipt": {"type": "string"},
        },
        "required": ["rows", "next", "as_of", "receipt"],
    }
    content: dict[str, Any] = {media: {} for name, media in MEDIA.items() if name != "json"}
    return {
        "description": "OK",
        "headers": {"Duokua-Receipt": {"schema": {"type": "string"}}},
        "content": {MEDIA["json"]: {"schema": body}, **content},
    }


def _property(column: Column, plan: Plan, language: Language) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_SCHEMA[column.kind])
    schema["description"] = column.title.in_(language)
    masked = column.name in plan.masks
    if masked:
        schema["x-mask"] = type(plan.masks[column.name]).__name__.lower()
    if masked or not column.required:
        schema["type"] = [schema["type"], "null"]
    if column.codes and not masked:
        schema["x-codes"] = {code.value: code.title.in_(language) for code in column.codes}
    if column.unit:
        schema["x-unit"] = column.unit
    return schema


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            **{name: {"type": "string"} for name in ("type", "title", "detail", "code", "mend")},
            "status": {"type": "integer"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"} for name in ("pointer", "detail", "mend")
                    },
                },
            },
        },
        "required": ["type", "title", "status", "code"],
    }
