"""What the other parts may ask of sensing (感知)."""

from __future__ import annotations

from duokua.sensing.actions.dropping import folder as drop_folder
from duokua.sensing.actions.registering import (
    DeviceOrder,
    add_devices,
    add_key,
    declare,
    maintain,
    move,
    revoke_key,
)
from duokua.sensing.selectors import (
    DeviceInfo,
    RefusedInfo,
    StreamInfo,
    TroubleInfo,
    device,
    devices,
    history,
    refused,
    stream,
    streams,
    troubles,
)
from duokua.sensing.signals import stream_advanced
from duokua.sensing.states import DeviceState, Reason, Trouble

__all__ = [
    "DeviceInfo",
    "DeviceOrder",
    "DeviceState",
    "Reason",
    "RefusedInfo",
    "StreamInfo",
    "Trouble",
    "TroubleInfo",
    "add_devices",
    "add_key",
    "declare",
    "device",
    "devices",
    "drop_folder",
    "history",
    "maintain",
    "move",
    "refused",
    "revoke_key",
    "stream",
    "stream_advanced",
    "streams",
    "troubles",
]
