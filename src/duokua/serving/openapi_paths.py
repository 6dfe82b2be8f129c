"""The operations of OpenAPI: how an interface of each shape is called, and what it answers."""

from __future__ import annotations

from duokua.kernel.text import Language, Text
from duokua.lang.cube import measure_column
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT, Interface, Parameter, Shape
from duokua.lang.query_json import MAX_TERMS
from duokua.serving.encode import MEDIA
from duokua.serving.openapi_exports import exports, is_exported
from duokua.serving.openapi_parts import TEXTS, known, life, operation, purpose, request
from duokua.serving.openapi_schemas import (
    EXAMPLES,
    SCHEMA,
    Json,
    answer_headers,
    column_schema,
    contents,
    parameter_schema,
)
from duokua.serving.plan import Plan
from duokua.serving.possible import Door

_OPS = {
    "eq": Text("等于", "equals"), "ne": Text("不等于", "is not"), "lt": Text("小于", "less than"),
    "le": Text("不大于", "at most"), "gt": Text("大于", "greater than"),
    "ge": Text("不小于", "at least"), "prefix": Text("以…开头", "begins with"),
}  # fmt: skip
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
_BOOL = {"type": "boolean"}


def operations(plan: Plan, language: Language) -> Json:
    """Return the paths of one interface with their operations."""
    interface = plan.served.interface
    path = f"/data/{interface.id}"
    get = operation(plan, language, interface.id)
    get["parameters"] = _parameters(plan, language)
    get["responses"]["200"] = _answer(plan, language)
    told: Json = {path: {"get": get}}
    if interface.shape is Shape.VERIFY:
        told[path]["post"] = _verify(plan, language)
    if interface.shape is Shape.AGGREGATE or _queried(interface):
        told[f"{path}/query"] = {"post": _query(plan, language)}
    if is_exported(plan):
        told |= exports(plan, language)
    return told


def _queried(interface: Interface) -> bool:
    return interface.shape is Shape.PAGE and interface.query != ()


# --- parameters -------------------------------------------------------------------------------


def _parameters(plan: Plan, language: Language) -> list[Json]:
    shape = plan.served.interface.shape
    told = [_parameter(plan, each, language) for each in plan.parameters.values()]
    if shape is Shape.AGGREGATE:
        groups = {"type": "string", "examples": [",".join(plan.names[:2])]}
        told.append(known("group", groups, language))
    if shape is Shape.CHANGES:
        told.append(known("since", {"type": "integer", "minimum": 0}, language))
    if shape in (Shape.PAGE, Shape.CHANGES, Shape.AGGREGATE):
        whole = {"oneOf": [_LIMIT, {"const": "all"}]} if shape is Shape.PAGE else _LIMIT
        told.append(known("limit", whole, language))
    if shape in (Shape.PAGE, Shape.CHANGES):
        told.append(known("cursor", {"type": "string"}, language))
    formats = ["json"] if shape is Shape.VERIFY else [*MEDIA]
    told.append(known("format", {"type": "string", "enum": formats, "default": "json"}, language))
    return [*told, purpose(language)]


def _parameter(plan: Plan, parameter: Parameter, language: Language) -> Json:
    column = plan.parameter_column(parameter)
    key = parameter.column in plan.served.interface.key
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required or key,
        "description": f"{column.title.in_(language)} {_OPS[parameter.op].in_(language)}",
        "schema": parameter_schema(column, parameter.op, plan),
        "example": column.codes[0].value if column.codes else EXAMPLES[column.kind],
    }


# --- answers ----------------------------------------------------------------------------------


def _answer(plan: Plan, language: Language) -> Json:
    shape = plan.served.interface.shape
    names = ["Duokua-Receipt"]
    if shape in (Shape.PAGE, Shape.CHANGES):
        names.append("Duokua-Next")
    if shape is Shape.CHANGES:
        names.append("Duokua-Version")
    names += life(plan.served.interface)
    more: Json = {"version": {"type": "integer"}} if shape is Shape.CHANGES else {}
    return {
        "description": "OK",
        "headers": answer_headers(*names),
        "content": contents(_body(_row(plan, language), more), json_only=shape is Shape.VERIFY),
    }


def _body(row: Json, more: Json) -> Json:
    known: Json = {
        "rows": {"type": "array", "items": row},
        "next": {"type": ["string", "null"]},
        "as_of": {"type": "string", "format": "date-time"},
        "receipt": {"type": "string"},
    }
    return {"type": "object", "properties": {**known, **more}, "required": [*known, *more]}


def _row(plan: Plan, language: Language) -> Json:
    match plan.served.interface.shape:
        case Shape.VERIFY:
            return _object({"match": {**_BOOL, "title": TEXTS["match"].in_(language)}})
        case Shape.AGGREGATE:
            return {"type": "object", "properties": _cells(plan, language)}
    columns = {column.name: column_schema(column, plan, language) for column in plan.columns}
    if plan.served.interface.shape is Shape.CHANGES:
        for name in columns.keys() - set(plan.served.interface.order):
            _or_null(columns[name])  # of a row that left only the key is told
        change = {"type": "string", "enum": ["upsert", "delete"]}
        return {
            "type": "object",
            "properties": {"_change": change, "_version": {"type": "integer"}, **columns},
            "required": ["_change", "_version"],
        }
    return _object(columns)


def _or_null(schema: Json) -> None:
    if isinstance(schema["type"], str) and schema["type"] != "null":
        schema["type"] = [schema["type"], "null"]


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": [*properties]}


def _cells(plan: Plan, language: Language) -> Json:
    """Return the dimensions and figures of a cube; which of them come depends on the question."""
    cube = plan.served.interface.cube
    told = {column.name: column_schema(column, plan, language) for column in plan.columns}
    for measure in cube.measures if cube else ():
        column = measure_column(measure, plan.served.contract)
        told[measure.name] = {**SCHEMA[column.kind], "x-figure": measure.fn}
        if measure.fn == "avg":
            _or_null(told[measure.name])  # there may be no value
    return told


# --- bodies -----------------------------------------------------------------------------------


def _verify(plan: Plan, language: Language) -> Json:
    told = operation(plan, language, f"{plan.served.interface.id}.verify", Door.CLAIM)
    told["parameters"] = [purpose(language)]
    told["summary"] = TEXTS["verify"].in_(language)
    fields = {p.name: parameter_schema(plan.parameter_column(p), p.op, plan)
              for p in plan.parameters.values()}  # fmt: skip
    body = {"type": "object", "properties": fields, "additionalProperties": False,
            "required": list(plan.served.interface.key)}  # fmt: skip
    told["requestBody"] = request(body)
    told["responses"]["200"] = _answer(plan, language)
    return told


def _query(plan: Plan, language: Language) -> Json:
    interface = plan.served.interface
    told = operation(plan, language, f"{interface.id}.query", Door.QUERY)
    told["summary"] = f"{interface.title.in_(language)}: {TEXTS['query'].in_(language)}"
    allowed = [n for n in plan.names if interface.query is None or n in interface.query]
    field = {"type": "string", "enum": allowed or list(plan.names)}
    names: Json = {"type": "array", "items": field, "maxItems": MAX_TERMS}
    told["requestBody"] = request(_query_body(plan, field, names))
    answer = _answer(plan, language)
    row = {"type": "object", "properties": _cells(plan, language)}
    answer["content"] = contents(_body(row, {}))
    formats = {"type": "string", "enum": [*MEDIA], "default": "json"}
    told["parameters"] = [known("format", formats, language), purpose(language)]
    told["responses"]["200"] = answer
    return told


def _query_body(plan: Plan, field: Json, names: Json) -> Json:
    cube = plan.served.interface.cube
    sources = (m.column for m in cube.measures if m.column) if cube else field["enum"]
    measured = list(dict.fromkeys(sources))
    figure = {
        "type": "object",
        "properties": {
            "fn": {"type": "string", "enum": ["count", "sum", "min", "max", "avg"]},
            "field": {"type": ["string", "null"], "enum": [*measured, None]},
            "as": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"},
        },
        "required": ["fn"],
    }
    direction = {"type": "string", "enum": ["asc", "desc"], "default": "asc"}
    term = {"type": "object", "properties": {"field": {"type": "string"}, "dir": direction}}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "select": names,
            "where": {"type": ["object", "null"], "examples": [_condition(field)]},
            "group": names,
            "aggregate": {"type": "array", "items": figure, "maxItems": MAX_TERMS},
            "order": {"type": "array", "items": term, "maxItems": MAX_TERMS},
            **_extent(plan),
        },
    }


def _extent(plan: Plan) -> Json:
    """Return how much of the rows is asked for; the groups of a cube have one page."""
    if plan.served.interface.cube is not None:
        return {"limit": _LIMIT}
    whole = {"oneOf": [_LIMIT, {"const": "all"}]}
    return {"limit": whole, "cursor": {"type": ["string", "null"]}}


def _condition(field: Json) -> Json:
    return {"and": [{"field": field["enum"][0], "op": "is_null", "value": False}]}
