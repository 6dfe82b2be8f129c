"""Pages of use: of my department, of the interfaces it owns, of one interface."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from duokua.exchange import facade as exchange
from duokua.exchange.access import Meter, meters_of
from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lists.asking import EXPORTS, choice
from duokua.lists.exports import csv_answer
from duokua.portal.scope import OUR_CALLS, Scope, scopes
from duokua.portal.usage import PERIODS, Line, Report, report

_DEFAULT_DAYS = 30
_METERED = 50  # grants whose quota is shown


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of use with names, and what is left of its quota where it has one."""

    line: Line
    interface: Text
    department: Text
    meters: tuple[Meter, ...] = ()


@policy.staff
def my_usage(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show my department's calls; to those who answer for interfaces, also the use of theirs."""
    open_to_me = scopes(person)
    wanted = choice(request, "scope", {one.name for one in open_to_me})
    chosen = next((one for one in open_to_me if one.name == wanted), None)
    scope = chosen or _usual(open_to_me)
    found = report(
        clock.now(), _days(request), interfaces=scope.interfaces, departments=scope.departments
    )
    own = scope.name == OUR_CALLS
    meters = _meters(person.department) if own else {}
    context = {"scope": scope, "scopes": open_to_me, "own": own}
    return _answer(request, found, meters, context)


def _usual(open_to_me: list[Scope]) -> Scope:
    return next((one for one in open_to_me if one.name == OUR_CALLS), open_to_me[0])


@policy.roles(Role.STEWARD, Role.BUREAU, Role.AUDITOR)
def interface_usage(request: HttpRequest, person: Person, interface_id: str) -> HttpResponseBase:
    """Show who of which department uses an interface: its owner's stewards, bureau and auditors.

    :raises NotFound: there is no such interface, or it is another department's.
    """
    info = exchange.interface(interface_id, viewer=person.viewer)
    owner = person.holds(Role.STEWARD, info.interface.owner)
    if not owner and person.viewer is not None:
        raise NotFound(
            Text("没有该页面", "there is no such page"),
            Text("用量只对接口所属部门开放", "use is shown to the interface's department"),
        )
    found = report(clock.now(), _days(request), interfaces=frozenset({interface_id}))
    return _answer(request, found, {}, {"interface": info.interface})


def _days(request: HttpRequest) -> int:
    asked = choice(request, "days", {str(days) for days in PERIODS})
    return next((days for days in PERIODS if str(days) == asked), _DEFAULT_DAYS)


def _meters(department: str) -> dict[str, tuple[Meter, ...]]:
    live = [info for info in exchange.grants(department=department) if info.state == "active"]
    return meters_of(live[:_METERED])


def _answer(
    request: HttpRequest,
    found: Report,
    meters: dict[str, tuple[Meter, ...]],
    context: dict[str, object],
) -> HttpResponseBase:
    form = choice(request, "format", EXPORTS)
    if form == "csv":
        return _csv(found)
    if form == "json":
        return JsonResponse(_json(found))
    titles = exchange.interface_titles()
    places = departments()

    def shown(line: Line) -> Shown:
        use = line.use
        return Shown(
            line,
            titles.get(use.interface, Text(use.interface, use.interface)),
            places.get(use.department, Text(use.department or "—", use.department or "—")),
            meters.get(use.grant, ()),
        )

    context |= {
        "report": found,
        "lines": [shown(line) for line in found.lines],
        "open_lines": [shown(line) for line in found.open_lines],
        "periods": PERIODS,
    }
    return render(request, "portal/usage.html", context)


def _csv(found: Report) -> HttpResponseBase:
    head = [
        _("Interface"), _("Department"), _("Program"), _("Grant"), _("Purpose"), _("Calls"),
        _("Rows"), _("Bytes"), _("Refused"), "p50 ms", "p95 ms", "p99 ms",
    ]  # fmt: skip
    body = (list(told.values()) for told in map(_fields, (*found.lines, *found.open_lines)))
    return csv_answer("usage", head, body)


def _fields(line: Line) -> dict[str, object]:
    use, at = line.use, line.latency.at
    return {
        "interface": use.interface,
        "department": use.department,
        "client": use.client,
        "grant": use.grant,
        "purpose": use.purpose,
        "calls": use.calls,
        "rows": use.rows,
        "bytes": line.bytes,
        "refused": line.refused,
        "p50_ms": at(0.5),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
    }


def _json(found: Report) -> dict[str, object]:
    return {
        "days": found.days,
        "grants": [_fields(line) for line in (*found.lines, *found.open_lines)],
        "by_day": [
            {"day": bar.day.isoformat(), "calls": bar.calls, "rows": bar.rows}
            for bar in found.chart.bars
        ],
        "refusals": [
            {
                "code": each.code, "interface": each.interface, "client": each.client,
                "department": each.department, "calls": each.calls,
            }
            for each in found.refusals
        ],
    }  # fmt: skip
