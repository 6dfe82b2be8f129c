"""Delta Lake tables: one commit lands a batch, its statistics and its id together, exactly once.

The batch id is an application transaction of the commit. delta-rs does not refuse a repeat by
itself, so the id is looked up in the very version that is committed against; a commit that lost a
race is decided again from the newer version.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import CommitFailedError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from duokua.engine.arrow import arrow_schema
from duokua.engine.parts import Part, keep_stats, synced
from duokua.engine.stats import EMPTY, TableStats, delta_stats, dump_stats, merge, parse_stats
from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.lang.contract import Column

Mode = Literal["append", "replace"]
_Write = Literal["append", "overwrite"]
_Told = dict[str, Any]  # a commit, as the log tells it
STATS = "duokua.stats"
NOTE = "duokua.batch"
_ATTEMPTS = 200  # of a commit that keeps losing races
FORGOTTEN = "_forgotten"  # written anew each time when older versions are dropped
_CHECKPOINT_EVERY = 20  # commits; each later one is read anew by every commit
_MOST_OPEN = 16  # tables of a thread
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TableHead:
    """The newest version of a table."""

    version: int
    committed_at: datetime
    files: tuple[Path, ...]  # absolute, the rows of this version and nothing else
    rows: int
    stats: TableStats


@dataclass(frozen=True, slots=True)
class Landing:
    """What became of a batch: ``landed`` is false when it had landed before, in ``version``."""

    landed: bool
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """Files to put in place of others in exactly ``version``; ``total`` are the table's then."""

    version: int
    batch: str  # the id under which it is made once
    added: tuple[Part, ...]
    removed: tuple[Path, ...]
    total: TableStats


def ensure_table(folder: Path, columns: Sequence[Column]) -> None:
    """Create the table, or add to it the columns that it lacks (null in all rows so far)."""
    schema = Schema.from_arrow(arrow_schema(columns))
    try:
        table = _open(folder)
    except NotFound:
        folder.mkdir(parents=True, exist_ok=True)
        # Receipts name versions for years, so the log is never cleaned by itself.
        DeltaTable.create(
            folder,
            schema=schema,
            mode="ignore",
            configuration={
                "delta.enableExpiredLogCleanup": "false",
                "delta.checkpointInterval": str(_CHECKPOINT_EVERY),
            },
        )
        return
    present = {field.name for field in table.schema().fields}
    fresh = [
        Field(each.name, each.type, nullable=True)
        for each in schema.fields
        if each.name not in present
    ]
    if fresh:
        kept = {STATS: dump_stats(_stats_of(table))}
        properties = CommitProperties(custom_metadata=kept, max_commit_retries=0)
        table.alter.add_columns(fresh, commit_properties=properties)


def head(folder: Path) -> TableHead:
    """Return the newest version.

    :raises NotFound: there is no table.
    """
    table = _open(folder)
    known = _OPENED.heads.get(folder)
    if known is None or known[0] is not table or known[1].version != table.version():
        known = table, _read_head(table, () if known is None else known[1].files)
        _OPENED.heads[folder] = known
    return known[1]


def _read_head(table: DeltaTable, files: Iterable[Path]) -> TableHead:
    """Read a version; ``files`` are those of an older one, whose paths are taken over."""
    known = {str(file): file for file in files}
    newest = table.history(1)
    stats = _stats_of(table, newest)
    listed = tuple(known.get(uri) or _file_path(uri) for uri in sorted(table.file_uris()))
    return TableHead(table.version(), _committed_at(table, newest), listed, stats.rows, stats)


def rows_of_files(folder: Path) -> list[int]:
    """Return how many rows each file of the newest version has, from the log alone.

    :raises NotFound: there is no table.
    """
    told: list[int] = pa.table(_open(folder).get_add_actions())["num_records"].to_pylist()
    return told


def goes_on(folder: Path, version: int) -> bool:
    """Tell whether a table has a version after ``version``, without opening it."""
    return (folder / "_delta_log" / f"{version + 1:020d}.json").exists()


def landed_in(folder: Path, batch: str) -> int | None:
    """Return the version in which a batch landed, ``None`` if it has not.

    :raises NotFound: there is no table.
    """
    return _landed(_open(folder), batch)


def notes(folder: Path, after: int) -> list[tuple[int, str]]:
    """Return version and note of each batch that landed after version ``after``, oldest first.

    :raises NotFound: there is no table.
    """
    table = _open(folder)
    fresh = table.version() - after
    told = [
        (each["version"], each[NOTE])
        for each in (table.history(fresh) if fresh > 0 else [])
        if each["version"] > after and each.get(NOTE)
    ]
    return sorted(told)


def commit(
    folder: Path,
    file: Path,
    stats: TableStats,
    *,
    columns: Sequence[Column],
    batch: str,
    mode: Mode,
    note: str = "",
) -> Landing:
    """Land ``file``, a Parquet file inside ``folder``, unless ``batch`` has landed before.

    ``stats`` are those of the file; the commit carries those of the whole table after it.
    ``note`` is kept with the commit for :func:`notes`.

    :raises Conflict: other writers won the race every time.
    """
    part = Part(file, stats)
    for _ in range(_ATTEMPTS):
        table = _open(folder)
        known = head(folder)  # may bring ``table`` further: looked at before it is asked
        before = _landed(table, batch)
        if before is not None:
            return Landing(False, before)
        total = merge(known.stats, stats) if mode == "append" else stats
        write: _Write = "append" if mode == "append" else "overwrite"
        adds = _adds(folder, [part], columns)
        if _written(table, folder, adds, write, total, batch, note):
            return Landing(True, table.version() + 1)
    raise _overtaken()


def change(folder: Path, planned: Change, *, columns: Sequence[Column], note: str = "") -> Landing:
    """Put files in place of others at once, unless the change was made before.

    :raises Conflict: the table is not in the version any more for which it was planned.
    """
    table = _open(folder)
    before = _landed(table, planned.batch)
    if before is not None:
        return Landing(False, before)
    if table.version() != planned.version:
        raise _overtaken()
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        *_adds(folder, planned.added, columns),
        *(RemoveAction(file.name, True, now, None, {}) for file in planned.removed),
    ]
    if not _written(table, folder, actions, "append", planned.total, planned.batch, note):
        raise _overtaken()
    return Landing(True, planned.version + 1)


def _written(
    table: DeltaTable,
    folder: Path,
    actions: Sequence[AddAction | RemoveAction],
    mode: _Write,
    total: TableStats,
    batch: str,
    note: str,
) -> bool:
    """Commit on the very version of ``table``; return whether no other writer was faster."""
    version = table.version() + 1
    try:
        table.create_write_transaction(
            list(actions),
            mode,
            table.schema(),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(_app_id(batch), version)],
                custom_metadata={STATS: dump_stats(total), NOTE: note},
                max_commit_retries=0,  # a retry inside would carry stale statistics
            ),
        )
    except CommitFailedError:
        return False
    log = folder / "_delta_log"  # delta-rs leaves it to the system when the commit is on disk
    synced([log / f"{version:020d}.json", log])
    return True


def _overtaken() -> Conflict:
    return Conflict(
        Text("其他写入一直抢先", "other writers won the race every time"),
        Text("请稍后重试同一批次", "try the same batch again later"),
    )


class _Opened(threading.local):
    """The tables that a thread has open: catching up with a long log costs less than reading it."""

    def __init__(self) -> None:
        self.tables: OrderedDict[Path, tuple[tuple[int, int, int], DeltaTable]] = OrderedDict()
        self.heads: dict[Path, tuple[DeltaTable, TableHead]] = {}
        self.absent: tuple[DeltaTable, int, str] | None = None  # what `_landed` last denied


_OPENED = _Opened()


def _open(folder: Path) -> DeltaTable:
    """Return the newest version of a table."""
    log = folder / "_delta_log"
    try:
        known = _OPENED.tables.pop(folder, None)
        table = known[1] if known is not None else None
        further = table is not None and (log / f"{table.version() + 1:020d}.json").exists()
        born = _born(log)  # after the look: history is forgotten only after this has changed
        if table is None or known is None or known[0] != born:
            table = DeltaTable(folder)
        elif further:
            table.update_incremental()
    except (TableNotFoundError, FileNotFoundError):
        raise NotFound(
            Text("数据表不存在", "there is no such table"),
            Text("请先登记数据契约", "register the contract first"),
        ) from None
    _OPENED.tables[folder] = (born, table)
    while len(_OPENED.tables) > _MOST_OPEN:
        gone, _ = _OPENED.tables.popitem(last=False)
        _OPENED.heads.pop(gone, None)
    return table


def forget_open() -> None:
    """Let this thread open every table anew."""
    _OPENED.tables.clear()
    _OPENED.heads.clear()
    _OPENED.absent = None


def _landed(table: DeltaTable, batch: str) -> int | None:
    """Return the version in which a batch landed; asking again of the same version costs nothing."""
    denied, asked = _OPENED.absent, (table.version(), batch)
    if denied is not None and denied[0] is table and denied[1:] == asked:
        return None
    version = table.transaction_version(_app_id(batch))
    if version is None:
        _OPENED.absent = table, *asked
    return version


def _born(log: Path) -> tuple[int, int, int]:
    """Return what is another where the log was put in place of another, or its past forgotten."""
    try:
        told = (log / FORGOTTEN).stat()
    except FileNotFoundError:
        return log.stat().st_ino, 0, 0
    # The number alone is not enough: a file gets that of one that is gone.
    return log.stat().st_ino, told.st_ino, told.st_mtime_ns


def forget_history(folder: Path) -> None:
    """Drop every older version from the log (清除历史), with the values that it told.

    The newest version stays as a checkpoint with its commit. Called by the holder of the table's
    lock only, after the catalogue has read the log; doing it again is no harm.
    """
    log = folder / "_delta_log"
    newest = _open(folder).version()
    old = [path for path in log.iterdir() if _version_of(path.name) < newest]
    old += [path for path in log.iterdir() if path.name.endswith(".tmp")]
    if not old:
        return
    DeltaTable(folder).create_checkpoint()
    fresh = log / f"{FORGOTTEN}.{uuid.uuid4().hex}.tmp"
    fresh.write_text(str(newest))
    checkpoint = log / f"{newest:020d}.checkpoint.parquet"
    synced([checkpoint, log / "_last_checkpoint", fresh])
    fresh.replace(log / FORGOTTEN)
    synced([log])
    for path in old:
        path.unlink(missing_ok=True)
    synced([log])


def _version_of(name: str) -> int:
    """Return the version that a file of the log is of; one that is of none is never old."""
    digits = name.partition(".")[0]
    return int(digits) if digits.isdecimal() else sys.maxsize


def _app_id(batch: str) -> str:
    return f"batch:{batch}"


def _adds(folder: Path, parts: Sequence[Part], columns: Sequence[Column]) -> list[AddAction]:
    """Make the files durable, before any commit names them."""
    for part in parts:
        keep_stats(folder, part)
    synced([*(part.file for part in parts), folder])
    return [_add(part.file, columns, part.stats) for part in parts]


def _add(file: Path, columns: Sequence[Column], stats: TableStats) -> AddAction:
    return AddAction(
        file.name,
        file.stat().st_size,
        {},
        int(time.time() * 1000),
        True,
        delta_stats(columns, stats),
    )


def _stats_of(table: DeltaTable, newest: Sequence[_Told] = ()) -> TableStats:
    """Return the statistics of a version, which its newest commit tells.

    Only a table of old has changes of columns that do not tell them; it is looked back for them.
    """
    version, looked = table.version(), 1
    while True:
        for told in newest or table.history(looked):
            if told.get("version", 0) <= version and STATS in told:
                return parse_stats(told[STATS])
        if looked > version:
            return EMPTY
        looked, newest = looked * 8, ()


def _committed_at(table: DeltaTable, newest: Sequence[_Told]) -> datetime:
    version = table.version()
    stamps = [each["timestamp"] for each in newest if each.get("version") == version]
    return _EPOCH + timedelta(milliseconds=stamps[0] if stamps else 0)


def _file_path(uri: str) -> Path:
    if uri.startswith("/"):
        return Path(uri)
    parts = urlsplit(uri)
    return Path(unquote(parts.path) if parts.scheme == "file" else uri)
