"""Look-ups at a steady pace until standard input says stop: ``python -m bench.paced PORT TOKEN ROWS RATE``.

Eight connections share the rate. Each latency is measured from the instant at which the call was
due, so that a connection that is held up counts every call that it is late with.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

CONNECTIONS = 8
_CALL = b"GET /data/person_by_id?id=%d HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %b\r\n\r\n"


async def run(port: int, token: bytes, rows: int, rate: int) -> list[float]:
    """Return all latencies in seconds, sorted."""
    stop = asyncio.Event()
    seconds: list[float] = []
    callers = [
        asyncio.create_task(_call(port, token, rows, rate / CONNECTIONS, n, stop, seconds))
        for n in range(CONNECTIONS)
    ]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    stop.set()
    await asyncio.gather(*callers)
    return sorted(seconds)


async def _call(
    port: int,
    token: bytes,
    rows: int,
    rate: float,
    number: int,
    stop: asyncio.Event,
    seconds: list[float],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter() + number / rate / CONNECTIONS
    while not stop.is_set():
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(_CALL % (int(due * 1e6) % rows, token))
        answer = await reader.read(65_536)
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise RuntimeError(f"a look-up was refused: {answer!r}")
        seconds.append(time.perf_counter() - due)
    writer.close()


def main() -> None:
    """Run and print p50, p99 and the longest latency in milliseconds."""
    port, token, rows, rate = (
        int(sys.argv[1]),
        sys.argv[2].encode(),
        int(sys.argv[3]),
        int(sys.argv[4]),
    )
    seconds = asyncio.run(run(port, token, rows, rate))
    told = {"p50_ms": seconds[len(seconds) // 2], "p99_ms": seconds[int(len(seconds) * 0.99)]}
    told["longest_ms"] = seconds[-1]
    print(json.dumps({name: round(value * 1000, 2) for name, value in told.items()}))


if __name__ == "__main__":
    main()
