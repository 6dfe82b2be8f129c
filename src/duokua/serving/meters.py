"""All meters of a gateway: recovered from the receipts, checkpointed beside them."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import orjson

from duokua.engine.manifest import replace_file
from duokua.lang.grant import OPEN, Grant, Quota
from duokua.ledger.reading import read_records
from duokua.serving.meter import Meter
from duokua.serving.receipts import PROBED
from duokua.serving.state import OPEN_QUOTA, read_checkpoint

_ADDRESSES = 20_000


class Meters:
    """The meters by grant, and those of anonymous callers by address."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._checkpoint = ledger.parent / "meters.json"
        self._by_grant: dict[str, Meter] = {}
        self._by_address: OrderedDict[str, Meter] = OrderedDict()
        self._seq = 0
        self._open: dict[str, tuple[str, float, int]] = {}

    def of(self, grant: Grant) -> Meter:
        """Return the meter of a grant under its present quota; what has been used stays."""
        meter = self._by_grant.get(grant.id)
        if meter is None:
            meter = self._by_grant[grant.id] = Meter(grant.quota)
        elif meter.quota != grant.quota:
            meter.set_quota(grant.quota)
        return meter

    def of_address(self, address: str) -> Meter:
        """Return the meter of an anonymous address; the least recently seen ones are forgotten."""
        meter = self._by_address.get(address)
        if meter is None:
            meter = self._by_address[address] = Meter(OPEN_QUOTA)
            if len(self._by_address) > _ADDRESSES:
                self._by_address.popitem(last=False)
        self._by_address.move_to_end(address)
        return meter

    def recover(self) -> None:
        """Restore the checkpoint and fold in every receipt after it."""
        checkpoint = read_checkpoint(self._checkpoint)
        for id_, state in checkpoint["meters"].items():
            meter = self._by_grant[id_] = Meter(Quota())
            meter.restore(state)
        self._open = {of: (g, at, n) for of, (g, at, n) in checkpoint.get("open", {}).items()}
        self._seq = checkpoint["seq"]
        for body in read_records(self._ledger, after=self._seq):
            self._fold(orjson.loads(body))

    def _fold(self, receipt: dict[str, Any]) -> None:
        self._seq = receipt["seq"]
        if receipt["kind"] == "close":
            grant, at, reserved = self._open.pop(receipt["of"], ("", 0.0, 0))
            if grant in self._by_grant:
                meter = self._by_grant[grant]
                if receipt["status"] == "refused":
                    meter.refund(reserved, at)
                else:
                    meter.settle(reserved - receipt["rows"], at)
            return
        grant = receipt["grant"]
        if grant == OPEN or receipt.get("door") == PROBED:
            return
        rows = receipt["rows"]
        if rows is None:
            rows = receipt["reserved"]
            self._open[receipt["id"]] = (grant, receipt["at"], rows)
        meter = self._by_grant.setdefault(grant, Meter(Quota()))
        meter.replay(receipt["at"], 1, rows)

    def opened(self, receipt: str, grant: str, at: float, reserved: int) -> None:
        """Note a stream that has no closing receipt yet."""
        self._open[receipt] = (grant, at, reserved)

    def closed(self, receipt: str) -> None:
        """Note that a stream has its closing receipt."""
        self._open.pop(receipt, None)

    def snapshot(self, seq: int) -> bytes:
        """Return the state after the receipt ``seq``; write it only once that one is durable."""
        body = {
            "seq": seq,
            "meters": {id_: meter.dump() for id_, meter in self._by_grant.items()},
            "open": {of: list(told) for of, told in self._open.items()},
        }
        return json.dumps(body).encode()

    def write(self, snapshot: bytes) -> None:
        """Replace the checkpoint."""
        replace_file(self._checkpoint, snapshot)
