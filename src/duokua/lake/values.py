"""What the lake tells its neighbours, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Level
from duokua.lang.predicate import Value

Mode = Literal["append", "replace"]


@dataclass(frozen=True, slots=True)
class ColumnStats:
    """Exact statistics of a column, kept at ingest; bounds are canonical values."""

    nulls: int
    min: Value | None
    max: Value | None


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A dataset as it is catalogued; ``version`` is ``None`` until a batch has landed."""

    id: str
    title: Text
    owner: str
    level: Level
    contract: Contract
    version: int | None
    rows: int
    stats: dict[str, ColumnStats]
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """A batch that has landed in table version ``version``."""

    id: str
    dataset: str
    rows: int
    mode: Mode
    source: str
    sha256: str
    version: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of a batch; ``landed`` is false when it had landed before.

    ``seconds`` is the time until it had landed, without the indexes that are built from it.
    """

    landed: bool
    dataset: str
    batch: str
    rows: int
    version: int
    seconds: float
