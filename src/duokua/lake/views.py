"""Pages of datasets (数据集): what there is and what it looks like; never any rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.cells import cell_words
from duokua.lake.facade import ColumnStats, DatasetInfo, DatasetLine
from duokua.lake.quality_views import newest
from duokua.lang.contract import Column, Level
from duokua.lists.asking import choice, order, words
from duokua.lists.exports import csv_answer
from duokua.lists.paging import SortValue, page
from duokua.shell.language import active

_BATCHES = 20
_SAMPLE = 8


def _title(info: DatasetLine) -> SortValue:
    return info.title.in_(active())


def _rows(info: DatasetLine) -> SortValue:
    return info.rows or 0


def _refreshed(info: DatasetLine) -> SortValue:
    return info.refreshed_at.timestamp() if info.refreshed_at else 0.0


def _level(info: DatasetLine) -> SortValue:
    return str(info.level)


SORTS = {"title": _title, "rows": _rows, "refreshed": _refreshed, "level": _level}


@dataclass(frozen=True, slots=True)
class ListedDataset:
    """A dataset with its owner's name, as the list shows it."""

    info: DatasetInfo
    owner: Text


@policy.staff
def datasets(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the datasets by search, department and level; ``format=csv`` exports the list."""
    owners = departments()
    found = facade.dataset_lines(
        search=words(request) or None,
        department=choice(request, "department", owners) or None,
        level=choice(request, "level", set(Level)) or None,
        viewer=person.viewer,
    )
    if choice(request, "format", ("csv",)):
        return _export(facade.named_datasets([line.id for line in found]), owners)
    shown = page(
        found,
        sorts=SORTS,
        identity=lambda line: line.id,
        sort=order(request, SORTS),
        after=request.GET.get("after"),
    )
    infos = facade.named_datasets([line.id for line in shown.rows])
    context = {
        "page": shown,
        "rows": [ListedDataset(info, _owner(owners, info.owner)) for info in infos],
        "owners": owners,
        "levels": list(Level),
    }
    return render(request, "lake/datasets.html", context)


def _owner(owners: Mapping[str, Text], code: str) -> Text:
    return owners.get(code, Text(code, code))


def _export(found: list[DatasetInfo], owners: Mapping[str, Text]) -> HttpResponseBase:
    head = [_("Identifier"), _("Title"), _("Department"), _("Level"), _("Rows"), _("Refreshed")]
    rows = (
        (
            info.id,
            info.title.in_(active()),
            _owner(owners, info.owner).in_(active()),
            str(info.level),
            info.rows,
            info.refreshed_at.isoformat() if info.refreshed_at else "",
        )
        for info in found
    )
    return csv_answer("datasets", head, rows)


_SHUT = Text("•••", "•••")


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the contract beside its statistics."""

    column: Column
    stats: ColumnStats | None
    key: bool
    subject: bool
    shown: bool  # whether its values may be
    distinct: int | None  # about

    @property
    def least(self) -> Text:
        """The least value, where it tells nothing about anybody."""
        return self._bound(self.stats.min if self.stats else None)

    @property
    def greatest(self) -> Text:
        """The greatest value, where it tells nothing about anybody."""
        return self._bound(self.stats.max if self.stats else None)

    def _bound(self, value: object) -> Text:
        # A bound is a real value of a real row: of a person's or a sensitive column it stays shut.
        return cell_words(value, self.column) if self.shown else _SHUT


@policy.staff
def dataset(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Show one dataset: contract, exact statistics as kept at ingest, batches.

    :raises NotFound: there is no such dataset.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    contract = info.contract
    profile = facade.profile_of(dataset_id)
    shown = [contract.by_name[name] for name in profile.shown] if profile else []
    context = {
        "info": info,
        "contract": contract,
        "owner": _owner(departments(), info.owner),
        "columns": [
            ColumnRow(
                column,
                info.stats.get(column.name),
                column.name in contract.key,
                column.name == contract.subject,
                contract.may_show(column.name),
                profile.distinct.get(column.name) if profile else None,
            )
            for column in contract.columns
        ],
        "batches": facade.batches(dataset_id, limit=_BATCHES),
        "quality": newest(dataset_id),
        "retention": facade.retention_of(dataset_id),
        "aside": _aside(person, info),
        "shown": shown,
        "sample": [
            [cell_words(value, column) for value, column in zip(row, shown, strict=True)]
            for row in (profile.rows[:_SAMPLE] if profile else ())
        ],
    }
    return render(request, "lake/dataset.html", context)


def _aside(person: Person, info: DatasetInfo) -> int | None:
    """Return how many rows stand aside, to those who may see them."""
    if not person.holds(Role.STEWARD, info.owner):
        return None
    return sum(each.left for each in facade.quarantines(info.id, viewer=person.department))
