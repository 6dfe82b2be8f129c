"""What the page of a request shows whoever decides on it (审批卡片), and the inbox (待办)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.lang.interface import Shape
from duokua.lang.law_pack import Ground
from duokua.lang.parameter import MARKS, Mark
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.asking import Matter, discloses_more
from duokua.store.selectors.card import Card, card_of
from duokua.store.selectors.decision import (
    barred,
    due_of,
    duty_of,
    oldest_first,
    standing,
    step_info,
    steps_of,
    this_round,
    timer_of,
    waiting_for,
    weight_of,
)
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import PENDING, StepKind, StepState
from duokua.store.values.decision import Due, InboxLine, StepInfo
from duokua.store.values.disclosure import needed
from duokua.store.values.risk import Flag, Told, flags, spared
from duokua.store.values.words import both

MOST_LINES = 5000


@dataclass(frozen=True, slots=True)
class Approving:
    """What a person sees of the decisions on a request; ``mine`` is the one that they may take."""

    steps: tuple[StepInfo, ...]
    mine: StepInfo | None
    acting_for: str
    why_not: Text | None  # it is their post's, but not for them to decide
    left: Card
    fixed: tuple[str, ...]  # columns that cannot be taken away
    flags: tuple[Flag, ...]
    spared: int | None  # percent
    share_class: Text
    level: str
    grounds: tuple[Ground, ...]
    mark: Text | None  # how well the figure behind the clock is known
    may_extend: bool


def approving(row: Request, of: Matter, person: Person, now: datetime) -> Approving:
    """Return what a person sees of the decisions on a request."""
    every = steps_of(row.id)
    mine, acting_for, why_not = _mine(row, every, person)
    left = standing(row, every)
    weight = weight_of(of)
    info = step_info(mine, now) if mine is not None else None
    due = info.due if info is not None else None
    interface = of.product.interface if of.product is not None else None
    return Approving(
        steps=tuple(step_info(step, now) for step in every),
        mine=info,
        acting_for=acting_for,
        why_not=why_not,
        left=card_of(of, left),
        fixed=tuple(needed(interface)) if interface is not None else (),
        flags=tuple(flags(_told(of, weight.level))),
        spared=_spared(of),
        share_class=both(weight.share_class),
        level=weight.level,
        grounds=tuple(law.grounds(now)),
        mark=MARKS[Mark(due.mark)][0] if due is not None and due.mark != Mark.VERIFIED else None,
        may_extend=_extendable(mine, due),
    )


def _extendable(step: Step | None, due: Due | None) -> bool:
    if step is None or due is None or step.kind != StepKind.PROVIDER:
        return False
    return not due.extended and not due.overdue


def _mine(row: Request, every: list[Step], person: Person) -> tuple[Step | None, str, Text | None]:
    why: Text | None = None
    if row.state not in PENDING:
        return None, "", None
    for step in this_round(every):
        if step.state != StepState.OPEN or (acting_for := duty_of(step, person)) is None:
            continue
        why = barred(step, person, acting_for, row.requested_by)
        if why is None:
            return step, acting_for, None
    return None, "", why


def _told(of: Matter, level: str) -> Told:
    card, ask = card_of(of), of.info.ask
    shape = of.product.interface.shape if of.product is not None else Shape.PAGE
    return Told(
        level=level,
        personal=sum(bool(each.column.personal) for each in card.columns),
        bare=sum(each.bare for each in card.columns),
        whole=shape in (Shape.PAGE, Shape.CHANGES),
        row_cap=ask.row_cap,
        filtered=ask.row_filter is not None,
        same_department=of.info.department == of.listing.owner,
        more_than_needed=discloses_more(of, ask),
    )


def _spared(of: Matter) -> int | None:
    points, options = of.points, of.options
    if points is None or not options:
        return None
    return spared(points, max(each.points for each in options))


def inbox(person: Person, asked: Mapping[str, str], now: datetime) -> list[InboxLine]:
    """Return what a person may decide now, what is overdue and oldest first."""
    rows = waiting_for(person)
    if (kind := asked.get("kind", "")) in set(StepKind):
        rows = rows.filter(kind=kind)
    if asked.get("overdue"):
        rows = rows.filter(due_at__lt=now)
    found = [_line(step, person, now) for step in oldest_first(rows)[:MOST_LINES]]
    if words := asked.get("q", "").strip().lower():
        found = [line for line in found if words in _text_of(line)]
    if (share := asked.get("share", "")) in set(ShareClass):
        found = [line for line in found if line.share_class == share]
    return found


def _text_of(line: InboxLine) -> str:
    parts = (
        line.request, line.title.zh, line.title.en, line.purpose, line.department,
        line.department_name.zh, line.department_name.en, line.requested_by,
    )  # fmt: skip
    return "\n".join(parts).lower()


def _line(step: Step, person: Person, now: datetime) -> InboxLine:
    row, timer = step.request, timer_of(step)
    due = due_of(step, now, law.calendar()) if timer is not None else None
    assert step.opened_at is not None  # noqa: S101 - it is open
    listing = row.listing
    return InboxLine(
        step=step.id,
        revision=step.revision,
        request=row.id,
        title=Text(listing.title_zh, listing.title_en),
        kind=step.kind,
        kind_words=both(StepKind(step.kind)),
        share_class=listing.share_class,
        level=listing.level,
        purpose=row.body.get("purpose", ""),
        department=row.department_id,
        department_name=Text(row.department.name_zh, row.department.name_en),
        requested_by=row.requested_by,
        opened_at=step.opened_at,
        due_at=step.due_at,
        left=due.left if due is not None else None,
        overdue=due is not None and due.overdue,
        escalations=step.escalations,
        acting_for=duty_of(step, person) or "",
        batch=listing.share_class == ShareClass.UNCONDITIONAL and not row.body.get("plain"),
    )
