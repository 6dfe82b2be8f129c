"""The file door (文件投递): event files that operators put into ``events/drop/{stream}/``.

A file is taken once it has its last name: write it under a name that begins with a dot, then rename
it. What was taken lies in ``taken/`` beside it, what could not be read in ``unreadable/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.ipc as pa_ipc
import pyarrow.parquet as pq

from duokua.engine.arrow import ARROW
from duokua.engine.eventlog import LogWriter
from duokua.kernel import environment
from duokua.lake import facade as lake
from duokua.lang.contract import Contract, Kind
from duokua.sensing.judging import OPERATOR
from duokua.sensing.models import Refused, Stream
from duokua.sensing.states import Reason
from duokua.serving.arrivals import ARROW as ARROW_FORM
from duokua.serving.arrivals import FILE_DOOR, NDJSON, Arrival

TAKEN, UNREADABLE = "taken", "unreadable"
_ROWS = 50_000
_LINES_BYTES = 8 << 20
_LINES = (".ndjson", ".jsonl")
_SAMPLE = 300


def folder(stream: str) -> Path:
    """Return where files of a stream are dropped; it is made where there is none."""
    path = environment.read().events / "drop" / stream
    path.mkdir(parents=True, exist_ok=True)
    return path


def take_files(now: datetime) -> int:
    """Put what was dropped into the log of this door; return how many files."""
    top = environment.read().events / "drop"
    waiting = sorted(p for p in top.glob("*/*") if p.is_file() and not p.name.startswith("."))
    if not waiting:
        return 0
    known = dict(Stream.objects.values_list("id", "dataset"))
    with LogWriter(environment.read().events / FILE_DOOR) as log:
        for path in waiting:
            stream = path.parent.name
            if stream in known:
                _take(log, path, stream, lake.contract(known[stream]), now)
    return len(waiting)


def _take(log: LogWriter, path: Path, stream: str, contract: Contract, now: datetime) -> None:
    try:
        for form, body in _bodies(path, contract):
            log.write([Arrival(OPERATOR, stream, now.timestamp(), form, body).packed()])
    except (pa.ArrowInvalid, UnicodeDecodeError, ValueError) as error:
        sample = f"{path.name}: {error}"[:_SAMPLE]
        Refused.objects.create(
            stream_id=stream, device="", sender=OPERATOR, reason=Reason.MALFORMED, times=1,
            sample=sample, at=now,
        )  # fmt: skip
        _put(path, UNREADABLE)
    else:
        _put(path, TAKEN)


def _put(path: Path, where: str) -> None:
    place = path.parent / where
    place.mkdir(exist_ok=True)
    path.replace(place / path.name)


def _bodies(path: Path, contract: Contract) -> Iterator[tuple[str, bytes]]:
    if path.suffix in _LINES:
        yield from _lines(path)
        return
    for table in _tables(path, contract):
        sink = pa.BufferOutputStream()
        with pa_ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        yield ARROW_FORM, sink.getvalue().to_pybytes()


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    held: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        for line in file:
            if not (told := line.strip()):
                continue
            held.append(told)
            size += len(told)
            if size >= _LINES_BYTES:
                yield NDJSON, b"\n".join(held)
                held, size = [], 0
    if held:
        yield NDJSON, b"\n".join(held)


def _tables(path: Path, contract: Contract) -> Iterator[pa.Table]:
    if path.suffix == ".csv":
        table = _csv(path, contract)
    elif path.suffix == ".parquet":
        table = pq.read_table(path)
    elif path.suffix == ".arrow":
        with pa.OSFile(str(path)) as file, pa_ipc.open_stream(file) as stream:
            table = stream.read_all()
    else:
        raise ValueError("a file of events ends in .ndjson, .csv, .parquet or .arrow")
    for begin in range(0, table.num_rows, _ROWS):
        yield table.slice(begin, _ROWS)


def _csv(path: Path, contract: Contract) -> pa.Table:
    """Read a CSV file with the contract's names in its head; instants are read later."""
    as_text = (Kind.TIMESTAMP, Kind.DATE, Kind.STRING)
    kinds = {c.name: pa.string() if c.kind in as_text else ARROW[c.kind] for c in contract.columns}
    options = pa_csv.ConvertOptions(column_types=kinds, strings_can_be_null=True, null_values=[""])
    return pa_csv.read_csv(path, convert_options=options)
