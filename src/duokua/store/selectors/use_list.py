"""Lists of grants in use: narrowed, in three orders, in keyset pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from duokua.lists.paging import mark, page, read_instant
from duokua.store.models import Request, Use
from duokua.store.selectors.use import USED, resources, trends
from duokua.store.states.request import RequestState
from duokua.store.values.use import ResourcePage

PAGE = 20
_FAR = datetime(9999, 12, 31, tzinfo=UTC)
_TIMES: dict[str, Any] = {
    "changed": F("changed_at"),
    "ends": Coalesce("ends_at", Value(_FAR)),
}
SORTS = (*_TIMES, "calls")


def narrowed(rows: QuerySet[Request], asked: Mapping[str, str]) -> QuerySet[Request]:
    """Narrow a list by ``state``, ``department``, ``idle`` and words ``q``."""
    if asked.get("state") in set(USED):
        rows = rows.filter(state=asked["state"])
    if asked.get("department"):
        rows = rows.filter(department=asked["department"])
    if asked.get("idle"):
        idle = Use.objects.filter(proposed_at__isnull=False)
        rows = rows.filter(id__in=idle.values("request_id"), state=RequestState.IN_USE)
    if words := asked.get("q", "").strip():
        rows = rows.filter(
            Q(listing__title_zh__icontains=words)
            | Q(listing__title_en__icontains=words)
            | Q(interface__icontains=words)
            | Q(client__icontains=words)
            | Q(body__purpose__icontains=words)
        )
    return rows


def page_of(
    rows: QuerySet[Request], *, sort: str | None, after: str | None, now: datetime
) -> ResourcePage:
    """Return the page after a mark; ``sort`` is one of ``SORTS``, by default the newest changes."""
    name = (sort or "").removeprefix("-")
    if name not in SORTS:
        name, sort = "changed", "-changed"
    down = (sort or "").startswith("-")
    told = f"{'-' * down}{name}"
    if name == "calls":
        ids, following = _by_calls(rows, told, after, now)
    else:
        ids, following = _by_time(rows, name, down, after)
    whole = Request.objects.filter(id__in=ids).select_related("listing").in_bulk()
    found = resources([whole[each] for each in ids if each in whole], now)
    return ResourcePage(tuple(found), following, told)


def _by_time(
    rows: QuerySet[Request], name: str, down: bool, after: str | None
) -> tuple[list[str], str | None]:
    rows = rows.annotate(place=_TIMES[name])
    if (place := read_instant(after)) is not None:
        at, way = place[0], "lt" if down else "gt"
        rows = rows.filter(Q(**{f"place__{way}": at}) | Q(**{"place": at, f"id__{way}": place[1]}))
    signs = ("-place", "-id") if down else ("place", "id")
    found = list(rows.order_by(*signs).values_list("id", "place")[: PAGE + 1])
    more = len(found) > PAGE
    last = found[PAGE - 1] if more else None
    return [each for each, _ in found[:PAGE]], mark(last[1].isoformat(), last[0]) if last else None


def _by_calls(
    rows: QuerySet[Request], sort: str, after: str | None, now: datetime
) -> tuple[list[str], str | None]:
    """Order by what the metering counted, which is not in the database: ids and sums only."""
    pairs: Sequence[tuple[str, str | None]] = list(rows.values_list("id", "grant_id"))
    figures = trends({grant for _, grant in pairs if grant}, now)
    counted = {id_: figures[grant].total if grant in figures else 0 for id_, grant in pairs}
    shown = page(
        [id_ for id_, _ in pairs],
        sorts={"calls": lambda id_: counted[id_]},
        identity=lambda id_: id_,
        sort=sort,
        after=after,
        size=PAGE,
    )
    return list(shown.rows), shown.next
