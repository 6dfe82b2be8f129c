"""Reads for the portal's home page and the pages of the five domains: few queries, no bodies."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from duokua.identity.facade import Person, Role
from duokua.kernel.text import Text
from duokua.store.models import Follow, Listing, Question, Request
from duokua.store.selectors import dispute
from duokua.store.selectors.decision import waiting_for
from duokua.store.selectors.request_list import departments_of
from duokua.store.selectors.versions import waiting
from duokua.store.states.listing import VISIBLE
from duokua.store.states.request import LIVE, RequestState
from duokua.store.values.home import Domain, Shown, Todo
from duokua.store.values.vocabulary import DOMAINS

ENDS_SOON = timedelta(days=30)


def on_show(department: str | None) -> QuerySet[Listing]:
    """Return the listings that people of a department may see; ``None``: whoever it is."""
    shown = Q(state__in=VISIBLE) & ~Q(level="L4")
    own = Q(owner=department, state__in=VISIBLE) if department else Q(pk__in=())
    return Listing.objects.filter(shown | own)


def domains(department: str | None) -> list[Domain]:
    """Return the five domains with what people of a department see in each."""
    rows = defaultdict(list)
    told = on_show(department).values_list("domain", "owner_id", "dataset_id")
    for domain, owner, dataset in told:
        rows[domain].append((owner, dataset))
    return [
        Domain(
            name,
            title,
            len(rows[name]),
            frozenset(owner for owner, _ in rows[name]),
            frozenset(dataset for _, dataset in rows[name] if dataset),
        )
        for name, title in DOMAINS.items()
    ]


def of_domain(domain: str, department: str | None, limit: int) -> list[Shown]:
    """Return what is on show in a domain, most used first."""
    rows = on_show(department).filter(domain=domain).select_related("owner")
    return [_shown(row) for row in rows.order_by("-heat", "id")[:limit]]


def followed(person: Person, limit: int) -> list[Shown]:
    """Return what a person follows, the newest first."""
    ids = list(
        Follow.objects.filter(username=person.username)
        .order_by("-at")
        .values_list("listing_id", flat=True)[:limit]
    )
    rows = {
        row.id: row for row in on_show(person.department).filter(id__in=ids).select_related("owner")
    }
    return [_shown(rows[each]) for each in ids if each in rows]


def named(ids: list[str], department: str) -> list[Shown]:
    """Return those listings that may be seen, in the order of ``ids``."""
    found = on_show(department).filter(id__in=ids).select_related("owner")
    rows = {row.id: row for row in found}
    return [_shown(rows[each]) for each in ids if each in rows]


def suggested(person: Person, limit: int) -> list[Shown]:
    """Return what a newcomer may begin with: the most used of other departments, best first."""
    rows = on_show(person.department).exclude(owner=person.department).select_related("owner")
    return [_shown(row) for row in rows.order_by("-heat", "-quality", "id")[:limit]]


def successors(but: str, department: str, limit: int) -> list[Shown]:
    """Return what may follow on a listing: what a department sees, its own first, most used first."""
    rows = on_show(department).exclude(id=but).exclude(level="L4").select_related("owner")
    own = rows.filter(owner=department).order_by("-heat", "id")[:limit]
    found = [*own, *rows.exclude(owner=department).order_by("-heat", "id")[: limit - len(own)]]
    return [_shown(row) for row in found]


def _shown(row: Listing) -> Shown:
    return Shown(
        row.id,
        Text(row.title_zh, row.title_en),
        row.owner_id,
        Text(row.owner.name_zh, row.owner.name_en),
        row.level,
        row.share_class,
        None if row.quality is None else round(100 * row.quality),
        row.heat,
    )


def todos(person: Person, now: datetime) -> list[Todo]:
    """Return what waits for a person; what nothing waits in is left out."""
    steps = waiting_for(person).aggregate(n=Count("id"), late=Count("id", filter=Q(due_at__lt=now)))
    mine = Request.objects.filter(requested_by=person.username).aggregate(
        drafts=Count("id", filter=Q(state=RequestState.DRAFT)),
        returned=Count("id", filter=Q(state=RequestState.RETURNED)),
        ending=Count("id", filter=Q(state__in=LIVE, ends_at__lt=now + ENDS_SOON)),
    )
    questions = Question.objects.filter(
        answered_at__isnull=True, listing__owner__in=departments_of(person, Role.STEWARD)
    ).count()
    disputes = dispute.waiting(person)
    found = [
        Todo("decide", Text("待我审批", "To decide"), steps["n"], "/store/inbox/", steps["late"]),
        Todo("review", Text("待我审核的资源", "Listings to review"), len(waiting(person)), "/store/review/"),
        Todo("disputes", Text("待处理的争议", "Disputes to act in"), len(disputes),
             "/store/disputes/?turn=mine",
             sum(each.due_at is not None and each.due_at < now for each in disputes)),
        Todo("returned", Text("退回补正", "Returned to me"), mine["returned"],
             "/store/requests/?state=returned"),
        Todo("questions", Text("待答复的提问", "Questions to answer"), questions,
             "/store/listings/mine/"),
        Todo("ending", Text("30 天内到期", "Ends within 30 days"), mine["ending"], "/me/resources/"),
        Todo("drafts", Text("未提交的草稿", "Drafts not submitted"), mine["drafts"],
             "/store/requests/?state=draft"),
    ]  # fmt: skip
    return [each for each in found if each.count]
