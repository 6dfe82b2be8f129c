"""Listing the demonstration's datasets (演示上架): each with the four people who did its steps.

Most are on show for months; some are in each other state of a listing's life, made by the very acts
that lead there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.project.demo import district
from duokua.project.demo.filling import BY
from duokua.store import facade as store

_SAFEGUARDS = "按申请逐项审批，默认脱敏，调用留痕。"
_DOMAINS = {
    "society": ("civil_affairs", "education", "health", "human_resources", "medical_insurance",
                "disabled_federation", "veterans", "culture_tourism"),
    "economy": ("market_supervision", "commerce", "tax", "development_reform", "finance",
                "economy_technology", "statistics"),
    "law": ("public_security", "justice", "audit_office"),
    "governing": ("district_office", "xixing_street", "changhe_street", "puyan_street"),
}  # fmt: skip
# Left for reviewers to work on: dataset and how far its listing has come.
UNDER_WAY = {
    "school_enrolment": "draft",
    "village_house": "draft",
    "supervision_task": "assessment",
    "alarm_record": "assessment",
    "river_patrol": "consent",
    "key_fire_unit": "review",
    "pump_station": "review",
}
NOTICES = {
    "public_wifi": "数据源停用，改由通信管理部门统一发布",
    "tax_arrears": "并入纳税信用数据集",
}


def list_all(now: datetime) -> None:
    """Put every dataset on show that is not under way; those that are there already stay."""
    draw = Random(f"{district.SEED}/listings")  # noqa: S311 - demonstration data
    people, names = Posts(now), identity.departments()
    taken = []
    for dataset in lake.datasets(limit=10_000):
        shown = now - timedelta(days=draw.randint(30, 95), hours=draw.randint(1, 9))
        if dataset.contract.id not in UNDER_WAY:
            taken.append(_taken(dataset.contract, shown, people, names[dataset.contract.owner]))
    store.publish_listings(taken, by=BY, now=now)
    for dataset_id, until in UNDER_WAY.items():
        _under_way(dataset_id, until, people, now)
    for dataset_id, reason in NOTICES.items():
        _announce(dataset_id, reason, people, now)


@dataclass
class Posts:
    """Who holds a post of a department."""

    now: datetime

    @cached_property
    def people(self) -> dict[str, list[identity.Person]]:
        """Everybody by department, read once."""
        return identity.people_by_department(self.now)

    def of(self, role: str, department: str) -> identity.Person:
        """Return the first who holds a post."""
        return self.every(role, department)[0]

    def every(self, role: str, department: str) -> list[identity.Person]:
        """Return everybody who holds a post."""
        return [each for each in self.people[department] if identity.Role(role) in each.roles]


def _taken(contract: Contract, shown: datetime, people: Posts, name: Text) -> store.TakenOver:
    body = _body(contract, name)
    public = body.share_class == store.ShareClass.UNCONDITIONAL
    return store.TakenOver(
        dataset=contract.id,
        body=body,
        steward=people.of("steward", contract.owner).username,
        security=people.of("security", "data_bureau").username,
        head=people.of("head", contract.owner).username,
        bureau=people.of("bureau", "data_bureau").username,
        findings=_findings(contract, public=public),
        drafted_at=shown - timedelta(days=6),
        shown_at=shown,
        comment=_SAFEGUARDS,
    )


def _findings(contract: Contract, *, public: bool) -> store.Findings:
    return store.Findings(
        state_secret=False,
        personal=contract.personal,
        important=False,
        level_right=True,
        audience=store.Audience.PUBLIC if public else store.Audience.DEPARTMENTS,
    )


def _body(contract: Contract, name: Text) -> store.ListingBody:
    domain = next((d for d, owners in _DOMAINS.items() if contract.owner in owners), "government")
    return replace(
        store.propose_listing(contract.id),
        domain=domain,
        contact=Text(f"{name.zh}数据科", f"Data section, {name.en}"),
        phone="0571-10000000",
    )


def _under_way(dataset_id: str, until: str, people: Posts, now: datetime) -> None:
    """Draft a listing and take it as far as ``until``, unless that was begun before."""
    contract = lake.contract(dataset_id)
    steward = people.of("steward", contract.owner)
    body = _body(contract, identity.departments()[contract.owner])
    try:
        store.draft_listing(dataset_id, by=steward, now=now, body=body)
    except Conflict:
        return
    if until == "draft":
        return
    store.submit_listing(dataset_id, by=steward, now=now)
    if until in ("consent", "review"):
        store.review_listing(
            dataset_id,
            by=people.of("security", "data_bureau"),
            agreed=True,
            comment=_SAFEGUARDS,
            findings=_findings(contract, public=False),
            now=now,
        )
    if until == "review":
        head = people.of("head", contract.owner)
        store.review_listing(dataset_id, by=head, agreed=True, now=now)


def _announce(dataset_id: str, reason: str, people: Posts, now: datetime) -> None:
    steward = people.of("steward", lake.contract(dataset_id).owner)
    with suppress(Conflict):  # it is announced already
        store.announce_withdrawal(dataset_id, reason=reason, by=steward, now=now)
