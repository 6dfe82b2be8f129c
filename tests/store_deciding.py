"""Requests that wait for decisions, and the people who decide them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.lang.grant import Quota
from duokua.store.facade import asking
from duokua.store.facade.asking import Ask
from duokua.store.models import Request, Step
from store_world import NOW, put_on_show, register

PASSWORD = "a long password here"
PEOPLE = {
    "steward": ("water", Role.STEWARD),
    "steward_2": ("water", Role.STEWARD),
    "head": ("water", Role.HEAD),
    "security": ("bureau", Role.SECURITY),
    "reviewer": ("bureau", Role.BUREAU),
    "reviewer_2": ("bureau", Role.BUREAU),
    "reviewer_3": ("bureau", Role.BUREAU),
    "auditor": ("bureau", Role.AUDITOR),
    "user": ("health", Role.DEVELOPER),
    "user_head": ("health", Role.HEAD),
    "user_head_2": ("health", Role.HEAD),
    "stranger": ("sport", Role.STEWARD),
    "mayor": ("district", Role.HEAD),
    "secretary": ("district", Role.STEWARD),
}
ASK = Ask(
    purpose="持证核查", explanation="窗口办件时核对是否持证上岗", basis="条例第二十五条",
    scenario="政务窗口", without="只能请当事人自行举证", columns=("crew_no", "site", "trade", "since"),
    valid_until=NOW + timedelta(days=90), duty=True, disposal="不留存数据", question="case",
    more="窗口办件时须核对进场日期", quota=Quota(calls_per_day=500), row_cap=1000,
)  # fmt: skip


def settle() -> None:
    """Make departments, people, a resource on show and a program."""
    for code in ("water", "bureau", "health", "sport", "district"):
        identity.ensure_department(code, f"{code}局", f"{code} bureau")
    for name, (department, role) in PEOPLE.items():
        identity.ensure_person(name, PASSWORD, f"某{name}", name, department, role)
    put_on_show(register("water", steward="steward"))
    exchange.create_client(
        title="窗口", department="health", by="user", now=NOW, client_id="counter"
    )


def person(name: str, at: datetime = NOW) -> Person:
    """Return somebody as the portal knows them at an instant."""
    department, role = PEOPLE[name]
    found = identity.people_with(role, department, at)
    return next(each for each in found if each.username == name)


def submitted(ask: Ask = ASK, product: str = "crew_by_id", by: str = "user") -> Request:
    """Submit a request and return it."""
    made = asking.draft_request("crew", product, person(by), now=NOW)
    of = asking.requested(made, person(by))
    of = asking.save_step(of, ask, person(by), now=NOW)
    wrong = asking.faults_of(of, NOW)
    assert not wrong, wrong
    asking.submit_request(made, person(by), now=NOW)
    return Request.objects.select_related("listing").get(id=made)


FIGURES = replace(ASK, question="figures", columns=("trade",), more="")
LIST = replace(ASK, question="list", columns=("crew_no", "site", "trade", "name"), masks=())


def step(row: Request, kind: str) -> Step:
    """Return the newest step of a kind."""
    found = Step.objects.filter(request=row, kind=kind).order_by("-round").first()
    assert found is not None
    return found
