"""Contracts and interfaces as plain JSON values, the form in which they are stored and sent."""

from __future__ import annotations

from typing import Any

from duokua.kernel.text import Text
from duokua.lang.contract import Code, Column, Contract, Kind, Level
from duokua.lang.cube import cube_from_json, cube_to_json
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.quality import Bound, Dimension, Metric, QualityRule
from duokua.lang.retention import Retention

Json = dict[str, Any]


def text_to_json(text: Text) -> Json:
    """Write a bilingual text."""
    return {"zh": text.zh, "en": text.en}


def text_from_json(value: Json) -> Text:
    """Read a bilingual text."""
    return Text(value["zh"], value["en"])


def contract_to_json(contract: Contract) -> Json:
    """Write a contract; :func:`contract_from_json` gives an equal one back."""
    return {
        "id": contract.id,
        "version": contract.version,
        "title": text_to_json(contract.title),
        "description": text_to_json(contract.description),
        "owner": contract.owner,
        "level": contract.level.value,
        "columns": [_column_to_json(column) for column in contract.columns],
        "key": list(contract.key),
        "subject": contract.subject,
        "null_words": list(contract.null_words),
        "quality": [_rule_to_json(rule) for rule in contract.quality],
        "refresh_h": contract.refresh_h,
        "retention": _retention_to_json(contract.retention),
        "sql": contract.sql,
    }


def contract_from_json(value: Json) -> Contract:
    """Read a contract that :func:`contract_to_json` wrote."""
    return Contract(
        id=value["id"],
        version=value["version"],
        title=text_from_json(value["title"]),
        description=text_from_json(value["description"]),
        owner=value["owner"],
        level=Level(value["level"]),
        columns=tuple(_column_from_json(column) for column in value["columns"]),
        key=tuple(value["key"]),
        subject=value["subject"],
        null_words=tuple(value["null_words"]),
        quality=tuple(_rule_from_json(rule) for rule in value.get("quality", ())),
        refresh_h=value.get("refresh_h"),
        retention=Retention(*value["retention"]) if value.get("retention") else None,
        sql=value.get("sql"),
    )


def _retention_to_json(kept: Retention | None) -> list[Any] | None:
    return [kept.count, kept.unit, kept.column] if kept else None


def _column_to_json(column: Column) -> Json:
    return {
        "name": column.name,
        "kind": column.kind.value,
        "title": text_to_json(column.title),
        "required": column.required,
        "unit": column.unit,
        "codes": [
            {"value": code.value, "title": text_to_json(code.title)} for code in column.codes
        ],
        "level": column.level.value,
        "personal": column.personal,
        "zone": column.zone,
        "source_name": column.source_name,
        "description": column.description and text_to_json(column.description),
    }


def _column_from_json(value: Json) -> Column:
    description = value["description"]
    return Column(
        name=value["name"],
        kind=Kind(value["kind"]),
        title=text_from_json(value["title"]),
        required=value["required"],
        unit=value["unit"],
        codes=tuple(Code(code["value"], text_from_json(code["title"])) for code in value["codes"]),
        level=Level(value["level"]),
        personal=value["personal"],
        zone=value["zone"],
        source_name=value["source_name"],
        description=text_from_json(description) if description else None,
    )


def _rule_to_json(rule: QualityRule) -> Json:
    return {
        "name": rule.name,
        "title": text_to_json(rule.title),
        "dimension": rule.dimension.value,
        "metric": rule.metric.value,
        "columns": list(rule.columns),
        "bound": rule.bound.value,
        "limits": list(rule.limits),
        "percent": rule.percent,
        "values": list(rule.values),
        "pattern": rule.pattern,
        "least": rule.least,
        "greatest": rule.greatest,
        "other": rule.other and list(rule.other),
        "comparison": rule.comparison,
    }


def _rule_from_json(value: Json) -> QualityRule:
    return QualityRule(
        name=value["name"],
        title=text_from_json(value["title"]),
        dimension=Dimension(value["dimension"]),
        metric=Metric(value["metric"]),
        columns=tuple(value["columns"]),
        bound=Bound(value["bound"]),
        limits=tuple(value["limits"]),
        percent=value["percent"],
        values=tuple(value["values"]),
        pattern=value["pattern"],
        least=value["least"],
        greatest=value["greatest"],
        other=(value["other"][0], value["other"][1]) if value["other"] else None,
        comparison=value["comparison"],
    )


def interface_to_json(interface: Interface) -> Json:
    """Write an interface; :func:`interface_from_json` gives an equal one back."""
    return {
        "id": interface.id,
        "version": interface.version,
        "title": text_to_json(interface.title),
        "description": text_to_json(interface.description),
        "dataset": interface.dataset,
        "owner": interface.owner,
        "shape": interface.shape.value,
        "columns": list(interface.columns),
        "parameters": [
            {"name": each.name, "column": each.column, "op": each.op, "required": each.required}
            for each in interface.parameters
        ],
        "order": list(interface.order),
        "open": interface.open,
        "cube": interface.cube and cube_to_json(interface.cube),
        "query": interface.query if interface.query is None else list(interface.query),
        "key": list(interface.key),
        "deprecated": interface.deprecated,
        "sunset": interface.sunset,
        "successor": interface.successor,
    }


def interface_from_json(value: Json) -> Interface:
    """Read an interface that :func:`interface_to_json` wrote, also by an earlier release."""
    cube, query = value.get("cube"), value.get("query")
    return Interface(
        id=value["id"],
        version=value["version"],
        title=text_from_json(value["title"]),
        description=text_from_json(value["description"]),
        dataset=value["dataset"],
        owner=value["owner"],
        shape=Shape(value["shape"]),
        columns=tuple(value["columns"]),
        parameters=tuple(
            Parameter(each["name"], each["column"], each["op"], each["required"])
            for each in value["parameters"]
        ),
        order=tuple(value["order"]),
        open=value["open"],
        cube=cube_from_json(cube) if cube else None,
        query=None if query is None else tuple(query),
        key=tuple(value.get("key", ())),
        deprecated=value.get("deprecated"),
        sunset=value.get("sunset"),
        successor=value.get("successor"),
    )
