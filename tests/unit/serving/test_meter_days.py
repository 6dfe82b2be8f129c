"""A call that ends on another day than it began, and one that is undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from duokua.kernel.clock import seconds_to_next_district_day
from duokua.lang.grant import Quota
from duokua.serving.meter import Meter
from duokua.serving.meters import Meters
from duokua.serving.problems import Refusal

NOON = 1_790_000_000.0
EVENING = NOON + seconds_to_next_district_day(NOON) - 10
MORNING = EVENING + 20


@pytest.mark.parametrize("undo", [Meter.settle, Meter.refund])
def test_what_was_reserved_yesterday_is_not_given_back_today(undo: Any) -> None:
    meter = Meter(Quota(rows_per_day=100))
    assert meter.take(EVENING, 90) == 90
    assert meter.take(MORNING, 60) == 60
    undo(meter, 90, EVENING)
    used = meter.used(MORNING)
    assert (used["calls_today"], used["rows_today"], used["rows_total"]) == (1, 60, 60)
    assert meter.take(MORNING, 100) == 40


def test_the_receipts_fold_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = [
        {"seq": 1, "kind": "open", "id": "r-1", "at": EVENING, "grant": "g", "rows": None,
         "reserved": 90},
        {"seq": 2, "kind": "open", "id": "r-2", "at": MORNING, "grant": "g", "rows": 60},
        {"seq": 3, "kind": "close", "of": "r-1", "at": MORNING, "status": "complete", "rows": 5},
    ]  # fmt: skip
    records = [orjson.dumps(each) for each in told]
    monkeypatch.setattr("duokua.serving.meters.read_records", lambda folder, after: iter(records))
    meters = Meters(tmp_path / "receipts")
    meters.recover()
    dumped = orjson.loads(meters.snapshot(3))["meters"]["g"]
    assert dumped[1:] == [1, 60, 2, 65]


@pytest.mark.parametrize("rate", [1, 3, 50])
def test_a_call_that_is_undone_does_not_slow_the_next(rate: int) -> None:
    meter = Meter(Quota(calls_per_second=rate))
    for _ in range(5 * rate):
        meter.refund(meter.take(NOON, 1), NOON)
    for _ in range(rate):
        meter.take(NOON, 1)
    with pytest.raises(Refusal):
        meter.take(NOON, 1)
