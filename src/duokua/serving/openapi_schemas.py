"""The schemas of OpenAPI: columns as a grant shows them, code lists, refusals, headers."""

from __future__ import annotations

from typing import Any

from duokua.kernel.text import Language, Text
from duokua.lang.contract import Column, Kind
from duokua.lang.mask import Grid, Hide, Keep, Pseudonym, Round, Truncate
from duokua.serving.encode import MEDIA
from duokua.serving.plan import Plan
from duokua.serving.possible import general
from duokua.serving.problems import KINDS, MEDIA_TYPE

Json = dict[str, Any]

SCHEMA: dict[Kind, dict[str, str]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer", "format": "int64"},
    Kind.NUMBER: {"type": "number", "format": "double"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
}
EXAMPLES: dict[Kind, object] = {
    Kind.STRING: "VALUE",
    Kind.INTEGER: 1,
    Kind.NUMBER: 1.5,
    Kind.BOOLEAN: True,
    Kind.DATE: "2026-01-31",
    Kind.TIMESTAMP: "2026-01-31T00:00:00Z",
}
_HEADERS: dict[str, tuple[Text, Json]] = {
    "Duokua-Receipt": (
        Text("调用凭证编号", "id of the receipt of this call"),
        {"type": "string", "pattern": "^r-[0-9]+$"},
    ),
    "Duokua-Next": (
        Text("下一页的 cursor;没有下一页时不返回", "cursor of the next page, absent on the last"),
        {"type": "string"},
    ),
    "Duokua-Version": (
        Text("下次作为 since 传回的版本", "the version to send as `since` next time"),
        {"type": "integer", "minimum": 0},
    ),
    "Location": (Text("任务地址", "address of the job"), {"type": "string"}),
    "Content-Range": (Text("所返回的字节范围", "the bytes sent"), {"type": "string"}),
    "Accept-Ranges": (Text("可按字节续传", "can be resumed at a byte"), {"const": "bytes"}),
    "ETag": (
        Text("文件标识，用于 If-Range", "identity of the file, for If-Range"),
        {"type": "string"},
    ),
    "Retry-After": (
        Text("多少秒后可重试", "seconds after which to try again"),
        {"type": "integer", "minimum": 1},
    ),
    "Deprecation": (
        Text("弃用时间 (RFC 9745)", "when it was deprecated (RFC 9745)"),
        {"type": "string"},
    ),
    "Sunset": (Text("停用时间 (RFC 8594)", "when it ends (RFC 8594)"), {"type": "string"}),
}


def column_schema(column: Column, plan: Plan, language: Language) -> Json:
    """Return the schema of a column of an answer: masked, and null where it may be."""
    schema: Json = dict(SCHEMA[column.kind])
    schema["title"] = column.title.in_(language)
    if column.description:
        schema["description"] = column.description.in_(language)
    mask = plan.masks.get(column.name)
    match mask:
        case Hide():
            schema["type"] = "null"
            schema.pop("format", None)
        case Pseudonym():
            schema["pattern"] = "^[0-9a-f]{32}$"
        case Round(step) if column.kind is Kind.INTEGER:
            schema["multipleOf"] = step
    if not isinstance(mask, Hide) and (mask is not None or not column.required):
        schema["type"] = [schema["type"], "null"]
    if mask is not None:
        schema["x-mask"] = _mask_name(mask)
    if column.unit:
        schema["x-unit"] = column.unit
    schema["x-level"] = column.level.value
    if column.personal:
        schema["x-personal"] = column.personal
    if column.codes and mask is None:
        schema["x-codes"] = {"$ref": f"#/components/schemas/{codes_name(plan, column)}"}
    return schema


def _mask_name(mask: object) -> str:
    match mask:
        case Keep(head, tail):
            return f"keep {head} {tail}"
        case Truncate(unit):
            return f"truncate {unit}"
        case Round(step):
            return f"round {step}"
        case Grid(per_degree):
            return f"grid {per_degree}"
    kind = getattr(mask, "kind", None)
    return str(kind.value) if kind is not None else type(mask).__name__.lower()


def codes_name(plan: Plan, column: Column) -> str:
    """Return the name under which a code list is kept once for the whole document."""
    return f"codes.{plan.served.contract.id}.{column.name}"


def codes_schema(column: Column, language: Language) -> Json:
    """Return a code list as a schema: each value with its meaning."""
    return {
        "type": SCHEMA[column.kind]["type"],
        "title": column.title.in_(language),
        "oneOf": [
            {"const": _typed(code.value, column.kind), "title": code.title.in_(language)}
            for code in column.codes
        ],
    }


def _typed(value: str, kind: Kind) -> object:
    match kind:
        case Kind.INTEGER:
            return int(value)
        case Kind.NUMBER:
            return float(value)
        case Kind.BOOLEAN:
            return value == "true"
    return value


def parameter_schema(column: Column, op: str, plan: Plan) -> Json:
    """Return the schema of a parameter; one that must equal a coded column knows the codes."""
    if column.codes and op in ("eq", "ne") and column.name not in plan.masks:
        return {"$ref": f"#/components/schemas/{codes_name(plan, column)}"}
    return dict(SCHEMA[column.kind])


def problem_schema() -> Json:
    """Return the schema of a problem document (RFC 9457)."""
    fault = {name: {"type": "string"} for name in ("pointer", "detail", "mend")}
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "mend")}
    return {
        "type": "object",
        "properties": {
            **texts,
            "code": {"type": "string", "enum": sorted(KINDS)},
            "status": {"type": "integer"},
            "errors": {"type": "array", "items": {"type": "object", "properties": fault}},
            "quota": {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
        },
        "required": ["type", "title", "status", "code"],
    }


def problem_name(status: int, codes: tuple[str, ...]) -> str:
    """Return the name of the response that all operations with these refusals share."""
    return ".".join([str(status), *codes])


def problem_response(status: int, codes: tuple[str, ...], language: Language) -> Json:
    """Return the response of some refusals of one status, with an example of each."""
    response: Json = {
        "description": "; ".join(f"{code}: {_title(code, language)}" for code in codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"value": _example(code, language)} for code in codes},
            }
        },
    }
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response


def _title(code: str, language: Language) -> str:
    return general(KINDS[code].title).in_(language)


def _example(code: str, language: Language) -> Json:
    told = {"title": _title(code, language), "mend": general(KINDS[code].mend).in_(language)}
    return {"type": f"…/{code}", "status": KINDS[code].status, "code": code, **told}


def headers(language: Language) -> Json:
    """Return the headers of answers, by name."""
    return {
        name: {"description": text.in_(language), "schema": schema}
        for name, (text, schema) in _HEADERS.items()
    }


def answer_headers(*names: str) -> Json:
    """Return references to headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def contents(schema: Json, *, json_only: bool = False) -> Json:
    """Return an answer in every format; only JSON has a schema."""
    told: Json = {MEDIA["json"]: {"schema": schema}}
    if not json_only:
        told |= {media: {} for name, media in MEDIA.items() if name != "json"}
    return told
