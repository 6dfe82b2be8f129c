"""Look-ups at a steady pace until standard input says stop: ``python -m bench.paced PORT TOKEN ROWS RATE``.

One connection. A late answer makes the next ones late, and that counts: each latency is measured
from the instant at which the call was due.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

_CALL = b"GET /data/person_by_id?id=%d HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %b\r\n\r\n"


def main() -> None:
    """Run and print p50, p99 and the longest latency in milliseconds."""
    port, token, rows, rate = (
        int(sys.argv[1]),
        sys.argv[2].encode(),
        int(sys.argv[3]),
        int(sys.argv[4]),
    )
    seconds = []
    with socket.create_connection(("127.0.0.1", port)) as channel:
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = time.perf_counter()
        while not select.select([sys.stdin], [], [], 0)[0]:
            due += 1 / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            channel.sendall(_CALL % (int(due * 1e6) % rows, token))
            answer = channel.recv(65_536)
            if b" 200 " not in answer.partition(b"\r\n")[0]:
                raise RuntimeError(f"a look-up was refused: {answer!r}")
            seconds.append(time.perf_counter() - due)
    seconds.sort()
    told = {"p50_ms": seconds[len(seconds) // 2], "p99_ms": seconds[int(len(seconds) * 0.99)]}
    told["longest_ms"] = seconds[-1]
    print(json.dumps({name: round(value * 1000, 2) for name, value in told.items()}))


if __name__ == "__main__":
    main()
