"""From the logs of doors to lake and live feed: believed once, or aside with the reason."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from duokua.engine.livefeed import live_path, newest, open_live
from duokua.kernel import environment
from duokua.sensing import facade as sensing
from duokua.sensing.models import Memory as DeviceMemory
from duokua.sensing.worker import step
from sensing_world import (
    NOW,
    against,
    arrival,
    arrive,
    landed,
    later,
    numbers,
    open_stream,
    reading,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_stream(tmp_path, monkeypatch)


def shown() -> list[tuple[str, int]]:
    """Return what the live feed holds."""
    reader = open_live(live_path(environment.read().events, "crane_reading"))
    try:
        found = reader.execute("select device_id, seq from now.rows order by 1, 2").fetchall()
        return [(str(device), int(str(seq))) for device, seq in found]
    finally:
        reader.close()


def test_events_are_believed_shown_and_landed_once() -> None:
    arrive(
        arrival("C1", reading("C1", 1, wind_speed=3.5, mode="work"), reading("C1", 2)),
        arrival("C2", reading("C2", 7, later(seconds=1), load=2)),
    )
    step(NOW)
    assert shown() == [("C1", 1), ("C1", 2), ("C2", 7)]
    assert [(row["device_id"], row["seq"], row["wind_speed"]) for row in landed()] == [
        ("C1", 1, 3.5), ("C1", 2, None), ("C2", 7, None),
    ]  # fmt: skip
    step(NOW)
    assert len(landed()) == 3 and against() == {}
    told = newest(live_path(environment.read().events, "crane_reading"))
    assert told == (1, NOW.timestamp())
    crane = sensing.device("C1")
    assert (dict(crane.values), crane.taken, crane.at) == ({"wind_speed": 3.5}, 2, NOW)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (b"{", "malformed"),
        (b'{"device_id": "C1", "seq": "one"}', "malformed"),
        (b'{"device_id": "C1", "seq": 1, "wind_speed": 1e999}', "malformed"),
        (b"[1]", "malformed"),
        (b'{"seq": 1} {"seq": 2}', "malformed"),
        (reading("C1", 1) | {"measured_at": "2026-05-06T07:08:09"}, "time"),
        (reading("C1", 1) | {"measured_at": "2026-13-06T07:08:09Z"}, "time"),
        (reading("C1", 1) | {"measured_at": "yesterday"}, "time"),
        (reading("C1", 1) | {"measured_at": None}, "incomplete"),
        (reading("C1", 1) | {"device_id": None}, "incomplete"),
        (reading("C1", 1, later(seconds=61)), "ahead"),
        (reading("C1", 1, later(days=1)), "ahead"),
        (reading("C1", 1, later(hours=-1, seconds=-1)), "late"),
        (reading("C1", 1, later(days=-1)), "late"),
        (reading("C8", 1), "unknown"),
        (reading("C2", 1), "foreign"),
        (reading("C9", 1), "foreign"),
        (reading("C1", 1, wind_speed=20, units={"wind_speed": "km/h"}), "unit"),
        (reading("C1", 1, wind_speed=60.1), "range"),
        (reading("C1", 1, load=-0.5), "range"),
        (reading("C1", 1, mode="fly"), "code"),
        (reading("C1", -1), "old"),
    ],
)
def test_what_is_not_believed_stands_aside_and_the_rest_goes_on(event: object, reason: str) -> None:
    arrive(arrival("C1", reading("C1", 100), event, reading("C1", 101)))
    step(NOW)
    assert numbers("C1") == [100, 101]
    (((_, told), times),) = against().items()
    assert (told, times) == (reason, 1)


def test_instants_with_any_offset_and_fraction_are_read() -> None:
    times = ["2026-05-06T15:08:09+08:00", "2026-05-06T07:08:09.123456789Z", "2026-05-06 07:08Z"]
    arrive(arrival("C1", *(reading("C1", n) | {"measured_at": t} for n, t in enumerate(times))))
    step(NOW)
    assert [row["measured_at"].isoformat() for row in landed()] == [
        "2026-05-06T07:08:09+00:00", "2026-05-06T07:08:09.123456+00:00",
        "2026-05-06T07:08:00+00:00",
    ]  # fmt: skip


def test_a_number_counts_once_in_any_order_and_never_far_back() -> None:
    arrive(arrival("C1", *(reading("C1", n) for n in (5, 3, 4, 3, 5))))
    step(NOW)
    arrive(arrival("C1", reading("C1", 4), reading("C1", 6), reading("C1", 2000)))
    arrive(arrival("C1", reading("C1", 1999), reading("C1", 7), reading("C1", 976)))
    step(NOW)
    assert numbers("C1") == [3, 4, 5, 6, 1999, 2000]
    assert against() == {("C1", "repeated"): 3, ("C1", "old"): 2}


def test_a_hub_speaks_for_its_own_only_and_a_suspended_device_for_nobody() -> None:
    arrive(arrival("H1", reading("C9", 1), reading("C1", 1)))
    step(NOW)
    sensing.move("C9", active=False, by="li", now=NOW)
    arrive(arrival("H1", reading("C9", 2)))
    step(NOW)
    assert numbers("C9") == [1]
    assert against() == {("C1", "foreign"): 1, ("C9", "suspended"): 1}


def test_a_jump_and_a_frozen_value_are_noticed_and_over_again() -> None:
    def tell(n: int, minutes: float, wind: float) -> None:
        at = later(minutes=minutes)
        arrive(arrival("C1", reading("C1", n, at, wind_speed=wind), at=at))
        step(at)

    def open_() -> list[str]:
        return [str(each.kind) for each in sensing.troubles(device="C1", open_only=True)]

    tell(1, 0, 3.0)
    assert open_() == []
    tell(2, 0.05, 50.0)  # 47 m/s in three seconds
    assert open_() == ["jump"]
    for n in range(3, 35):
        tell(n, n - 2, 50.0)
    assert open_() == ["frozen"]  # for half an hour; the jump is long past
    tell(40, 40, 49.0)
    assert open_() == []
    (frozen, jump) = sensing.troubles(device="C1")
    assert frozen.since == later(minutes=0.05) and frozen.until == later(minutes=40)
    assert jump.detail == {"from": 3.0, "to": 50.0, "seconds": 3.0}


def test_a_silent_device_is_lost_until_it_is_heard_and_not_in_maintenance() -> None:
    for crane in ("C1", "C2"):
        arrive(arrival(crane, reading(crane, 1)))
    until = later(hours=1)
    sensing.maintain("C2", since=NOW, until=until, reason="换件", by="li", now=NOW)
    step(NOW)
    step(later(minutes=2))
    assert sensing.troubles(open_only=True) == []
    step(later(minutes=4))
    assert [(each.device, each.kind) for each in sensing.troubles(open_only=True)] == [
        ("C9", "lost"), ("C1", "lost"),
    ]  # fmt: skip
    assert sensing.stream("crane_reading", later(minutes=4)).lost == 2
    arrive(arrival("C1", reading("C1", 2, later(minutes=5)), at=later(minutes=5)))
    step(later(minutes=5))
    assert [each.device for each in sensing.troubles(open_only=True)] == ["C9"]


def test_a_day_is_kept_in_slots() -> None:
    for n in range(6):
        at = later(minutes=5 * n)
        arrive(arrival("C1", reading("C1", n, at, wind_speed=n), at=at))
        step(at)
    told = sensing.history("C1", NOW.date())
    assert [(s.mean, s.low, s.high) for s in told.slots["wind_speed"]] == [
        (0.0, 0.0, 0.0), (1.5, 1.0, 2.0), (3.5, 3.0, 4.0), (5.0, 5.0, 5.0),
    ]  # fmt: skip
    assert told.slots["load"] == () and told.units["load"] == "t"
    assert not sensing.history("C1", NOW.date() - timedelta(days=1)).slots["wind_speed"]


def test_a_batch_that_the_lake_refuses_holds_nobody_up() -> None:
    arrive(arrival("C1", reading("C1", 1)))
    step(NOW)
    DeviceMemory.objects.all().delete()  # as after a backup from before was restored
    arrive(arrival("C1", reading("C1", 1)))
    step(NOW)
    arrive(arrival("C1", reading("C1", 2)))
    step(NOW)
    assert numbers("C1") == [1, 2]
    assert against() == {("", "lake"): 1}
    assert len(list((environment.read().events / "unlanded").iterdir())) == 1
