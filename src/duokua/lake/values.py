"""What the lake tells its neighbours, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Level
from duokua.lang.predicate import Value

Mode = Literal["append", "replace", "upsert"]


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
class DatasetLine:
    """What a dataset is sorted by in a list: without its contract, which is long."""

    id: str
    title: Text
    level: str
    rows: int
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
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FaultCount:
    """How many rows have a fault: a column (or the columns of the key) and a reason code."""

    column: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of a batch; ``landed`` is false when it had landed before.

    ``aside`` rows stand in the quarantine; a row may have several ``faults``.

    ``seconds`` is the time until it had landed, without the indexes that are built from it.
    """

    landed: bool
    dataset: str
    batch: str
    rows: int
    version: int
    seconds: float
    aside: int = 0
    faults: tuple[FaultCount, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row stands aside: a column, a reason code, the value there, and how to mend it."""

    column: str
    reason: str
    value: str | None
    what: Text
    mend: Text


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A row in the quarantine: its number in the source of its batch, and its raw values."""

    batch: str
    row: int
    raw: dict[str, str | None]
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """Rows in the quarantine; ``following`` is where the next page begins, if there is one."""

    rows: tuple[StandingRow, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class QuarantineInfo:
    """What stood aside of a batch (``rows``) and what still does (``left``, with its faults)."""

    dataset: str
    batch: str
    rows: int
    left: int
    faults: tuple[FaultCount, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What became of corrected rows; ``left`` rows of the batch stand aside still.

    ``still`` are those of the file that break the contract yet.
    """

    landed: bool
    batch: str
    rows: int
    version: int
    left: int
    still: tuple[StandingRow, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """Something that depends on a dataset: an ``interface``, or a ``dataset`` made of it."""

    kind: Literal["interface", "dataset"]
    id: str
    title: Text
    grants: int  # that serve now or are going to
    columns: tuple[str, ...]  # of the dataset, that it uses


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal takes away, or with ``done`` has taken: ``rows``; ``left`` others stay.

    ``aside`` rows of the batch leave the quarantine with it.
    """

    dataset: str
    batch: str
    done: bool
    rows: int
    left: int
    aside: int
    version: int
    affected: tuple[Affected, ...]
