"""Data contracts (数据契约) in the Open Data Contract Standard v3.1.0, unchanged.

What the standard has no field for stands in its ``customProperties``:

- of the contract: ``titleZh titleEn descriptionZh descriptionEn ownerDepartment level subject``,
  ``nullWords`` (a list; what means "missing" in a text source, by default the empty text) and
  ``sql`` (what a derived dataset is made by);
- of a property: ``titleZh titleEn descriptionZh descriptionEn unit`` (UCUM), ``personal`` (kind of
  personal datum), ``zone`` (IANA zone of naive times) and ``codes`` (``value titleZh titleEn``).

How long rows are kept is the SLA property ``retention``, see :mod:`duokua.lang.odcs_retention`.

A property's ``classification`` is its level L1–L4, its ``physicalName`` the column's name in the
source, ``primaryKey`` with ``primaryKeyPosition`` the key. A contract has one schema object.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang import yamlfile
from duokua.lang.contract import Column, Contract
from duokua.lang.odcs_columns import read_column, read_key
from duokua.lang.odcs_fields import Fields
from duokua.lang.odcs_quality import dump_rule, read_quality, read_refresh
from duokua.lang.odcs_retention import dump_retention, read_retention
from duokua.lang.odcs_rules import check_contract
from duokua.lang.quality import Metric, QualityRule

API_VERSION = "v3.1.0"
_MAX_MESSAGE = 200


def load_contract(text: str, *, source: str) -> Contract:
    """Read a contract; ``source`` is the file's name in messages.

    :raises Invalid: naming every fault of the YAML, of the standard and of our rules at once.
    """
    document = yamlfile.load(text, source=source)
    faults = Faults()
    _check_standard(document, faults)
    fields = Fields(document, faults, ())
    contract = _read(fields, faults)
    check_contract(contract, fields, faults)
    faults.raise_if_any(Text("数据契约有误", "the data contract is wrong"))
    return contract


def dump_contract(contract: Contract) -> str:
    """Write a contract as ODCS; :func:`load_contract` reads an equal one back."""
    value = contract_document(contract)
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def contract_document(contract: Contract) -> dict[str, Any]:
    """Return a contract as the plain values of its ODCS document."""
    custom = {
        "titleZh": contract.title.zh,
        "titleEn": contract.title.en,
        "descriptionZh": contract.description.zh,
        "descriptionEn": contract.description.en,
        "ownerDepartment": contract.owner,
        "level": contract.level.value,
        "subject": contract.subject,
        "nullWords": list(contract.null_words),
        "sql": contract.sql,
    }
    value: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": contract.id,
        "name": contract.title.en,
        "version": contract.version,
        "status": "active",
        "customProperties": _custom(custom),
        "schema": [
            {
                "name": contract.id,
                "logicalType": "object",
                "properties": [_dump_column(column, contract) for column in contract.columns],
            }
        ],
    }
    _dump_promises(contract, value)
    return value


def _dump_promises(contract: Contract, value: dict[str, Any]) -> None:
    """Add what the contract promises: rules over several columns, and when new data come."""
    wide = [dump_rule(rule) for rule in contract.quality if not _of_one_column(rule)]
    if wide:
        value["schema"][0]["quality"] = wide
    if contract.refresh_h is not None:
        promise = {"property": "frequency", "value": contract.refresh_h, "unit": "h"}
        value["slaProperties"] = [promise]
    if contract.retention is not None:
        kept = dump_retention(contract.retention, contract.id)
        value.setdefault("slaProperties", []).append(kept)


def _of_one_column(rule: QualityRule) -> bool:
    return len(rule.columns) == 1 and rule.metric not in (Metric.ROWS, Metric.DUPLICATE)


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, and quotes all text values so that none is mistaken for a number."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def _check_standard(document: yamlfile.Document, faults: Faults) -> None:
    if _quick().is_valid(document.value):
        return  # two hundred times as quick; what is wrong is told in the words of the other
    for error in _validator().iter_errors(document.value):
        message = error.message[:_MAX_MESSAGE]
        faults.add(
            document.place(*error.absolute_path),
            f"不符合 ODCS {API_VERSION}：{message}",
            f"not ODCS {API_VERSION}: {message}",
            "请按标准更正该字段",
            "mend the field as the standard says",
        )


@cache
def _validator() -> Any:
    # Only for what is wrong: its own schemas take a tenth of a second to read.
    from jsonschema import Draft201909Validator

    return Draft201909Validator(_schema())


@cache
def _quick() -> jsonschema_rs.Draft201909Validator:
    return jsonschema_rs.Draft201909Validator(_schema())


@cache
def _schema() -> dict[str, Any]:
    """The standard's own JSON schema, found without importing the package's model classes."""
    spec = importlib.util.find_spec("open_data_contract_standard")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("open_data_contract_standard is not installed")
    path = Path(next(iter(spec.submodule_search_locations))) / "schema.json"
    schema: dict[str, Any] = json.loads(path.read_bytes())
    return schema


def _read(fields: Fields, faults: Faults) -> Contract:
    fields.expect("apiVersion", API_VERSION)
    fields.expect("kind", "DataContract")
    objects = fields.children("schema")
    if len(objects) != 1:
        faults.add(
            fields.place("schema"),
            f"应有且只有一个 schema 对象，现有 {len(objects)} 个",
            f"there must be exactly one schema object, not {len(objects)}",
            "请每个数据集写一份契约",
            "write one contract for each dataset",
        )
    properties = objects[0].children("properties") if objects else []
    columns: tuple[Column, ...] = tuple(read_column(each) for each in properties)
    highest = max((column.level for column in columns), default=None)
    return Contract(
        id=fields.word("id"),
        version=fields.version("version"),
        title=fields.title(),
        description=fields.description() or Text("", ""),
        owner=fields.custom_text("ownerDepartment", required=True) or "",
        level=fields.custom_level("level", highest),
        columns=columns,
        key=read_key(properties),
        subject=fields.custom_text("subject"),
        null_words=fields.custom_texts("nullWords", ("",)),
        quality=read_quality(objects[0], columns, faults) if objects else (),
        refresh_h=read_refresh(fields),
        retention=read_retention(fields, {each.name: each.kind.value for each in columns}),
        sql=fields.custom_text("sql"),
    )


def _custom(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"property": name, "value": value} for name, value in values.items() if value is not None
    ]


def _dump_column(column: Column, contract: Contract) -> dict[str, Any]:
    key = contract.key
    value: dict[str, Any] = {
        "name": column.name,
        "logicalType": column.kind.value,
        "required": column.required,
        "classification": column.level.value,
    }
    if column.name in key:
        value |= {"primaryKey": True, "primaryKeyPosition": key.index(column.name) + 1}
    if column.source_name is not None:
        value["physicalName"] = column.source_name
    own = [r for r in contract.quality if _of_one_column(r) and r.columns == (column.name,)]
    if own:
        value["quality"] = [dump_rule(rule) for rule in own]
    value["customProperties"] = _custom(
        {
            "titleZh": column.title.zh,
            "titleEn": column.title.en,
            "descriptionZh": column.description.zh if column.description else None,
            "descriptionEn": column.description.en if column.description else None,
            "unit": column.unit,
            "personal": column.personal,
            "zone": column.zone,
            "codes": [
                {"value": code.value, "titleZh": code.title.zh, "titleEn": code.title.en}
                for code in column.codes
            ]
            or None,
        }
    )
    return value
