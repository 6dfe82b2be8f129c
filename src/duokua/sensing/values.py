"""What crosses the border of sensing: frozen values, no rows of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from duokua.kernel.text import Text
from duokua.lang.sensing.stream import Stream
from duokua.sensing.states import DeviceState, Reason, Trouble


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream and how it stands: devices, those lost, events of which nobody was told yet."""

    declared: Stream
    owner: str
    devices: int
    lost: int
    heard_at: datetime | None
    waiting_rows: int  # believed, not yet in the lake
    refused_today: int


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device, its newest values and how it stands."""

    id: str
    stream: str
    owner: str
    title: str
    place: tuple[float, float] | None  # longitude, latitude
    hub: str | None
    state: DeviceState
    calibrated_until: date | None
    heard_at: datetime | None
    at: datetime | None
    values: Mapping[str, float]
    taken: int
    refused: int
    troubles: tuple[Trouble, ...]
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedInfo:
    """Events that stand aside."""

    id: int
    at: datetime
    stream: str
    device: str
    sender: str
    reason: Reason
    times: int
    sample: str


@dataclass(frozen=True, slots=True)
class TroubleInfo:
    """Something the matter with a device."""

    id: int
    device: str
    title: str
    kind: Trouble
    measure: str
    since: datetime
    until: datetime | None
    times: int
    detail: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SlotInfo:
    """Ten minutes of one measure."""

    start: datetime
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class History:
    """The slots of a device on one day, by measure."""

    day: date
    slots: Mapping[str, tuple[SlotInfo, ...]]
    titles: Mapping[str, Text]
    units: Mapping[str, str]
