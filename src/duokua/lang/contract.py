"""The data contract (数据契约) as a frozen value: what the columns of a dataset are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from duokua.kernel.text import Text
from duokua.lang.quality import QualityRule
from duokua.lang.retention import Retention


class Kind(StrEnum):
    """The logical type of a column; the engine gives each its physical form."""

    STRING = "string"
    INTEGER = "integer"  # 64 bit
    NUMBER = "number"  # IEEE double, never NaN or infinite
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"  # an instant, microseconds, UTC


class Level(StrEnum):
    """The classification level (分级) of a dataset or column, L1 open … L4 core."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


KIND_WORDS = {
    Kind.STRING: Text("文字", "text"),
    Kind.INTEGER: Text("整数", "whole number"),
    Kind.NUMBER: Text("数字", "number"),
    Kind.BOOLEAN: Text("是否", "yes or no"),
    Kind.DATE: Text("日期", "date"),
    Kind.TIMESTAMP: Text("时间", "instant"),
}


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list (代码表)."""

    value: str
    title: Text


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract."""

    name: str
    kind: Kind
    title: Text
    required: bool = False
    unit: str | None = None  # UCUM
    codes: tuple[Code, ...] = ()
    level: Level = Level.L1
    personal: str | None = None  # what kind of personal datum, e.g. name, phone, resident_id
    zone: str | None = None  # IANA zone of naive source times
    source_name: str | None = None  # the column's name in the source file, where it differs
    description: Text | None = None


@dataclass(frozen=True)
class Contract:
    """One version of the contract of one dataset; ``key`` identifies a row."""

    id: str
    version: str
    title: Text
    description: Text
    owner: str  # department code
    level: Level
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    subject: str | None = None  # the column that names the person, company or place
    null_words: tuple[str, ...] = ("",)  # what means "missing" in a text source
    quality: tuple[QualityRule, ...] = ()
    refresh_h: int | None = None  # hours within which new data are promised
    retention: Retention | None = None  # how long rows are kept; None: without end
    sql: str | None = None  # what a derived dataset is made by, see lang.derivation

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def personal(self) -> bool:
        """Whether any column holds personal data (个人信息)."""
        return any(column.personal for column in self.columns)

    def may_show(self, name: str) -> bool:
        """Whether a real value of a column may be shown outside a governed call.

        Never of a person's datum, of the subject, or above L2; an unknown column stays shut.
        """
        column = self.by_name.get(name)
        if column is None or column.personal or name == self.subject:
            return False
        return column.level in (Level.L1, Level.L2)
