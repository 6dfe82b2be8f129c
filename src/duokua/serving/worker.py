"""The bulk worker (批量执行进程): runs one compiled statement after another and sends frames.

A process of its own, so that a long export never holds up a look-up. It is told what to run by the
gateway over a socket pair and has neither grants nor keys beyond the statement in hand; to stop a
statement the gateway kills the worker and starts another.

Frames: one byte of kind, four bytes of length (little endian), the payload. ``H`` what is known
before the data, ``D`` data, ``E`` the end with rows and subjects, ``X`` an error.
"""

from __future__ import annotations

import base64
import os
import socket
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.ipc as pa_ipc
import pyarrow.parquet as pa_parquet

from duokua.engine.duck import DuckConnection, open_duck
from duokua.engine.index import SUBJECT, SUBJECT_HEX
from duokua.ledger.attachments import attach
from duokua.serving.cursor import Cursors

FRAME = struct.Struct("<cI")
_BATCH_ROWS = 65_536
_CHUNK = 256 * 1024
_PIECE = 1024 * 1024
SUBJECT_BYTES = SUBJECT_HEX // 2
_INLINE_BYTES = 8 * 1024
_NICENESS = 10
_MEMORY_MB = 1024


class Frames:
    """Sends frames; what writers write is gathered to 256 KiB to 1 MiB a frame."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._held: list[bytes] = []
        self._size = 0
        self.sent = 0
        self.closed = False

    def send(self, kind: bytes, payload: bytes | memoryview) -> None:
        """Send one frame."""
        self._channel.sendall(FRAME.pack(kind, len(payload)))
        self._channel.sendall(payload)

    def write(self, data: bytes) -> int:
        """Take data of the answer, as a file does."""
        if len(data) >= _CHUNK:
            self._send_large(memoryview(data))
            return len(data)
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= _CHUNK:
            self.flush()
        return len(data)

    def _send_large(self, data: memoryview) -> None:
        """Send in pieces: a frame of many megabytes would hold up the gateway's event loop."""
        self.flush()
        for at in range(0, len(data), _CHUNK):
            piece = data[at : at + _CHUNK]
            self.send(b"D", piece)
            self.sent += len(piece)

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            data = memoryview(b"".join(self._held))
            for start in range(0, len(data), _PIECE):  # a whole column may come at once
                self.send(b"D", data[start : start + _PIECE])
            self.sent += self._size
            self._held, self._size = [], 0

    def close(self) -> None:
        """Nothing: the channel outlives the answer."""

    def readable(self) -> bool:
        """It is not."""
        return False

    def writable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is not."""
        return False


def main(descriptor: int, spill: Path) -> None:
    """Serve jobs until the gateway closes the channel; it also removes the folder ``spill``."""
    os.nice(_NICENESS)
    channel = socket.socket(fileno=descriptor)
    reader = channel.makefile("rb")
    while head := reader.read(4):
        job = orjson.loads(reader.read(int.from_bytes(head, "little")))
        frames = Frames(channel)
        try:
            run(job, frames, spill)
        except OSError:
            raise  # the gateway is gone, or the disk: this process is of no use any more
        except Exception as error:  # an engine's text may quote a value: only its kind is told
            print(f"bulk statement failed: {type(error).__name__}", file=sys.stderr, flush=True)
            frames.send(b"X", b"")


def run(job: dict[str, Any], frames: Frames, spill: Path) -> None:
    """Run one job, as :meth:`duokua.serving.service.Serving.call` writes it.

    What outgrows the memory goes to the folder ``spill``.
    """
    engine = open_duck(
        threads=1, memory_mb=_MEMORY_MB, directories=[Path(job["folder"])], spill=spill
    )
    try:
        if job["all"]:
            _stream(job, _batches(engine, job), frames)
        else:
            _page(job, _batches(engine, job), frames)
    finally:
        engine.close()


def _batches(engine: DuckConnection, job: dict[str, Any]) -> pa.RecordBatchReader:
    result = engine.sql(job["sql"], params=job["values"] or None)
    return cast(pa.RecordBatchReader, result.to_arrow_reader(_BATCH_ROWS))


def _page(job: dict[str, Any], reader: pa.RecordBatchReader, frames: Frames) -> None:
    table = reader.read_all()
    names, limit = job["names"], job["limit"]
    after = None
    if table.num_rows > limit:
        table = table.slice(0, limit)
        last = table.slice(limit - 1, 1).to_pylist()[0]
        place = tuple(last[f"_order{i}"] for i in range(job["order"]))
        cursors = Cursors(bytes.fromhex(job["cursor"]["key"]))
        after = cursors.seal(place, bytes.fromhex(job["cursor"]["context"]))
    frames.send(b"H", orjson.dumps({"next": after}))
    about = {**job["about"], **({"next": after} if after else {})}
    shown = table.select(names)
    _write(job["format"], shown.to_batches(), shown.schema, about, frames)
    _end(job, frames, table.num_rows, table.column(SUBJECT).chunks)


def _stream(job: dict[str, Any], reader: pa.RecordBatchReader, frames: Frames) -> None:
    frames.send(b"H", orjson.dumps({"next": None}))
    subjects: list[pa.Array] = []
    rows = 0

    def shown() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in reader:
            rows += batch.num_rows
            subjects.append(batch.column(SUBJECT))
            yield batch.select(job["names"])

    schema = pa.schema([reader.schema.field(name) for name in job["names"]])
    _write(job["format"], shown(), schema, job["about"], frames)
    _end(job, frames, rows, subjects)


def _end(job: dict[str, Any], frames: Frames, rows: int, subjects: list[pa.Array]) -> None:
    frames.flush()
    told = {"rows": rows, "bytes": frames.sent, **_subjects(job, subjects)}
    frames.send(b"E", orjson.dumps(told))


def _subjects(job: dict[str, Any], chunks: list[pa.Array]) -> dict[str, Any]:
    """Return the subjects for the closing receipt: in it, or attached to the ledger if many."""
    packed = pack_subjects(chunks)
    if len(packed) <= _INLINE_BYTES:
        inline = base64.b64encode(zlib.compress(packed, 1)).decode() if packed else None
        return {"subjects": inline, "subjects_file": None}
    name = attach(Path(job["ledger"]), packed, algorithm=job["hash"])
    return {"subjects": None, "subjects_file": name}


def pack_subjects(chunks: list[pa.Array]) -> bytes:
    """Return the set of 8-byte subjects, sorted, one after the other.

    Whole columns at a time: a million subjects must not become a million Python objects.
    """
    values = np.frombuffer(b"".join(map(_bytes_of, chunks)), dtype="<u8").copy()
    values.sort()
    fresh = np.append(True, values[1:] != values[:-1])[: len(values)]
    return bytes(values[fresh].tobytes())


def _bytes_of(chunk: pa.Array) -> bytes:
    fixed = chunk.drop_null().cast(pa.binary(SUBJECT_BYTES))
    data = fixed.buffers()[1]
    begin = fixed.offset * SUBJECT_BYTES
    return bytes(data[begin : begin + len(fixed) * SUBJECT_BYTES]) if data else b""


def _write(
    format_: str,
    batches: Iterator[pa.RecordBatch] | list[pa.RecordBatch],
    schema: pa.Schema,
    about: dict[str, str],
    frames: Frames,
) -> None:
    if format_ == "json":
        rows = [orjson.dumps(row) for batch in batches for row in batch.to_pylist()]
        frames.write(b",".join(rows))
        return
    sink = pa.PythonFile(frames, mode="w")
    schema = schema.with_metadata(about)
    with _writer(format_, sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(about))


def _writer(format_: str, sink: pa.NativeFile, schema: pa.Schema) -> Any:
    if format_ == "csv":
        return pa_csv.CSVWriter(sink, schema)
    if format_ == "arrow":
        return pa_ipc.new_stream(sink, schema)
    return pa_parquet.ParquetWriter(sink, schema, compression="zstd")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
