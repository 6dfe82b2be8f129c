"""Wrong tries (错误次数) of verifications: counted for each grant, key and day, and kept.

In a file of their own: there may be as many as a quota allows calls, too many for a checkpoint. A
count is written before its answer goes out, so a killed gateway forgets none; after a power cut the
last few may be missing.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import orjson

from duokua.engine import sqlite
from duokua.kernel.clock import district_day_number, seconds_to_next_district_day
from duokua.lang.predicate import Value
from duokua.serving.problems import Refusal

MOST = 10  # wrong answers about one key, for one grant on one day
_SCHEMA = """
create table if not exists tries (
  day integer not null, key blob not null, wrong integer not null, primary key (day, key)
) without rowid;
"""
_WRONG = "insert into tries values (?, ?, 1) on conflict (day, key) do update set wrong = wrong + 1"


class Tries:
    """The wrong answers of today. ``secret`` keeps keys from being tried out from the file."""

    def __init__(self, path: Path, secret: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite.connect(path)
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)
        self._start = sha256(secret).copy
        self._day = 0

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def check(self, grant: str, keys: tuple[Value, ...], now: float) -> tuple[int, bytes]:
        """Return the place where a wrong answer about ``keys`` counts.

        :raises Refusal: ``verify_exhausted``: there were too many today, right or wrong by now.
        """
        day = district_day_number(now)
        if day != self._day:
            self._connection.execute("delete from tries where day < ?", (day,))
            self._day = day
        state = self._start()
        state.update(orjson.dumps([grant, *keys]))
        place = day, state.digest()[:16]
        found = self._connection.execute(
            "select wrong from tries where day = ? and key = ?", place
        ).fetchone()
        if found is not None and found[0] >= MOST:
            raise Refusal("verify_exhausted", retry_after=seconds_to_next_district_day(now))
        return place

    def wrong(self, place: tuple[int, bytes]) -> None:
        """Count a wrong answer."""
        self._connection.execute(_WRONG, place)
