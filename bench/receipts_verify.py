"""How fast receipts are verified: ``python bench/receipts_verify.py [--records N] [--json]``.

Writes a ledger of receipts as the gateway does, verifies it with its anchors by one process and by
all processors, indexes it, and stores the figures in ``bench/results/receipts-verify.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from duokua.ledger.anchor import FolderPlace
from duokua.ledger.anchoring import due_anchors
from duokua.ledger.tail import Tail
from duokua.ledger.verify import verify
from duokua.serving.receipt_index import catch_up

RESULTS = Path(__file__).parent / "results" / "receipts-verify.json"
GOAL_PER_S = 200_000
BATCH = 5_000


def body(seq: int) -> bytes:
    """Return an opening receipt of usual length."""
    grant = seq % 40
    return (
        b'{"seq":%d,"kind":"open","id":"r-%d","at":%.6f,"grant":"grant-%020x",'
        b'"client":"client_%d","department":"urban_management","person":null,'
        b'"purpose":"site safety inspection","basis":"Regulation 12","interface":"air_hourly_%d",'
        b'"iv":"1.0.0","dv":12,"pv":34,"columns":["station","hour","pm25","pm10"],'
        b'"params":"%032x","rows":1,"subjects":["%016x"],"door":"data"}'
        % (seq, seq, 1.79e9 + seq / 1000, grant, grant % 9, grant % 7, seq, seq)
    )


def write(folder: Path, anchors: Path, records: int, algorithm: str) -> None:
    """Write the ledger with an anchor for each thousand."""
    tail = Tail(folder, name="receipts", algorithm=algorithm, segment_bytes=64 << 20)
    place = FolderPlace(anchors, "receipts")
    at = datetime(2026, 11, 1, tzinfo=UTC).isoformat()
    while tail.seq < records:
        first = tail.seq + 1
        links = tail.extend([body(n) for n in range(first, min(first + BATCH, records + 1))])
        place.deliver(due_anchors("receipts", list(enumerate(links, first)), 0, at))
    tail.close()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that ``work`` took and what it returned."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(records: int, algorithm: str) -> list[dict[str, Any]]:
    """Return the figures for one hash."""
    with tempfile.TemporaryDirectory() as name:
        folder, anchors = Path(name, "receipts"), Path(name, "anchors")
        write(folder, anchors, records, algorithm)
        size = sum(path.stat().st_size for path in folder.glob("*.log"))
        rows = []
        for processes in sorted({1, os.cpu_count() or 1}):
            seconds, verdict = timed(
                lambda n=processes: verify(folder, anchors, processes=n)  # type: ignore[misc]
            )
            assert verdict.ok and verdict.records == records, verdict
            rows.append(_row("verify", algorithm, processes, records, size, seconds))
        seconds, taken = timed(lambda: catch_up(folder, Path(name, "index.sqlite3")))
        assert taken == records
        rows.append(_row("index", algorithm, 1, records, size, seconds))
    return rows


def _row(
    what: str, algorithm: str, processes: int, records: int, size: int, seconds: float
) -> dict[str, Any]:
    return {
        "what": what,
        "hash": algorithm,
        "processes": processes,
        "records": records,
        "bytes_per_record": round(size / records),
        "seconds": round(seconds, 3),
        "records_per_s": round(records / seconds),
    }


def main() -> int:
    """Measure, print, store; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    rows = [row for name in ("sm3", "sha256") for row in measure(options.records, name)]
    best = max(
        row["records_per_s"] for row in rows if (row["what"], row["hash"]) == ("verify", "sm3")
    )
    result = {
        "name": "receipts-verify",
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "goal_records_per_s": GOAL_PER_S,
        "records_per_s": best,
        "reached": best >= GOAL_PER_S,
        "rows": rows,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{'what':8}{'hash':8}{'processes':>10}{'records':>12}{'seconds':>9}{'records/s':>12}"
        )
        for row in rows:
            print(
                f"{row['what']:8}{row['hash']:8}{row['processes']:>10}{row['records']:>12,}"
                f"{row['seconds']:>9}{row['records_per_s']:>12,}"
            )
    return 0 if result["reached"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
