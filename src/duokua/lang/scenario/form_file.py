"""Reads forms (表单), ``forms/<id>.yaml``, as JSON Schemas whose titles are in zh and en."""

from __future__ import annotations

from pathlib import PurePosixPath

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.lang.scenario.pack import PackForm
from duokua.lang.scenario.part import Part, key, shape
from duokua.lang.yamlfile import Document

_TYPES = ("string", "integer", "number", "boolean")
_FORMATS = ("date", "date-time", "time", "email")
_MOST_FIELDS, _MOST_LETTERS = 60, 10_000

FORM = shape(
    "forms/*.yaml", "表单", "a form",
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("properties", "{name: {…}}", "各栏", "its fields by name", needed=True),
    key("required", "[name]", "必填的栏", "fields that have to be filled in"),
)  # fmt: skip
FIELD = shape(
    "forms/*.yaml: properties", "表单的一栏", "a field of a form",
    key("title", "{zh, en}", "栏名", "title of the field", needed=True),
    key("type", "string", "string、integer、number 或 boolean",
        "string, integer, number or boolean", needed=True),
    key("enum", "[value]", "只能填这些值", "the values that it may have"),
    key("titles", "{value: {zh, en}}", "enum 各值的文字", "what values of enum mean"),
    key("format", "date", "文字的格式：date、date-time、time 或 email",
        "of a text: date, date-time, time or email"),
    key("maxLength", "200", "文字最多几个字", "letters of a text at most"),
    key("minimum", "0", "数的下限", "a number's least value"),
    key("maximum", "100", "数的上限", "a number's greatest value"),
)  # fmt: skip


def read_form(document: Document, faults: Faults) -> PackForm:
    """Read a form; its schema allows no field besides those that it names."""
    top = Part(document.value, FORM, document, faults)
    name = PurePosixPath(document.source).stem
    if not is_word(name):
        top.tell(f"文件名“{name}”不合规", f"{name!r} is no name for a form",
                 "请用小写字母、数字、下划线", "use a-z, 0-9 and _")  # fmt: skip
    title = top.both("title")
    fields = {each: _field(each, part) for each, part in top.named("properties", FIELD)}
    if not fields or len(fields) > _MOST_FIELDS:
        top.wrong(
            "properties", f"须有 1 到 {_MOST_FIELDS} 栏", f"has to be 1 to {_MOST_FIELDS} fields"
        )
    schema: dict[str, object] = {
        "type": "object",
        "title": {"zh": title.zh, "en": title.en},
        "properties": fields,
        "required": list(top.some_of("required", tuple(fields))),
        "additionalProperties": False,
    }
    return PackForm(name, schema)


def _field(name: str, part: Part) -> dict[str, object]:
    if not is_word(name):
        part.tell(f"栏的标识“{name}”不合规", f"{name!r} is no name for a field",
                  "请用小写字母、数字、下划线", "use a-z, 0-9 and _")  # fmt: skip
    title, kind = part.both("title"), part.choice("type", _TYPES, "string")
    found: dict[str, object] = {"title": {"zh": title.zh, "en": title.en}, "type": kind}
    if part.has("enum"):
        found |= _choices(part)
    if kind == "string":
        found["maxLength"] = part.count("maxLength", 2_000, 1, _MOST_LETTERS)
        if part.has("format"):
            found["format"] = part.choice("format", _FORMATS)
    for bound in ("minimum", "maximum"):
        if part.has(bound):
            if kind not in ("integer", "number"):
                part.wrong(bound, "只用于数", "is for numbers only", "请删去", "leave it out")
            found[bound] = part.number(bound)
    return found


def _choices(part: Part) -> dict[str, object]:
    value, titles = part.told["enum"], part.told.get("titles")
    if not isinstance(value, list) or not value:
        part.wrong("enum", "须是值的列表", "has to be a list of values")
        return {}
    told = {name: titles[name] for name in part.names("titles")} if isinstance(titles, dict) else {}
    for each in told:
        if each not in [str(one) for one in value]:
            part.wrong("titles", f"：enum 中没有“{each}”", f"names {each!r}, which enum has not")
    return {"enum": value, **({"titles": told} if told else {})}
