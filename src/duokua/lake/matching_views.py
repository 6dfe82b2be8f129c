"""The match page (主体比对) of a dataset: reports with others, and the queue of pairs to review."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock, environment
from duokua.kernel.errors import DuokuaError, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade, reviewing
from duokua.lake.facade import DatasetInfo
from duokua.lake.matching import current_key, subject_columns
from duokua.lake.reviewing import PairInfo, RunInfo

_MOST = 10_000
_DIGITS = 18  # of a number that a database can hold
_KINDS = {"probable": Text("疑似", "probable"), "conflict": Text("冲突", "conflict")}
_REASONS = {
    "name_birth": Text("同名且出生日期相同", "same name and birth date"),
    "name_phone": Text("同名且电话相同", "same name and phone"),
    "name_birth_phone": Text("同名且出生日期、电话相同", "same name, birth date and phone"),
    "names_differ": Text("同一编号、姓名不同", "same number, other name"),
}
_VERDICTS = {
    "open": Text("待复核", "to be reviewed"),
    "same": Text("同一主体", "the same"),
    "different": Text("不同主体", "different"),
}


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair in words."""

    info: PairInfo
    kind: Text
    reason: Text
    verdict: Text


@dataclass(frozen=True, slots=True)
class Report:
    """A stored report with the other dataset's title; pairs where the person may see them."""

    run: RunInfo
    other: DatasetInfo
    may_decide: bool
    pairs: list[PairRow]


@policy.roles(Role.STEWARD, Role.BUREAU, Role.AUDITOR)
def matches(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Show the match reports of a dataset; match it with another; decide on a pair.

    :raises NotFound: there is no such dataset.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    if person.viewer is not None and not person.holds(Role.STEWARD, info.owner):
        raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
    fault: DuokuaError | None = None
    if request.method == "POST":
        try:
            _act(request, person, info)
            return redirect("dataset_matches", dataset_id)
        except DuokuaError as error:
            fault = error
    context = {
        "info": info,
        "fault": fault,
        "others": _others(info, person),
        "reports": [_report(run, info, person) for run in _visible(info, person)],
    }
    return render(request, "lake/matches.html", context, status=422 if fault else 200)


def _may(person: Person, *sides: DatasetInfo) -> bool:
    """A reviewer of the data bureau matches any two, a steward two of their own department."""
    if Role.BUREAU in person.hats:
        return True
    return all(person.holds(Role.STEWARD, each.owner) for each in sides)


def _act(request: HttpRequest, person: Person, info: DatasetInfo) -> None:
    other = request.POST.get("other", "")
    if not _may(person, info, facade.describe(other, viewer=person.viewer)):
        raise policy.RoleNeeded(Role.BUREAU)
    if "pair" in request.POST:
        found = [run for run in reviewing.runs_of(info.id) if other in (run.left, run.right)]
        pair = request.POST["pair"]
        if not found or not pair.isdecimal() or len(pair) > _DIGITS:
            raise NotFound(Text("没有这一对", "there is no such pair"), Text("请刷新", "reload"))
        verdict = request.POST.get("verdict", "")
        reviewing.decide(found[0].id, int(pair), verdict, by=person.username, now=clock.now())
        return
    key = current_key(environment.read().secret())
    reviewing.run(info.id, other, key=key, by=person.username, now=clock.now())


def _others(info: DatasetInfo, person: Person) -> list[DatasetInfo]:
    """Return the datasets about the same kind of subject that this person may match it with."""
    ours = subject_columns(info.contract)
    found = facade.datasets(limit=_MOST, viewer=person.viewer) if ours else []
    return [
        each
        for each in found
        if each.id != info.id
        and _may(person, info, each)
        and (theirs := subject_columns(each.contract))
        and ours
        and theirs.kind is ours.kind
    ]


def _visible(info: DatasetInfo, person: Person) -> list[RunInfo]:
    """Leave out reports with datasets that are kept from this person."""
    runs = reviewing.runs_of(info.id)
    ends = {name for run in runs for name in (run.left, run.right)}
    known = facade.titles(ends, viewer=person.viewer).keys()
    return [run for run in runs if {run.left, run.right} <= known]


def _report(run: RunInfo, info: DatasetInfo, person: Person) -> Report:
    other = facade.describe(run.right if run.left == info.id else run.left, viewer=person.viewer)
    may = _may(person, info, other)
    pairs = reviewing.pairs(run.id) if may else []
    rows = [
        PairRow(each, _KINDS[each.kind], _REASONS[each.reason], _VERDICTS[each.verdict])
        for each in pairs
    ]
    return Report(run, other, may, rows)
