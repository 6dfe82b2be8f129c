"""A small district for the tests of the store: departments, people, one dataset."""

from __future__ import annotations

from datetime import UTC, datetime

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract
from duokua.store.facade import Audience, Findings

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
PASSWORD = "a long password here"
PEOPLE = {
    "steward": ("water", Role.STEWARD),
    "steward_2": ("water", Role.STEWARD),
    "head": ("water", Role.HEAD),
    "security": ("bureau", Role.SECURITY),
    "reviewer": ("bureau", Role.BUREAU),
    "stranger": ("health", Role.STEWARD),
    "user": ("health", Role.DEVELOPER),
}
CLEAN = Findings(
    state_secret=False, personal=True, important=False, level_right=True,
    audience=Audience.DEPARTMENTS,
)  # fmt: skip


def contract(dataset: str = "patrol", level: Level = Level.L2) -> Contract:
    """Return a contract with an open, an internal and a personal column."""
    return Contract(
        id=dataset,
        version="1.0.0",
        title=Text("巡河记录", "River patrols"),
        description=Text("河长巡河", "Patrols of the river chiefs"),
        owner="water",
        level=level,
        columns=(
            Column("patrol_no", Kind.STRING, Text("编号", "Number"), required=True),
            Column("problems", Kind.INTEGER, Text("问题数", "Problems"), level=Level.L2),
            Column("phone", Kind.STRING, Text("电话", "Phone"), level=Level.L2, personal="phone"),
        ),
        key=("patrol_no",),
        refresh_h=24,
    )


def settle(*contracts: Contract) -> None:
    """Make the departments, the people and the datasets."""
    for code in ("water", "bureau", "health"):
        identity.ensure_department(code, f"{code}局", f"{code} bureau")
    for name, (department, role) in PEOPLE.items():
        identity.ensure_person(name, PASSWORD, f"某{name}", name, department, role)
    for each in contracts or (contract(),):
        lake.register(dump_contract(each), by="steward", now=NOW)


def person(name: str) -> Person:
    """Return somebody as the portal knows them."""
    department, role = PEOPLE[name]
    found = identity.people_with(role, department, NOW)
    return next(each for each in found if each.username == name)
