"""Pages of installed packs (已安装场景包): versions, rules and their last run, grants that are missing."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.pack import facade
from duokua.pack.facade import InstallationInfo, RuleState
from duokua.pack.states import PackState
from duokua.pack.values import RULE_STANDINGS, STANDINGS

OFFICE = (Role.BUREAU, Role.AUDITOR)
_OWNERS = (Role.STEWARD, Role.HEAD)


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
    lines = []
    for info in facade.installations(removed=True):
        if not _may(person, info):
            continue
        rules = [] if info.state == PackState.REMOVED else facade.rule_states(info.pack, now=now)
        lines.append(
            Line(info, names.get(info.owner, Text(info.owner, info.owner)), PackState(info.state),
                 len(rules), sum(_still(each) for each in rules), sum(each.open for each in rules))
        )  # fmt: skip
    return render(request, "pack/packs.html", {"lines": lines, "trusted": facade.trusted()})


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
