"""Pages of installed packs (已安装场景包): versions, rules and their last run, grants that are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import SortValue, page
from duokua.pack import facade
from duokua.pack.facade import InstallationInfo, RuleState
from duokua.pack.states import PackState
from duokua.pack.values import RULE_STANDINGS, STANDINGS
from duokua.shell.language import active

OFFICE = (Role.BUREAU, Role.AUDITOR)
_OWNERS = (Role.STEWARD, Role.HEAD)
_STATE = (Text("状态", "State"), Text("全部状态", "Every state"))
_OWNER = (Text("部门", "Department"), Text("全部部门", "All departments"))
_ORDERS = {
    "title": Text("按名称", "By title"),
    "-since": Text("最新在前", "Newest first"),
    "since": Text("最早在前", "Oldest first"),
}
_SORTS: dict[str, Callable[[InstallationInfo], SortValue]] = {
    "title": lambda info: info.title.in_(active()),
    "since": lambda info: info.installed_at.timestamp() if info.installed_at else 0.0,
}
_HEAD = (
    "pack", "title_zh", "title_en", "version", "owner", "state", "rules", "standing_still",
    "open_findings", "signed_by", "installed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An installation with the name of its department and how many of its rules stand still."""

    info: InstallationInfo
    owner: Text
    state: PackState
    rules: int
    still: int
    open: int


@policy.roles(*OFFICE, *_OWNERS)
def packs(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List installed packs: all for the data bureau and the auditors, else one's department's."""
    names, now = departments(), clock.now()
    seen = [info for info in facade.installations(removed=True) if _may(person, info)]
    owners = [(code, names.get(code, code)) for code in sorted({info.owner for info in seen})]
    choices = [
        asking.offered(request, "state", *_STATE, PackState.choices),
        asking.offered(request, "department", *_OWNER, owners),
        asking.orders(request, _ORDERS.items()),
    ]
    state, owner, sort = (each.value for each in choices)
    words = asking.words(request)
    found = [
        info
        for info in seen
        if state in ("", info.state)
        and owner in ("", info.owner)
        and words.lower() in f"{info.pack} {info.title.zh} {info.title.en}".lower()
    ]
    if kind := asking.export(request):
        return list_answer(kind, "packs", _HEAD, [_plain(_line(e, names, now)) for e in found])
    shown = page(
        found,
        sorts=_SORTS,
        identity=lambda info: info.pack,
        sort=sort,
        after=request.GET.get("after"),
    )
    context = {
        "lines": [_line(info, names, now) for info in shown.rows],
        "page": shown,
        "choices": choices,
        "words": words,
        "filtered": bool(state or owner or words),
        "trusted": facade.trusted(),
    }
    return render(request, "pack/packs.html", context)


def _line(info: InstallationInfo, names: Mapping[str, Text], now: datetime) -> Line:
    rules = [] if info.state == PackState.REMOVED else facade.rule_states(info.pack, now=now)
    return Line(
        info, names.get(info.owner, Text(info.owner, info.owner)), PackState(info.state),
        len(rules), sum(_still(each) for each in rules), sum(each.open for each in rules),
    )  # fmt: skip


def _plain(line: Line) -> dict[str, object]:
    info = line.info
    return {
        "pack": info.pack, "title_zh": info.title.zh, "title_en": info.title.en,
        "version": info.version, "owner": info.owner, "state": str(info.state),
        "rules": line.rules, "standing_still": line.still, "open_findings": line.open,
        "signed_by": info.signed_by or "",
        "installed_at": iso(info.installed_at) if info.installed_at else "",
    }  # fmt: skip


def _may(person: Person, info: InstallationInfo) -> bool:
    if person.hats & set(OFFICE):
        return True
    return any(person.holds(role, info.owner) for role in _OWNERS)


def _still(state: RuleState) -> bool:
    return state.standing in ("failed", "stale", "waiting")


@policy.roles(*OFFICE, *_OWNERS)
def pack(request: HttpRequest, person: Person, pack_id: str) -> HttpResponseBase:
    """Show one pack: its rules with their last run, what they read, and what is missing."""
    try:
        info = facade.installation(pack_id)
    except NotFound:
        raise Http404 from None
    if not _may(person, info):
        raise Http404
    now, names = clock.now(), departments()
    functions, runs = facade.functions(pack_id)
    context = {
        "info": info,
        "functions": functions,
        "functions_run": runs,
        "state": PackState(info.state),
        "owner": names.get(info.owner, Text(info.owner, info.owner)),
        "rules": [
            (each, RULE_STANDINGS[each.standing]) for each in facade.rule_states(pack_id, now=now)
        ],
        "needs": [
            (each, STANDINGS[each.standing], names.get(each.owner, Text("", "")))
            for each in facade.needs(pack_id, now=now)
        ],
        "removed": info.state == PackState.REMOVED,
    }
    return render(request, "pack/pack.html", context)
