"""What a grant shows of a column of which it says nothing (默认脱敏), by level and kind of datum.

The law asks for the least that serves the purpose (个人信息保护法 Art. 6: 最小范围) and for grading
with protection by grade (数据安全法 Art. 21); neither says what stands in a masked cell. Which mask a
grade gets is therefore our proposal, marked P. A grant that shows more has to say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind, Level
from duokua.lang.mask import ByKind, Hide, Mask, Truncate, fits
from duokua.lang.mask_kinds import MaskKind


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """One row of the table: at these levels, personal or not, this is what is shown."""

    levels: tuple[Level, ...]
    personal: bool
    shown: Text
    reason: Text
    source: str = "P"  # our proposal


RULES = (
    DefaultRule(
        (Level.L1, Level.L2), False,
        Text("原值", "as it is"),
        Text("公开或内部数据，授权本身即是控制", "open or internal: the grant itself is the control"),
    ),
    DefaultRule(
        (Level.L1, Level.L2, Level.L3), True,
        Text("按类别脱敏；类别不明则隐藏", "masked by its kind; hidden where that is not known"),
        Text("只露出核对所需的部分", "only what is needed to check against"),
    ),
    DefaultRule(
        (Level.L3,), False,
        Text("日期到月、数值留首位，其余隐藏", "dates by month, numbers by first digit, else hidden"),
        Text("敏感数据，先给概貌", "sensitive: an outline first"),
    ),
    DefaultRule(
        (Level.L4,), False,
        Text("隐藏", "hidden"),
        Text("核心数据逐列放行", "core: each column is let through by name"),
    ),
    DefaultRule(
        (Level.L4,), True,
        Text("隐藏", "hidden"),
        Text("核心数据逐列放行", "core: each column is let through by name"),
    ),
)  # fmt: skip


def default_mask(column: Column) -> Mask | None:
    """Return the mask of a column of which a grant says nothing; ``None`` shows it as it is."""
    if column.level is Level.L4:
        return Hide()
    if column.personal is not None:
        return _by_kind(column)
    return _sensitive(column) if column.level is Level.L3 else None


def _by_kind(column: Column) -> Mask:
    if column.personal in set(MaskKind):
        mask = ByKind(MaskKind(column.personal))
        if fits(mask, column):
            return mask
    return Hide()


def _sensitive(column: Column) -> Mask:
    if column.kind is Kind.DATE:
        return Truncate("month")
    # A whole number without a unit may be a number by which something is called.
    if column.kind is Kind.NUMBER or (column.kind is Kind.INTEGER and column.unit):
        return ByKind(MaskKind.MONEY)
    return Hide()
