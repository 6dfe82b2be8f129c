"""Change feeds of their own for tests, each with its loads; shared by the modules that need one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from duokua.lang.interface import Interface, Shape
from engines import Row
from gateway import district
from gateway.world import Gateway, Reply, query, wait_for

COLUMNS = ("id", "name", "phone", "department", "active")
NUMBERS = iter(range(1, 1000))


def feed() -> Interface:
    """Return a change feed of its own for a test."""
    return Interface(
        f"resident_changes_{next(NUMBERS)}", "1.0.0", district.LABEL, district.LABEL, "resident",
        "civil", Shape.CHANGES, COLUMNS, (), ("id",),
    )  # fmt: skip


class Feed:
    """A feed with its loads, each of which is served before the next call."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.interface, self.version = gateway, feed(), 0
        self.path = f"/data/{self.interface.id}"

    def load(self, rows: list[Row], at: float | None = None) -> None:
        self.version += 1
        at = float(self.version) if at is None else at
        home, contract = self.gateway.home, district.contract()
        if self.version == 1:
            home.serve(self.interface, contract, rows)
            return
        home.index(self.interface, contract, rows, self.version, at)
        _, token = self.gateway.granted(self.interface)
        wait_for(
            lambda: self.ask(token, limit=1).json["version"] == self.version, "the new version"
        )

    def ask(self, token: str, **told: Any) -> Reply:
        return self.gateway.ask(query(self.path, **told), token=token)

    def pages(self, token: str, **told: Any) -> Iterator[Reply]:
        reply = self.ask(token, **told)
        yield reply
        while reply.json["next"] is not None:
            reply = self.ask(token, limit=told.get("limit", 100), since=reply.json["next"])
            yield reply


def edited(rows: list[Row]) -> list[Row]:
    """Return another load: 1 has left, 2 is renamed, 3 is in another department, 90 is new."""
    found = {int(str(row["id"])): dict(row) for row in rows}
    del found[1]
    found[2]["name"] = "新名字"
    found[3]["department"] = "D9"
    found[4]["resident_id"] = "990108777777777777"  # not of this interface
    found[90] = {**found[5], "id": 90}
    return list(found.values())
