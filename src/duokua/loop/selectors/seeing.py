"""Which cases a person may know of (可见范围): by default none.

Handlers and heads: those in which their department has, or had, a task, is asked to take one over or
to sign, or that belong to a pack of theirs. The district's command and the auditor: every one.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.loop.models import Case, Concern
from duokua.loop.selectors.rights import departments_of

EVERYWHERE = (Role.COMMAND, Role.AUDITOR)


def visible_to(person: Person) -> QuerySet[Case]:
    """Return the cases that a person may know of."""
    if person.hats & set(EVERYWHERE):
        return Case.objects.all()
    departments = departments_of(person, Role.HANDLER, Role.HEAD)
    if not departments:
        return Case.objects.none()
    return Case.objects.filter(seen_from(departments))


def seen_from(departments: list[str]) -> Q:
    """Return the condition that a case concerns one of some departments."""
    return Q(id__in=Concern.objects.filter(department__in=departments).values("case_id"))


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
