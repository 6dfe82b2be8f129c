"""Which cases a person may know of (可见范围): by default none.

Handlers and heads: those in which their department has, or had, a task, is asked to take one over or
to sign, or that belong to a pack of theirs. The district's command and the auditor: every one.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.loop.models import Case, Concern
from duokua.loop.selectors.rights import departments_of

EVERYWHERE = (Role.COMMAND, Role.AUDITOR)
# Indexes are found by a value, not by a bare truth: SQLite reads ``WHERE live`` row by row.
LIVE: dict[str, Any] = {"live__in": (True,)}
COUNTED: dict[str, Any] = {**LIVE, "drill__in": (False,)}  # exercises count nowhere
_MANY = 2_000


def visible_to(person: Person) -> QuerySet[Case]:
    """Return the cases that a person may know of."""
    if person.hats & set(EVERYWHERE):
        return Case.objects.all()
    departments = departments_of(person, Role.HANDLER, Role.HEAD)
    if not departments:
        return Case.objects.none()
    return narrowed(Case.objects.all(), Concern.objects.filter(department__in=departments))


def narrowed(rows: QuerySet[Case], others: QuerySet[Any]) -> QuerySet[Case]:
    """Keep the cases that others name.

    Few are looked up at once; where they are many, each case is asked, so that a page of a sorted
    list ends after a few.
    """
    if others.values("case_id")[: _MANY + 1].count() <= _MANY:
        return rows.filter(id__in=others.values("case_id"))
    return rows.filter(Exists(others.filter(case=OuterRef("pk"))))


def seen_by(number: str, person: Person) -> Case:
    """Return a case that a person may know of.

    :raises NotFound: there is none, or they may not know of it.
    """
    row = visible_to(person).filter(number=number).first()
    if row is None:
        raise NotFound(
            Text("没有这个事件", "there is no such case"), Text("请核对编号", "check its number")
        )
    return row
