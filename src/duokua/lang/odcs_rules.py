"""Our own rules for a contract, beyond the standard's schema."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs_fields import Fields

_UNIT = re.compile(r"[!-~]{1,64}")  # UCUM: printable ASCII without spaces
_CODED = (Kind.STRING, Kind.INTEGER)


def check_contract(contract: Contract, fields: Fields, faults: Faults) -> None:
    """Note every rule that ``contract`` breaks; ``fields`` knows the lines."""
    objects = fields.children("schema")
    places = objects[0].children("properties") if objects else []
    _check_names(contract, places, faults)
    for column, place in zip(contract.columns, places, strict=False):
        _check_column(column, place, faults)
    _check_key(contract, fields, places, faults)
    _check_whole(contract, fields, faults)


def _check_names(contract: Contract, places: list[Fields], faults: Faults) -> None:
    for what_zh, what_en, names in (
        ("列名", "column name", [column.name for column in contract.columns]),
        (
            "源列名",
            "source name",
            [column.source_name or column.name for column in contract.columns],
        ),
    ):
        for at, name in enumerate(names):
            if name in names[:at]:
                faults.add(
                    places[at].place("name"),
                    f"{what_zh}“{name}”重复",
                    f"the {what_en} {name!r} is there twice",
                    "请改名或删去其一",
                    "rename or remove one",
                )


def _check_column(column: Column, place: Fields, faults: Faults) -> None:
    if column.personal and column.level < Level.L2:
        faults.add(
            place.place("classification"),
            f"个人信息列“{column.name}”至少为 L2",
            f"the personal column {column.name!r} must be L2 or higher",
            "请填 classification: L3（或 L2、L4）",
            "write classification: L3 (or L2, L4)",
        )
    if column.zone is not None and (column.kind is not Kind.TIMESTAMP or not _is_zone(column.zone)):
        faults.add(
            place.custom_place("zone"),
            f"“{column.zone}”不是时间列的时区",
            f"{column.zone!r} is no time zone of a timestamp column",
            "只在 timestamp 列上填 IANA 时区，例如 Asia/Shanghai",
            "give an IANA zone such as Asia/Shanghai, on timestamp columns only",
        )
    if column.unit is not None and not _UNIT.fullmatch(column.unit):
        faults.add(
            place.custom_place("unit"),
            f"“{column.unit}”不是 UCUM 单位",
            f"{column.unit!r} is no UCUM unit",
            "请用 UCUM 代码，例如 ug/m3",
            "use a UCUM code such as ug/m3",
        )
    if column.codes and column.kind not in _CODED:
        faults.add(
            place.custom_place("codes"),
            f"{column.kind} 列不能有代码表",
            f"a {column.kind} column cannot have codes",
            "代码表只用于 string 或 integer 列",
            "codes are for string and integer columns",
        )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _check_key(contract: Contract, fields: Fields, places: list[Fields], faults: Faults) -> None:
    if not contract.key:
        faults.add(
            fields.place("schema"),
            "没有主键",
            "there is no key",
            "请给识别一行的列写 primaryKey: true",
            "write primaryKey: true on the columns that identify a row",
        )
    for column, place in zip(contract.columns, places, strict=False):
        if column.name not in contract.key:
            continue
        if not column.required:
            faults.add(
                place.place(),
                f"主键列“{column.name}”必须非空",
                f"the key column {column.name!r} must be required",
                "请写 required: true",
                "write required: true",
            )
        if column.kind is Kind.NUMBER:
            faults.add(
                place.place("logicalType"),
                f"小数列“{column.name}”不能作主键",
                f"the number column {column.name!r} cannot be a key",
                "请用 integer 或 string",
                "use integer or string",
            )


def _check_whole(contract: Contract, fields: Fields, faults: Faults) -> None:
    if contract.subject is not None and contract.subject not in contract.by_name:
        faults.add(
            fields.custom_place("subject"),
            f"主体列“{contract.subject}”不存在",
            f"the subject column {contract.subject!r} does not exist",
            "请填契约中的列名",
            "name a column of this contract",
        )
    highest = max((column.level for column in contract.columns), default=Level.L1)
    if contract.level < highest:  # the highest column decides (就高从严)
        faults.add(
            fields.custom_place("level"),
            f"数据集分级 {contract.level} 低于其列的最高分级 {highest}",
            f"the dataset's level {contract.level} is below its highest column's, {highest}",
            f"请写 level: {highest}",
            f"write level: {highest}",
        )
