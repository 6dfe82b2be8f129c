"""The operations of OpenAPI: how an interface of each shape is called, and what it answers."""

from __future__ import annotations

from duokua.kernel.text import Language, Text
from duokua.lang.contract import Column, Kind
from duokua.lang.cube import measure_column
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT, Interface, Parameter, Shape
from duokua.lang.query_json import MAX_TERMS
from duokua.serving.encode import MEDIA
from duokua.serving.openapi_schemas import (
    EXAMPLES,
    SCHEMA,
    Json,
    answer_headers,
    column_schema,
    contents,
    parameter_schema,
    problem_name,
)
from duokua.serving.plan import Plan
from duokua.serving.possible import refusals

_OPS = {
    "eq": Text("等于", "equals"), "ne": Text("不等于", "is not"), "lt": Text("小于", "less than"),
    "le": Text("不大于", "at most"), "gt": Text("大于", "greater than"),
    "ge": Text("不小于", "at least"), "prefix": Text("以…开头", "begins with"),
}  # fmt: skip
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
_BOOL = {"type": "boolean"}
_TEXTS = {
    "limit": Text(
        "最多行数;all 仅用于 csv、arrow、parquet", "most rows; all with csv, arrow, parquet"
    ),
    "cursor": Text("上一页的 next", "`next` of the page before"),
    "format": Text("返回格式,也可用 Accept", "format of the answer, as may be said by Accept"),
    "since": Text(
        "上次返回的 version;缺省为全量", "`version` told last time; without it, everything"
    ),
    "group": Text("分组维度,以逗号分隔", "dimensions to group by, with commas between"),
    "purpose": Text("用途(百分号编码),须与授权一致", "the granted purpose, percent-encoded"),
    "match": Text("所述是否属实", "whether what is claimed holds"),
    "query": Text("组合查询:条件、分组、汇总", "JSON query: conditions, groups, figures"),
    "verify": Text("以请求体核验,内容不进入地址", "verification by a body: nothing in the address"),
}


def operations(plan: Plan, language: Language) -> Json:
    """Return the paths of one interface with their operations."""
    interface = plan.served.interface
    path = f"/data/{interface.id}"
    get = _operation(plan, language, interface.id)
    get["parameters"] = _parameters(plan, language)
    get["responses"]["200"] = _answer(plan, language)
    told: Json = {path: {"get": get}}
    if interface.shape is Shape.VERIFY:
        told[path]["post"] = _verify(plan, language)
    if interface.shape is Shape.AGGREGATE or _queried(interface):
        told[f"{path}/query"] = {"post": _query(plan, language)}
    return told


def _queried(interface: Interface) -> bool:
    return interface.shape is Shape.PAGE and interface.query != ()


def _operation(plan: Plan, language: Language, id_: str) -> Json:
    interface, contract = plan.served.interface, plan.served.contract
    manifest, quota = plan.served.manifest, plan.grant.quota
    told: Json = {
        "operationId": id_,
        "tags": [interface.owner],
        "summary": interface.title.in_(language),
        "description": interface.description.in_(language),
        "responses": _refusals(interface),
        "x-owner": interface.owner,
        "x-level": contract.level.value,
        "x-shape": interface.shape.value,
        "x-version": interface.version,
        "x-page": f"/store/interfaces/{interface.id}/",
        # How many there are is not told to whoever may see some of them only.
        "x-rows": manifest.rows if manifest and plan.grant.row_filter is None else None,
        "x-as-of": manifest.as_of if manifest else None,
        "x-refresh-hours": contract.refresh_h,
        "x-row-cap": plan.grant.row_cap,
        "x-quota": {name: getattr(quota, name) for name in quota.__slots__},
    }
    if interface.open:
        told["security"] = [{}, {"oauth": []}, {"bearer": []}]
    if interface.deprecated is not None:
        told["deprecated"] = True
        told["x-successor"] = interface.successor
    return told


def _refusals(interface: Interface) -> Json:
    return {
        str(status): {"$ref": f"#/components/responses/{problem_name(status, codes)}"}
        for status, codes in refusals(interface)
    }


# --- parameters -------------------------------------------------------------------------------


def _parameters(plan: Plan, language: Language) -> list[Json]:
    shape = plan.served.interface.shape
    told = [_parameter(plan, each, language) for each in plan.parameters.values()]
    if shape is Shape.AGGREGATE:
        groups = {"type": "string", "examples": [",".join(plan.names[:2])]}
        told.append(_known("group", groups, language))
    if shape is Shape.CHANGES:
        told.append(_known("since", {"type": "integer", "minimum": 0}, language))
    if shape in (Shape.PAGE, Shape.CHANGES, Shape.AGGREGATE):
        whole = {"oneOf": [_LIMIT, {"const": "all"}]} if shape is Shape.PAGE else _LIMIT
        told.append(_known("limit", whole, language))
    if shape in (Shape.PAGE, Shape.CHANGES):
        told.append(_known("cursor", {"type": "string"}, language))
    formats = ["json"] if shape is Shape.VERIFY else [*MEDIA]
    told.append(_known("format", {"type": "string", "enum": formats, "default": "json"}, language))
    purpose = {"name": "Duokua-Purpose", "in": "header", "required": False,
               "description": _TEXTS["purpose"].in_(language), "schema": {"type": "string"}}  # fmt: skip
    return [*told, purpose]


def _known(name: str, schema: Json, language: Language) -> Json:
    return {
        "name": name, "in": "query", "required": False,
        "description": _TEXTS[name].in_(language), "schema": schema,
    }  # fmt: skip


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
    if plan.served.interface.deprecated is not None:
        names += ["Deprecation", "Sunset"]
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
            return _object({"match": {**_BOOL, "title": _TEXTS["match"].in_(language)}})
        case Shape.AGGREGATE:
            return {"type": "object", "properties": _cells(plan, language)}
    columns = {column.name: column_schema(column, plan, language) for column in plan.columns}
    if plan.served.interface.shape is Shape.CHANGES:
        change = {"type": "string", "enum": ["upsert", "delete"]}
        return {
            "type": "object",
            "properties": {"_change": change, "_version": {"type": "integer"}, **columns},
            "required": ["_change", "_version"],
        }
    return _object(columns)


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": [*properties]}


def _cells(plan: Plan, language: Language) -> Json:
    """Return the dimensions and figures of a cube; which of them come depends on the question."""
    cube = plan.served.interface.cube
    told = {column.name: column_schema(column, plan, language) for column in plan.columns}
    for measure in cube.measures if cube else ():
        column = measure_column(measure, plan.served.contract)
        told[measure.name] = {**SCHEMA[column.kind], "x-figure": measure.fn}
    return told


# --- bodies -----------------------------------------------------------------------------------


def _verify(plan: Plan, language: Language) -> Json:
    told = _operation(plan, language, f"{plan.served.interface.id}.verify")
    told["summary"] = _TEXTS["verify"].in_(language)
    fields = {p.name: parameter_schema(plan.parameter_column(p), p.op, plan)
              for p in plan.parameters.values()}  # fmt: skip
    body = {"type": "object", "properties": fields, "additionalProperties": False,
            "required": list(plan.served.interface.key)}  # fmt: skip
    told["requestBody"] = _request(body)
    told["responses"]["200"] = _answer(plan, language)
    return told


def _query(plan: Plan, language: Language) -> Json:
    interface = plan.served.interface
    told = _operation(plan, language, f"{interface.id}.query")
    told["summary"] = f"{interface.title.in_(language)}: {_TEXTS['query'].in_(language)}"
    allowed = [n for n in plan.names if interface.query is None or n in interface.query]
    field = {"type": "string", "enum": allowed or list(plan.names)}
    names: Json = {"type": "array", "items": field, "maxItems": MAX_TERMS}
    told["requestBody"] = _request(_query_body(plan, field, names))
    answer = _answer(plan, language)
    row = {"type": "object", "properties": _cells(plan, language)}
    answer["content"] = contents(_body(row, {}))
    told["parameters"] = [
        _known("format", {"type": "string", "enum": [*MEDIA], "default": "json"}, language)
    ]
    told["responses"]["200"] = answer
    return told


def _query_body(plan: Plan, field: Json, names: Json) -> Json:
    measured = [column.name for column in _numbers(plan)]
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
            "limit": {"oneOf": [_LIMIT, {"const": "all"}]},
            "cursor": {"type": ["string", "null"]},
        },
    }


def _condition(field: Json) -> Json:
    return {"and": [{"field": field["enum"][0], "op": "is_null", "value": False}]}


def _numbers(plan: Plan) -> list[Column]:
    cube = plan.served.interface.cube
    if cube is not None:
        named = (measure.column for measure in cube.measures if measure.column)
        return [plan.served.contract.by_name[name] for name in dict.fromkeys(named)]
    return [each for each in plan.columns if each.kind in (Kind.INTEGER, Kind.NUMBER)] or [
        *plan.columns
    ]


def _request(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
