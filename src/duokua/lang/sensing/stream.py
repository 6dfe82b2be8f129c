"""A stream (感知流): which columns of a dataset tell device, instant and sequence, and what is plausible.

Each event is one row of the dataset. What a measure may be is said of each measure by itself: there
is no threshold for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from duokua.kernel.text import Text

LATE, AHEAD = timedelta(hours=24), timedelta(seconds=60)
BEATS_LOST = 3  # heartbeats that may fail to come before a device counts as lost


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured column, in the unit (UCUM) of the dataset's contract.

    ``least`` and ``most`` are what the device can show at all; ``jump`` is the most that it can
    change in a second; ``frozen`` is how long it may stay at the very same value.
    """

    name: str
    unit: str
    least: float | None = None
    most: float | None = None
    jump: float | None = None
    frozen: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: its id is the address that events are sent to, ``/ingest/{id}``."""

    id: str
    title: Text
    dataset: str
    device: str
    at: str
    sequence: str
    late: timedelta = LATE  # how old an event may be when it comes
    ahead: timedelta = AHEAD  # how far its clock may be ahead
    heartbeat: timedelta | None = None
    measures: tuple[Measure, ...] = ()

    @property
    def lost_after(self) -> timedelta | None:
        """Return for how long nothing may come before a device counts as lost."""
        return None if self.heartbeat is None else BEATS_LOST * self.heartbeat

    @property
    def by_name(self) -> Mapping[str, Measure]:
        """Return the measures by name."""
        return {each.name: each for each in self.measures}


def stream_to_json(stream: Stream) -> dict[str, Any]:
    """Return a stream as plain values."""
    return {
        "id": stream.id,
        "title": {"zh": stream.title.zh, "en": stream.title.en},
        "dataset": stream.dataset,
        "device": stream.device,
        "at": stream.at,
        "sequence": stream.sequence,
        "late": stream.late.total_seconds(),
        "ahead": stream.ahead.total_seconds(),
        "heartbeat": stream.heartbeat.total_seconds() if stream.heartbeat else None,
        "measures": [
            {
                "name": each.name,
                "unit": each.unit,
                "least": each.least,
                "most": each.most,
                "jump": each.jump,
                "frozen": each.frozen.total_seconds() if each.frozen else None,
            }
            for each in stream.measures
        ],
    }


def stream_from_json(told: Mapping[str, Any]) -> Stream:
    """Read what :func:`stream_to_json` wrote."""
    measures = tuple(
        Measure(**{**each, "frozen": _span(each["frozen"])}) for each in told["measures"]
    )
    names = {name: told[name] for name in ("id", "dataset", "device", "at", "sequence")}
    return Stream(
        **names,
        title=Text(told["title"]["zh"], told["title"]["en"]),
        late=timedelta(seconds=told["late"]),
        ahead=timedelta(seconds=told["ahead"]),
        heartbeat=_span(told["heartbeat"]),
        measures=measures,
    )


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
