"""What an approver should look at (审批提示): what is risky about a request, and what it spares."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing to look at; ``grave``: think twice."""

    grave: bool
    text: Text


@dataclass(frozen=True, slots=True)
class Told:
    """What flags are made of."""

    level: str
    personal: int  # columns that tell of persons
    bare: int  # columns shown unmasked though their default is a mask
    whole: bool  # whole lists or change feeds, not one row or figures
    row_cap: int
    filtered: bool
    same_department: bool
    more_than_needed: bool


MANY_ROWS = 10_000


def flags(told: Told) -> list[Flag]:
    """Return what to look at, the grave first (级别 × 对象)."""
    found: list[Flag] = []
    if told.level >= "L3" and not told.same_department:
        found.append(Flag(True, Text(
            f"{told.level} 数据提供给其他部门", f"{told.level} data go to another department"
        )))  # fmt: skip
    if told.bare:
        found.append(Flag(True, Text(
            f"{told.bare} 个字段不脱敏", f"{told.bare} columns are shown unmasked"
        )))  # fmt: skip
    if told.personal and told.whole:
        found.append(Flag(True, Text(
            "成批提供个人信息", "personal data are given as whole lists"
        )))  # fmt: skip
    elif told.personal:
        found.append(Flag(False, Text("含个人信息", "there are personal data among it")))
    if told.whole and not told.filtered:
        found.append(Flag(False, Text("不限数据范围，提供全部行", "no row filter: all rows")))
    if told.whole and told.row_cap > MANY_ROWS:
        found.append(Flag(False, Text(
            f"单次导出至多 {told.row_cap:,} 行", f"up to {told.row_cap:,} rows at once"
        )))  # fmt: skip
    if told.more_than_needed:
        found.append(Flag(False, Text(
            "超出最小够用，请看其说明", "more than the least that serves; see the reason given"
        )))  # fmt: skip
    return sorted(found, key=lambda flag: not flag.grave)


def spared(points: int, most: int) -> int:
    """Return by how many percent less is disclosed than at most could be asked for, rounded down."""
    return 0 if most <= 0 else max(0, 100 * (most - points) // most)
