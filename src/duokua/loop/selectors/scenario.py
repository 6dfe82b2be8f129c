"""Scenarios as people look at them: which there are, who may open them, what the loop tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from duokua.identity.facade import Person, Role, departments
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.manifest import PackRole
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.view import View
from duokua.loop.models import Case, Finding, RuleRun, Ruleset
from duokua.loop.selectors.packs import pack_of
from duokua.loop.states.case import CaseState
from duokua.loop.states.finding import FindingState

_MOST = 2_000


@dataclass(frozen=True, slots=True)
class LastRun:
    """How the newest run of a rule ended."""

    at: datetime
    error: str
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """An active pack and the program under whose grants it reads."""

    pack: Pack
    client: str
    owner: str

    @property
    def id(self) -> str:
        """The name of the pack."""
        return self.pack.manifest.pack


def scenarios() -> list[Scenario]:
    """Return the active packs by name."""
    rows = Ruleset.objects.filter(active=True).order_by("pack")
    told = rows.values_list("pack", "version", "client", "owner_id")
    return [
        Scenario(pack_of(pack, version), client, owner) for pack, version, client, owner in told
    ]


def scenario(pack_id: str, person: Person) -> Scenario:
    """Return an active pack to whoever may open one of its pages.

    :raises NotFound: there is none, or they may not know of it.
    """
    found = next((each for each in scenarios() if each.id == pack_id), None)
    if found is None or not roles_of(found, person):
        raise NotFound(
            Text("没有这个场景，或您无权查看", "there is no such scenario, or not for you"),
            Text("请从首页进入本岗位的场景", "go to the scenarios of your post from the home page"),
        )
    return found


def roles_of(found: Scenario, person: Person) -> tuple[PackRole, ...]:
    """Return the roles of a scenario that a person holds; nobody holds any by default.

    They are held in the departments that the pack names: its owner and those with tasks. The
    district's command holds its roles anywhere; who audits sees what any role sees.
    """
    every = found.pack.manifest.roles
    if Role.AUDITOR in person.hats:
        return every
    return tuple(role for role in every if _holds(person, Role(role.role), _involved(found)))


def _holds(person: Person, role: Role, places: frozenset[str]) -> bool:
    if role is Role.COMMAND:
        return role in person.hats
    return any(person.holds(role, place) for place in places)


def _involved(found: Scenario) -> frozenset[str]:
    """Return the departments that a pack gives something to do."""
    plays = [task for book in found.pack.playbooks.values() for task in book.tasks]
    named = {task.department for task in plays if not task.department.startswith("$")}
    if any(task.department.startswith("$") and task.department != "$owner" for task in plays):
        named |= set(departments())  # whom a row concerns is not known beforehand
    return frozenset(named | {found.owner})


def views_of(found: Scenario, person: Person) -> list[View]:
    """Return the views of a scenario that a person may open; entity pages are no entries of a menu."""
    held = {role.id for role in roles_of(found, person)}
    views = found.pack.views.values()
    return [view for view in views if held and (not view.roles or held & set(view.roles))]


def last_runs(pack: str) -> dict[str, LastRun]:
    """Return the newest run of each rule of a pack."""
    newest = RuleRun.objects.filter(pack=pack).values("rule").annotate(last=Max("id"))
    rows = RuleRun.objects.filter(id__in=[each["last"] for each in newest])
    return {row.rule: LastRun(row.until, _told(row.error), tuple(row.stale)) for row in rows}


def _told(error: Any) -> str:
    if not error:
        return ""
    if isinstance(error, dict):
        what = error.get("what", error)
        return str(what.get("zh", what) if isinstance(what, dict) else what)
    return str(error)


def open_findings(pack: str) -> dict[str, int]:
    """Return how many findings of each rule of a pack stand open."""
    rows = Finding.objects.filter(pack=pack, state=FindingState.OPEN).values("rule")
    return {row["rule"]: row["n"] for row in rows.annotate(n=Count("id"))}


def case_rows(pack: str, english: bool) -> Iterator[dict[str, Any]]:
    """Yield the cases of a pack, newest first; drills are left out."""
    names = departments()
    rows = Case.objects.filter(pack=pack, drill=False).order_by("-id")[:_MOST]
    for row in rows:
        lead = names.get(row.lead_id)
        yield {
            "number": row.number,
            "title": (row.title_en if english else row.title_zh) or row.title_zh,
            "name": row.name, "level": row.level, "state": CaseState(row.state).label,
            "department": (lead.in_("en" if english else "zh")) if lead else row.lead_id,
            "opened_at": row.opened_at, "due_at": row.due_at, "closed_at": row.closed_at,
            "rule": row.rule, "lon": row.lon, "lat": row.lat,
        }  # fmt: skip


def finding_rows(pack: str) -> Iterator[dict[str, Any]]:
    """Yield the findings of a pack, newest first."""
    for row in Finding.objects.filter(pack=pack).order_by("-id")[:_MOST]:
        yield {
            "rule": row.rule, "name": row.name, "level": row.level,
            "state": FindingState(row.state).label, "opened_at": row.opened_at,
            "seen_at": row.seen_at, "cleared_at": row.cleared_at, "times": row.times,
            "lon": row.lon, "lat": row.lat,
        }  # fmt: skip
