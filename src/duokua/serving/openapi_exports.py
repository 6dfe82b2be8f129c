"""The operations of bulk exports in OpenAPI: order one, look how far it is, fetch its file."""

from __future__ import annotations

from duokua.kernel.text import Language
from duokua.lang.grant import OPEN
from duokua.lang.interface import Shape
from duokua.serving.encode import MEDIA
from duokua.serving.export_store import DONE, FAILED, RUNNING
from duokua.serving.openapi_parts import TEXTS, header, life, operation, purpose, request
from duokua.serving.openapi_schemas import Json, answer_headers, parameter_schema
from duokua.serving.plan import Plan
from duokua.serving.possible import Door

FORMATS = [name for name in MEDIA if name != "json"]
_TIME: Json = {"type": "string", "format": "date-time"}
_REF = {"$ref": "#/components/schemas/Export"}


def is_exported(plan: Plan) -> bool:
    """Tell whether its caller may order exports: of pages, under a grant of its own."""
    return plan.served.interface.shape is Shape.PAGE and plan.grant.id != OPEN


def exports(plan: Plan, language: Language) -> Json:
    """Return the paths of the exports of an interface with their operations."""
    path = f"/data/{plan.served.interface.id}/exports"
    return {
        path: {"get": _list(plan, language), "post": _order(plan, language)},
        f"{path}/{{export}}": {"get": _look(plan, language), "delete": _delete(plan, language)},
        f"{path}/{{export}}/data": {"get": _fetch(plan, language)},
    }


def export_schema() -> Json:
    """Return the schema of an export job."""
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    properties = {
        "id": text,
        "state": {"type": "string", "enum": [RUNNING, DONE, FAILED]},
        "href": text,
        "format": {"type": "string", "enum": FORMATS},
        "rows": {"type": ["integer", "null"], "minimum": 0},
        "progress": {"type": "object", "properties": {"bytes": count}, "required": ["bytes"]},
        "as_of": _TIME,
        "receipt": text,
        "created_at": _TIME,
        "expires_at": {**_TIME, "type": ["string", "null"]},
        "download": {"type": ["string", "null"]},
    }
    return {"type": "object", "properties": properties, "required": [*properties]}


def _operation(plan: Plan, language: Language, name: str, door: Door) -> Json:
    interface = plan.served.interface
    told = operation(plan, language, f"{interface.id}.{name}", door)
    told["summary"] = f"{interface.title.in_(language)}: {TEXTS[name].in_(language)}"
    told.pop("security", None)  # also where rows are open to all, a file has its grant
    told["parameters"] = [purpose(language)]
    return told


def _answer(schema: Json) -> Json:
    return {"description": "OK", "content": {MEDIA["json"]: {"schema": schema}}}


def _list(plan: Plan, language: Language) -> Json:
    told = _operation(plan, language, "exports", Door.JOB)
    jobs = {"type": "array", "items": _REF}
    told["responses"]["200"] = _answer(
        {"type": "object", "properties": {"exports": jobs}, "required": ["exports"]}
    )
    return told


def _order(plan: Plan, language: Language) -> Json:
    told = _operation(plan, language, "order", Door.ORDER)
    fields: Json = {p.name: parameter_schema(plan.parameter_column(p), p.op, plan)
                    for p in plan.parameters.values()}  # fmt: skip
    fields["format"] = {"type": "string", "enum": FORMATS, "default": "csv"}
    required = [p.name for p in plan.parameters.values() if p.required]
    told["requestBody"] = request(
        {"type": "object", "properties": fields, "additionalProperties": False,
         "required": required}
    )  # fmt: skip
    names = ["Location", "Duokua-Receipt", *life(plan.served.interface)]
    told["responses"]["202"] = {**_answer(_REF), "headers": answer_headers(*names)}
    # What is ordered is looked at, fetched and deleted by its id.
    links = ("job", "delete", "file")
    told["responses"]["202"]["links"] = {
        name: {
            "operationId": f"{plan.served.interface.id}.{name}",
            "parameters": {"export": "$response.body#/id"},
        }
        for name in links
    }
    return told


def _of_job(plan: Plan, language: Language, name: str, door: Door) -> Json:
    told = _operation(plan, language, name, door)
    export = {
        "name": "export", "in": "path", "required": True, "schema": {"type": "string"},
        "description": TEXTS["export"].in_(language),
    }  # fmt: skip
    told["parameters"] = [export, *told["parameters"]]
    return told


def _look(plan: Plan, language: Language) -> Json:
    told = _of_job(plan, language, "job", Door.JOB)
    told["responses"]["200"] = _answer(_REF)
    return told


def _delete(plan: Plan, language: Language) -> Json:
    told = _of_job(plan, language, "delete", Door.JOB)
    told["responses"]["204"] = {"description": "deleted"}
    return told


def _fetch(plan: Plan, language: Language) -> Json:
    told = _of_job(plan, language, "file", Door.FILE)
    told["parameters"] += [header("Range", "range", language),
                           header("If-Range", "if_range", language)]  # fmt: skip
    names = ["Duokua-Receipt", "Accept-Ranges", "ETag", *life(plan.served.interface)]
    content: Json = {MEDIA[name]: {} for name in FORMATS}
    told["responses"]["200"] = {
        "description": "OK", "headers": answer_headers(*names), "content": content,
    }  # fmt: skip
    told["responses"]["206"] = {
        "description": "a part", "content": content,
        "headers": answer_headers(*names, "Content-Range"),
    }  # fmt: skip
    return told
