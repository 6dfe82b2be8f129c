"""The interfaces open to one caller, as a list and as OpenAPI 3.1.

A parameter, a column or a code list that a grant leaves out is not in its document either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from duokua.kernel.text import Language
from duokua.lang.grant import Grant
from duokua.lang.interface import Shape
from duokua.serving.life import instant
from duokua.serving.openapi_exports import export_schema
from duokua.serving.openapi_paths import operations
from duokua.serving.openapi_schemas import (
    Json,
    codes_name,
    codes_schema,
    headers,
    problem_name,
    problem_response,
    problem_schema,
)
from duokua.serving.plan import Plan, Served
from duokua.serving.possible import Door, refusals

_ABOUT = {
    "zh": "本令牌可调用的全部数据接口，且仅限这些。每次调用都留有凭证 (Duokua-Receipt)。",
    "en": "Every data interface that this token may call, and no other. Each call leaves a receipt.",
}


def entry(served: Served, grant: Grant | None, language: Language) -> dict[str, Any]:
    """Return one interface as an entry of ``GET /data/``.

    How many rows there are is not told to whoever may see some of them only.
    """
    interface, manifest = served.interface, served.manifest
    whole = grant is None or grant.row_filter is None
    return {
        "interface": interface.id,
        "title": interface.title.in_(language),
        "version": interface.version,
        "shape": interface.shape.value,
        "owner": interface.owner,
        "open": interface.open,
        "deprecated": interface.deprecated is not None,
        "sunset": None if interface.sunset is None else instant(interface.sunset),
        "successor": interface.successor,
        "level": served.contract.level.value,
        "rows": manifest.rows if manifest and whole else None,
        "as_of": manifest.as_of if manifest else None,
        "href": f"/data/{interface.id}",
        "page": f"/store/interfaces/{interface.id}/",
    }


@dataclass(frozen=True, slots=True)
class Described:
    """One interface under one grant: its paths as JSON, and what they refer to."""

    owner: str
    paths: tuple[tuple[str, orjson.Fragment], ...]
    refusals: frozenset[tuple[int, tuple[str, ...]]]
    codes: tuple[tuple[str, orjson.Fragment], ...]


def describe(plan: Plan, language: Language) -> Described:
    """Describe the interface of a plan."""
    return Described(
        plan.served.interface.owner,
        tuple((path, _json(told)) for path, told in operations(plan, language).items()),
        frozenset(each for door in Door for each in refusals(plan.served.interface, door)),
        tuple((name, _json(told)) for name, told in _codes(plan, language).items()),
    )


def _json(told: Json) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(told))


def document(plans: list[Described], *, server: str, language: Language) -> bytes:
    """Return the OpenAPI 3.1 description of exactly these interfaces."""
    zh = language == "zh"
    told = {
        "openapi": "3.1.0",
        "info": {
            "title": "duokua 数据接口" if zh else "duokua data interfaces",
            "summary": "受治理的数据调用" if zh else "governed calls of public data",
            "description": _ABOUT[language],
            "version": "1",
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": server}],
        "tags": [{"name": owner} for owner in sorted({plan.owner for plan in plans})],
        "paths": dict(each for plan in plans for each in plan.paths),
        "components": {
            "securitySchemes": _security(server),
            "headers": headers(language),
            "responses": {
                problem_name(status, codes): problem_response(status, codes, language)
                for status, codes in sorted({each for plan in plans for each in plan.refusals})
            },
            "schemas": {
                "Problem": problem_schema(),
                "Export": export_schema(),
                **dict(each for plan in plans for each in plan.codes),
            },
        },
        "security": [{"oauth": []}, {"bearer": []}],
    }
    return orjson.dumps(told)


def _security(server: str) -> Json:
    token = f"{server}/oauth/token"
    return {
        "oauth": {
            "type": "oauth2",
            "description": "purpose=… names the granted purpose (用途)",
            "flows": {"clientCredentials": {"tokenUrl": token, "scopes": {}}},
        },
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }


def _codes(plan: Plan, language: Language) -> Json:
    """Return the code lists that the columns and parameters of a plan refer to."""
    usable = {each.column for each in plan.parameters.values()}
    if plan.served.interface.shape is not Shape.VERIFY:
        usable |= set(plan.names)
    columns = [plan.visible[name] for name in sorted(usable) if name not in plan.masks]
    return {codes_name(plan, c): codes_schema(c, language) for c in columns if c.codes}
