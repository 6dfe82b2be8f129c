"""Reads and writes the retention (保存期限) of a contract: the SLA property ``retention``.

``value`` and ``unit`` (``d``, ``m`` or ``y``) tell how long; ``element`` names the date or timestamp
column from which it counts, else it counts from when a row came in.
"""

from __future__ import annotations

from typing import Any

from duokua.lang.odcs_fields import Fields
from duokua.lang.retention import Retention

_UNITS = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("m", "month", "months"), "m"),
    **dict.fromkeys(("y", "year", "years"), "y"),
}
_KINDS = ("date", "timestamp")
_MOST_YEARS = 200


def read_retention(fields: Fields, kinds: dict[str, str]) -> Retention | None:
    """Read the promise, ``None`` where the contract makes none; ``kinds`` are those of columns."""
    for sla in fields.children("slaProperties"):
        if sla.text("property") != "retention":
            continue
        count, unit = sla.values.get("value"), _UNITS.get(sla.text("unit") or "")
        element = sla.text("element")
        column = element.rpartition(".")[2] if element else None
        known = column is None or kinds.get(column) in _KINDS
        if isinstance(count, int) and known and unit and _fits(count, unit):
            return Retention(count, unit, column)
        fields.faults.add(
            sla.place(),
            "保存期限应为正整数，单位 d、m 或 y；element 应为日期或时间列",
            "the retention is a positive whole number of d, m or y; its element a column of days "
            "or instants",
            "例如 value: 3, unit: y, element: 数据集.列",
            "for example value: 3, unit: y, element: dataset.column",
        )
    return None


def _fits(count: int, unit: str) -> bool:
    most = _MOST_YEARS * {"d": 365, "m": 12, "y": 1}[unit]
    return not isinstance(count, bool) and 0 < count <= most


def dump_retention(retention: Retention, dataset: str) -> dict[str, Any]:
    """Write it as :func:`read_retention` reads it."""
    told: dict[str, Any] = {"property": "retention", "value": retention.count}
    told["unit"] = retention.unit
    if retention.column is not None:
        told["element"] = f"{dataset}.{retention.column}"
    return told
