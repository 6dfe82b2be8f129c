"""Reads the properties of an ODCS schema object as columns."""

from __future__ import annotations

from duokua.kernel.text import Text
from duokua.lang.contract import Code, Column, Kind, Level
from duokua.lang.odcs_fields import Fields


def read_column(fields: Fields) -> Column:
    """Read one property; faults are noted in ``fields``."""
    personal = fields.custom_text("personal")
    return Column(
        name=fields.word("name"),
        kind=_kind(fields),
        title=fields.title(),
        required=fields.flag("required"),
        unit=fields.custom_text("unit"),
        codes=_codes(fields),
        level=fields.as_level(
            fields.values.get("classification"),
            fields.place("classification"),
            Level.L3 if personal else Level.L1,
        ),
        personal=personal,
        zone=fields.custom_text("zone"),
        source_name=fields.text("physicalName") or None,
        description=fields.description(),
    )


def read_key(properties: list[Fields]) -> tuple[str, ...]:
    """Return the key columns by ``primaryKeyPosition``, those without one in their order."""
    keyed = []
    for at, fields in enumerate(properties):
        if fields.flag("primaryKey"):
            position = fields.values.get("primaryKeyPosition")
            placed = isinstance(position, int) and position > 0
            keyed.append((position if placed else len(properties) + 1, at, fields.text("name")))
    return tuple(name for _, _, name in sorted(keyed, key=lambda each: each[:2]) if name)


def _kind(fields: Fields) -> Kind:
    value = fields.values.get("logicalType")
    if isinstance(value, str) and value in tuple(Kind):
        return Kind(value)
    kinds = " | ".join(Kind)
    fields.faults.add(
        fields.place("logicalType"),
        f"不支持 logicalType “{value}”",
        f"the logicalType {value!r} is not supported",
        f"请填 {kinds}",
        f"use one of {kinds}",
    )
    return Kind.STRING


def _codes(fields: Fields) -> tuple[Code, ...]:
    value = fields.custom.get("codes", (0, None))[1]
    if value is None:
        return ()
    items = value if isinstance(value, list) else [None]
    codes = [_code(item) for item in items]
    if None in codes or len({code.value for code in codes if code}) != len(codes):
        fields.faults.add(
            fields.custom_place("codes"),
            "代码表应为互不相同的 {value, titleZh, titleEn} 列表",
            "codes must be a list of distinct {value, titleZh, titleEn}",
            '请给值加引号，例如 {value: "1", titleZh: 男, titleEn: male}',
            'quote each value, like {value: "1", titleZh: 男, titleEn: male}',
        )
    return tuple(code for code in codes if code)


def _code(item: object) -> Code | None:
    match item:
        case {"value": str(value), "titleZh": str(zh), "titleEn": str(en), **rest} if not rest:
            return Code(value, Text(zh, en))
    return None
