"""Reads of grants in use: calls by day, refusals, probes, and who may see them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from duokua.exchange import facade as exchange
from duokua.exchange.probing.values import WORDS
from duokua.identity.facade import Person, Role
from duokua.kernel import environment
from duokua.kernel.clock import district_day
from duokua.kernel.text import Text
from duokua.serving import usage
from duokua.serving.usage import Within
from duokua.store.models import Probe, Request, Step, Use
from duokua.store.selectors.request import request_info
from duokua.store.states.request import RequestState, StepKind, StepState
from duokua.store.values.use import (
    SHOWN_DAYS,
    CheckInfo,
    DecidedStep,
    ProbeInfo,
    Resource,
    Trend,
)
from duokua.store.values.words import both

_LOOKED_BACK = 119  # days that the metering keeps as days
_WIDE = (Role.BUREAU, Role.AUDITOR, Role.SECURITY)
USED = (
    RequestState.PROVISIONING, RequestState.IN_USE, RequestState.SUSPENDED, RequestState.FAILED,
    RequestState.REVOKED, RequestState.EXPIRED, RequestState.GIVEN_BACK,
)  # fmt: skip
_OPENED = Text("开通授权", "opening the grant")


def last_calls(grants: Collection[str], today: date) -> dict[str, date]:
    """Return the newest day on which each grant was called, as far back as days are kept."""
    within = Within(today - timedelta(days=_LOOKED_BACK), today)
    found: dict[str, date] = {}
    for each in usage.served(environment.read().usage, within):
        if each.calls and each.grant in grants:
            found[each.grant] = max(each.day, found.get(each.grant, each.day))
    return found


def trends(
    grants: Collection[str], now: datetime, *, departments: frozenset[str] | None = None
) -> dict[str, Trend]:
    """Return calls by day and refusals of grants over the days that pages show."""
    today = district_day(now)
    first = today - timedelta(days=SHOWN_DAYS - 1)
    days = tuple(first + timedelta(days=at) for at in range(SHOWN_DAYS))
    path, within = environment.read().usage, Within(first, today, departments=departments)
    calls: dict[str, Counter[date]] = defaultdict(Counter)
    rows: Counter[str] = Counter()
    for each in usage.served(path, within):
        if each.grant in grants:
            calls[each.grant][each.day] += each.calls
            rows[each.grant] += each.rows
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    for one in usage.refused(path, within):
        if one.grant in grants:
            refused[one.grant][one.code] += one.calls
    return {
        grant: Trend(
            days, tuple(calls[grant][day] for day in days), rows[grant],
            max(calls[grant], default=None), tuple(refused[grant].most_common()),
        )
        for grant in grants
    }  # fmt: skip


def used_by(department: str) -> QuerySet[Request]:
    """Return what a department uses, or used."""
    return Request.objects.filter(department=department, state__in=USED)


def owned_by(person: Person) -> QuerySet[Request]:
    """Return what others use of a person's department; of every one for those who watch."""
    rows = Request.objects.filter(state__in=USED)
    if person.hats & set(_WIDE):
        return rows
    return rows.filter(provider=person.department)


def resources(rows: Sequence[Request], now: datetime) -> list[Resource]:
    """Return grants in use with their figures; the metering is read once for all of them."""
    grants = {row.grant_id for row in rows if row.grant_id}
    within = frozenset(row.department_id for row in rows)
    figures = trends(grants, now, departments=within) if grants else {}
    known = Use.objects.in_bulk([row.id for row in rows], field_name="request_id")
    titles = {each: exchange.client(each).title for each in {row.client for row in rows} if each}
    newest = newest_probes([row.id for row in rows])
    nothing = Trend((), (), 0, None)
    return [
        Resource(
            request=request_info(row),
            title=Text(row.listing.title_zh, row.listing.title_en),
            client_title=titles.get(row.client, row.client),
            policy="",
            trend=figures.get(row.grant_id or "", nothing),
            idle_since=known[row.id].idle_since if row.id in known else None,
            kept_because=known[row.id].kept_because if row.id in known else "",
            probed=newest.get(row.id),
        )
        for row in rows
    ]


def probes(row: Request) -> list[ProbeInfo]:
    """Return every probe of a request, newest first."""
    return [_probe(each) for each in Probe.objects.filter(request=row).order_by("-at", "-id")]


def newest_probes(requests: Collection[str]) -> dict[str, ProbeInfo]:
    """Return the newest probe of each request."""
    rows = Probe.objects.filter(request__in=requests).order_by("at", "id")
    return {row.request_id: _probe(row) for row in rows}


def _probe(row: Probe) -> ProbeInfo:
    checks = tuple(
        CheckInfo(WORDS.get(told["what"], _OPENED), told["expected"], told["seen"], told["passed"])
        for told in row.checks
    )
    way = next((str(told.get("way", "")) for told in row.checks), "")
    return ProbeInfo(row.pk, row.grant, row.after, way, row.passed, checks, row.took_ms, row.at)


def of_grants(grants: Collection[str]) -> dict[str, str]:
    """Return the request of each grant that the store opened, by the grant's id."""
    found = dict(
        Probe.objects.filter(grant__in=grants).exclude(grant="").values_list("grant", "request")
    )
    rows = Request.objects.filter(grant__in=grants).values_list("grant", "id")
    return {**found, **{str(grant): request for grant, request in rows}}


def grants_of(request_id: str) -> list[str]:
    """Return every grant that a request had: the present one, and those that failed."""
    found = set(
        Probe.objects.filter(request=request_id).exclude(grant="").values_list("grant", flat=True)
    )
    present = Request.objects.filter(id=request_id).values_list("grant", flat=True).first()
    return sorted(found | ({present} if present else set()))


def decided(request_id: str) -> list[DecidedStep]:
    """Return the single decisions on a request in their order."""
    rows = Step.objects.filter(request=request_id, decided_at__isnull=False)
    return [
        DecidedStep(
            both(StepKind(row.kind)), both(StepState(row.state)), row.department_id,
            row.decided_by, row.decided_at,
        )
        for row in rows.order_by("decided_at", "id")
        if row.decided_at is not None
    ]  # fmt: skip
