"""The receipt index: "who used what, why", searched without reading the ledger.

A SQLite file filled from the ledger, in one transaction with the place up to which it was read: so
each receipt is in it exactly once, whenever the filling is cut short. It can be deleted and is
built again; the ledger alone is evidence. So its commits are not synced one by one: a power cut takes
the newest of them along, place and all, and they are read again.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from duokua.engine import sqlite
from duokua.kernel.clock import district_day_number
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.ledger.reading import Place, follow
from duokua.serving.receipt_schema import SPAN_BITS, number_of, prepare
from duokua.serving.receipt_search import ReceiptRow, Total, find, one, totals

__all__ = ["Filling", "ReceiptRow", "Total", "catch_up", "find", "one", "seq_of", "totals"]

_BATCH = 20_000
_MOST_HITS = 500_000  # subjects of one transaction, or a little more
_SUBJECT_BYTES = 8
_MOST_DIGITS = 18  # of a number that fits 64 bits
_INSERT = "insert into receipt values (?, ?, ?, ?, ?, ?, ?, null, ?, ?)"
_CLOSE = "update receipt set rows = ?, bytes = ?, status = ? where seq = ? and status = 'open'"
_SPAN = (
    "insert into span values (?1, ?2, ?3) on conflict (id) do update set "
    "earliest = min(earliest, ?2), latest = max(latest, ?3)"
)
_TOTAL = (
    "insert into total values (?1, ?2, ?3, ?4) on conflict (day, use) do update set "
    "calls = calls + ?3, rows = rows + ?4"
)
_USE = (
    "insert into use (grant_id, client, department, person, purpose, basis, interface, iv, "
    "columns, door, format) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIND_USE = (
    "select id from use where grant_id = ? and client = ? and department = ? and person = ? and "
    "purpose = ? and basis = ? and interface = ? and iv = ? and columns = ? and door = ? and "
    "format = ?"
)


def catch_up(folder: Path, index_path: Path) -> int:
    """Bring the index up to the end of the ledger in ``folder``; return the records taken in.

    :raises Conflict: the ledger is not the one that was indexed before.
    """
    filling = Filling(folder, index_path)
    try:
        return filling.catch_up()
    finally:
        filling.close()


class Filling:
    """The index of one ledger, kept open by whoever fills it again and again."""

    def __init__(self, folder: Path, index_path: Path) -> None:
        self._folder, self._path = folder, index_path
        self._filler: _Filler | None = None
        self._file = 0

    def catch_up(self) -> int:
        """Take in what is new; an index that was deleted meanwhile is begun anew.

        :raises Conflict: the ledger is not the one that was indexed before.
        """
        if self._filler is not None and _file_number(self._path) != self._file:
            self.close()
        try:
            filler = self._filler or self._open()
            taken = 0
            while count := filler.take_batch(self._folder):
                taken += count
        except ValueError as error:
            raise _other_ledger(self._path, error) from error
        return taken

    def _open(self) -> _Filler:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite.connect(self._path, sync="normal")
        try:
            prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._filler, self._file = _Filler(connection), _file_number(self._path)
        return self._filler

    def close(self) -> None:
        """Release the file."""
        if self._filler is not None:
            self._filler.close()
            self._filler = None


def _file_number(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _other_ledger(path: Path, error: ValueError) -> Conflict:
    return Conflict(
        Text("索引与账本不符", f"the index does not belong to this ledger: {error}"),
        Text(f"请删除 {path.name} 后重建", f"delete {path.name}; it is rebuilt"),
    )


@dataclass(slots=True)
class _Gathered:
    """What one transaction is going to write."""

    receipts: list[tuple[Any, ...]] = field(default_factory=list)
    closings: list[dict[str, Any]] = field(default_factory=list)
    spans: dict[int, list[float]] = field(default_factory=dict)
    totals: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(_zeros))
    last: dict[int, int] = field(default_factory=dict)
    hits: list[tuple[int, int]] = field(default_factory=list)  # subject, receipt


def _zeros() -> list[int]:
    return [0, 0]


class _Filler:
    """Takes receipts over, a batch for each transaction."""

    def __init__(self, connection: sqlite.Connection) -> None:
        self._connection = connection
        self._uses: dict[tuple[str, ...], int] = {}
        self._seen = -1

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def take_batch(self, folder: Path) -> int:
        """Take over about :data:`_BATCH` records, 0 when none is left."""
        connection = self._connection
        connection.execute("begin immediate")
        try:
            taken = self._take(folder)
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            self._uses.clear()
            raise
        return taken

    def _take(self, folder: Path) -> int:
        seen = self._connection.execute("pragma data_version").fetchone()[0]
        if seen != self._seen:  # another process wrote, and may have built everything anew
            self._uses.clear()
            self._seen = seen
        row = self._connection.execute("select first, byte, before from place").fetchone()
        place = Place(*row) if row else Place()
        gathered, taken = _Gathered(), 0
        for bodies, after in follow(folder, place):
            for body in bodies:
                self._gather(orjson.loads(body), gathered)
            place = after
            taken += len(bodies)
            if taken >= _BATCH or len(gathered.hits) >= _MOST_HITS:
                break
        if taken:
            self._write(gathered, place)
        return taken

    def _gather(self, told: dict[str, Any], gathered: _Gathered) -> None:
        if told["kind"] == "close":
            gathered.closings.append(told)
            return
        seq, at, rows = told["seq"], told["at"], told["rows"]
        use = self._use(told)
        status, reserved = "complete", None
        if rows is None:  # until it is closed it counts as all that was reserved for it
            status, reserved = "open", told.get("reserved")
        gathered.receipts.append(
            (seq, use, at, told["dv"], told["pv"], told["params"], rows, status, reserved)
        )
        gathered.hits.extend(
            (number_of(bytes.fromhex(subject)), seq) for subject in set(told["subjects"] or ())
        )
        span = gathered.spans.setdefault(seq >> SPAN_BITS, [at, at])
        if at < span[0]:
            span[0] = at
        elif at > span[1]:
            span[1] = at
        total = gathered.totals[district_day_number(at), use]
        total[0] += 1
        total[1] += reserved or 0 if rows is None else rows
        gathered.last[use] = seq

    def _use(self, told: dict[str, Any]) -> int:
        columns = told["columns"]
        key = (
            told["grant"],
            told["client"],
            told["department"],
            told["person"] or "",
            told["purpose"],
            told["basis"],
            told["interface"],
            told["iv"],
            ",".join(columns),
            told["door"],
            told.get("format", ""),
        )
        use = self._uses.get(key)
        if use is None:
            row = self._connection.execute(_FIND_USE, key).fetchone()
            use = int(row[0]) if row else int(self._connection.execute(_USE, key).lastrowid or 0)
            self._uses[key] = use
        return use

    def _write(self, gathered: _Gathered, place: Place) -> None:
        connection = self._connection
        connection.executemany(_INSERT, gathered.receipts)
        for told in gathered.closings:
            self._close(told, gathered)
        connection.executemany(
            "insert or ignore into subject_hit values (?, ?)", sorted(gathered.hits)
        )
        connection.executemany(_SPAN, [(n, *span) for n, span in gathered.spans.items()])
        connection.executemany(_TOTAL, [(*key, *sums) for key, sums in gathered.totals.items()])
        connection.executemany(
            "update use set last = ? where id = ?", [(n, use) for use, n in gathered.last.items()]
        )
        connection.execute(
            "insert or replace into place values (1, ?, ?, ?)",
            (place.first, place.offset, place.before),
        )

    def _close(self, told: dict[str, Any], gathered: _Gathered) -> None:
        seq = seq_of(told["of"])
        closed = self._connection.execute(
            _CLOSE, (told["rows"], told["bytes"], told["status"], seq)
        ).rowcount
        if not closed:
            return
        use, at, reserved = self._connection.execute(
            "select use, at, reserved from receipt where seq = ?", (seq,)
        ).fetchone()
        total = gathered.totals[district_day_number(at), use]
        total[1] += told["rows"] - (reserved or 0)
        if told["status"] == "refused":  # nothing was sent: it costs no call, as at the meter
            total[0] -= 1
        gathered.hits.extend((subject, seq) for subject in _subjects(told))
        if told.get("subjects_file"):
            self._connection.execute(
                "insert or replace into subject_set values (?, ?)", (seq, told["subjects_file"])
            )


def _subjects(closing: dict[str, Any]) -> Iterator[int]:
    """Yield the subjects that a closing receipt carries itself."""
    if closing.get("subjects"):
        try:
            packed = zlib.decompress(base64.b64decode(closing["subjects"]))
        except (binascii.Error, zlib.error) as error:
            raise ValueError(f"record {closing['seq']} has unreadable subjects") from error
        for at in range(0, len(packed), _SUBJECT_BYTES):
            yield number_of(packed[at : at + _SUBJECT_BYTES])


def seq_of(receipt_id: str) -> int:
    """Return the record's number in the id of a receipt (``r-12``), -1 when it is none."""
    digits = receipt_id.removeprefix("r-")
    fits = digits.isdecimal() and len(digits) <= _MOST_DIGITS and receipt_id.startswith("r-")
    return int(digits) if fits else -1
