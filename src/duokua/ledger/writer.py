"""The writer process of :class:`duokua.ledger.commit.GroupCommit`.

It chains, appends and flushes each batch once, then acknowledges it. It ends when asked to or when
its socket closes because the parent is gone, always after the batch it already has; the signals
that a terminal or a supervisor sends to the whole group are the parent's to judge.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.ledger.anchor import Outbox, last_anchor, place
from duokua.ledger.anchoring import Anchorer, check_anchored
from duokua.ledger.neighbours import Neighbours
from duokua.ledger.tail import Tail
from duokua.ledger.wire import ACK, HELLO_LENGTH, LENGTH

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Order:
    """What the parent wants written where."""

    fd: int
    folder: str
    name: str
    algorithm: str
    anchor: str
    anchor_every_s: float
    segment_bytes: int
    patience_s: float
    beside: dict[str, str]


def open_ledger(order: Order) -> tuple[Tail, Anchorer]:
    """Open the folder, check it against its newest anchor and prepare the anchoring thread."""
    folder = Path(order.folder)
    tail = Tail(
        folder,
        name=order.name,
        algorithm=order.algorithm,
        segment_bytes=order.segment_bytes,
        wait_s=order.patience_s,
    )
    try:
        second, outbox = place(order.anchor, name=order.name, folder=folder), Outbox(folder)
        anchored = last_anchor(second.journal)
        check_anchored(tail, anchored)
        check_anchored(tail, last_anchor(outbox.path))
    except BaseException:
        tail.close()
        raise
    anchorer = Anchorer(
        order.name,
        second,
        outbox,
        anchored=anchored.seq if anchored else 0,
        every_s=order.anchor_every_s,
    )
    anchorer.note(tail.recent)
    return tail, anchorer


def serve(sock: socket.socket, order: Order) -> int:
    """Write batches until the parent asks for the end or is gone; return the exit code."""
    try:
        tail, anchorer = open_ledger(order)
    except DuokuaError as error:
        _hello(sock, _refusal(error.code, error.what, error.mend))
        return 1
    except OSError as error:
        what = Text(f"无法打开账本：{error}", f"cannot open the ledger: {error}")
        mend = Text("请检查文件夹与磁盘", "check the folder and the disk")
        _hello(sock, _refusal("ledger_failed", what, mend))
        return 1
    neighbours = Neighbours(
        {name: Path(folder) for name, folder in order.beside.items()},
        algorithm=order.algorithm,
        anchor=order.anchor,
        every_s=order.anchor_every_s,
    )
    anchorer.start()
    neighbours.start()
    _hello(sock, {"ok": True, "seq": tail.seq, "anchored": anchorer.anchored})
    code = _write_batches(sock, tail, anchorer)
    anchorer.stop()
    neighbours.stop()
    tail.close()
    return code


def _write_batches(sock: socket.socket, tail: Tail, anchorer: Anchorer) -> int:
    with cast(BinaryIO, sock.makefile("rb", buffering=_READ_BYTES)) as stream:
        while batch := _read_batch(stream):
            first = tail.seq + 1
            try:
                links = tail.extend(batch.split(b"\n"))
            except (OSError, DuokuaError) as error:
                print(f"duokua ledger {tail.name}: {error}", file=sys.stderr, flush=True)
                return 1  # the file's state is unknown: the next opening looks at it afresh
            anchorer.note(list(enumerate(links, first)))
            try:
                sock.sendall(ACK.pack(tail.seq, anchorer.anchored))
            except OSError:
                break  # the parent is gone
    return 0


def _read_batch(stream: BinaryIO) -> bytes:
    """Return the next batch, empty at the end; a batch cut short by the parent's death is none."""
    try:
        head = stream.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return b""
        (length,) = LENGTH.unpack(head)
        batch = stream.read(length)
    except OSError:
        return b""
    return batch if len(batch) == length else b""


def _refusal(code: str, what: Text, mend: Text) -> dict[str, Any]:
    return {"ok": False, "code": code, "what": [what.zh, what.en], "mend": [mend.zh, mend.en]}


def _hello(sock: socket.socket, hello: dict[str, Any]) -> None:
    data = json.dumps(hello).encode()
    sock.sendall(HELLO_LENGTH.pack(len(data)) + data)


def main() -> int:
    """Run on the inherited socket that the order names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    order = Order(**json.loads(sys.argv[1]))
    with socket.socket(fileno=order.fd) as sock:
        return serve(sock, order)


if __name__ == "__main__":
    raise SystemExit(main())
