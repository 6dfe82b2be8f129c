"""Reads of decisions: the steps of a request, whose duty one is, what waits for a person."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import NotFound
from duokua.kernel.limits import Timer, timer_from_json
from duokua.kernel.text import Text
from duokua.kernel.working_time import Calendar
from duokua.lake import facade as lake
from duokua.lang.contract import Column
from duokua.lang.interface import Shape
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.asking import Matter
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import PENDING, StepKind, StepState
from duokua.store.values.decision import Due, StepInfo
from duokua.store.values.narrowing import apply, narrowing_from_json, used_columns
from duokua.store.values.request import Ask, ask_from_json
from duokua.store.values.route import Weight
from duokua.store.values.sharing import STRICTNESS, strictness

GRANTED = (StepState.AGREED, StepState.NARROWED)
_ALLOWED = [str(state) for state in GRANTED]


def step_row(step_id: int) -> Step:
    """Return a step's row.

    :raises NotFound: there is none.
    """
    row = Step.objects.filter(id=step_id).first()
    if row is None:
        raise NotFound(
            Text("没有这一审批环节", "there is no such decision"),
            Text("请从待办打开", "open it from your to-dos"),
        )
    return row


def steps_of(request_id: str) -> list[Step]:
    """Return every step of a request, oldest round first."""
    rows = Step.objects.filter(request_id=request_id).select_related("department")
    return list(rows.order_by("round", "stage", "id"))


def this_round(steps: list[Step]) -> list[Step]:
    """Return the steps of the newest round."""
    last = max((step.round for step in steps), default=0)
    return [step for step in steps if step.round == last]


def duty_of(step: Step, person: Person) -> str | None:
    """Return for whom a person would decide: ``""`` in their own name; ``None``: it is not theirs.

    Once a decision of the provider was escalated, the head of its department may take it as well.
    """
    roles = [Role(step.role)]
    if step.escalations and step.kind == StepKind.PROVIDER:
        roles.append(Role.HEAD)
    for role in roles:
        if person.holds(role, step.department_id):
            acting = person.acts_for(role, step.department_id)
            return acting.for_person if acting else ""
    return None


def barred(step: Step, person: Person, acting_for: str, requested_by: str) -> Text | None:
    """Return why somebody whose duty it is may not decide it all the same.

    Nobody decides what they asked for, nor in the name of whoever did; and nobody has two voices on
    one request: who reviewed it does not countersign it, who signed for those who ask does not decide.
    """
    selves = [name for name in (person.username, acting_for) if name]
    if requested_by in selves:
        return Text("不能审批自己的申请", "nobody decides on their own request")
    others = Step.objects.filter(request=step.request_id, round=step.round, state__in=GRANTED)
    if (
        others.exclude(id=step.id)
        .filter(Q(decided_by__in=selves) | Q(acting_for__in=selves))
        .exists()
    ):
        return Text(
            "您已在该申请的另一环节表态", "you have spoken in another decision on this request"
        )
    return None


def waiting_for(person: Person) -> QuerySet[Step]:
    """Return the open steps that a person may decide now, whatever their order."""
    posts = Q(department=person.department, role__in=[str(role) for role in person.roles])
    escalated = Q(escalations__gt=0, kind=StepKind.PROVIDER)
    if Role.HEAD in person.roles:
        posts |= escalated & Q(department=person.department)
    for each in person.acting:
        given = Q(department=each.department) & ~Q(request__requested_by=each.for_person)
        posts |= given & Q(role=str(each.role))
        if each.role == Role.HEAD:
            posts |= given & escalated
    spoken = Step.objects.filter(
        Q(decided_by=person.username) | Q(acting_for=person.username),
        request=OuterRef("request"),
        round=OuterRef("round"),
        state__in=_ALLOWED,
    )
    return (
        Step.objects.filter(posts, state=StepState.OPEN, request__state__in=PENDING)
        .exclude(request__requested_by=person.username)
        .exclude(Exists(spoken))
    )


def oldest_first(rows: QuerySet[Step]) -> QuerySet[Step]:
    """Order steps: what is due soonest first, then what waits longest."""
    related = rows.select_related("request", "request__listing", "request__department")
    return related.order_by(F("due_at").asc(nulls_last=True), "opened_at", "id")


def timer_of(step: Step) -> Timer | None:
    """Return the clock of a step."""
    return timer_from_json(step.clock) if step.clock else None


def due_of(step: Step, now: datetime, days: Calendar) -> Due | None:
    """Return how the clock of a step stands."""
    timer = timer_of(step)
    if timer is None or step.clock is None:
        return None
    return Due(
        due_at=timer.due(days),
        left=timer.clock.left(now, days),
        overdue=timer.overdue(now, days),
        stopped=timer.stopped,
        certain=timer.certain(days),
        parameter=step.clock["parameter"],
        mark=step.clock["mark"],
        extended=bool(timer.extension),
    )


def step_info(step: Step, now: datetime) -> StepInfo:
    """Return a step as a value; its clock is told while it is open or stopped."""
    undecided = step.state in (StepState.OPEN, StepState.RETURNED)
    due = due_of(step, now, law.calendar()) if undecided else None
    names = identity.departments()
    return StepInfo(
        id=step.id,
        request=step.request_id,
        round=step.round,
        stage=step.stage,
        kind=step.kind,
        department=step.department_id,
        department_name=names.get(step.department_id, Text(step.department_id, "")),
        role=step.role,
        state=step.state,
        revision=step.revision,
        due=due,
        opened_at=step.opened_at,
        escalations=step.escalations,
        decided_at=step.decided_at,
        decided_by=step.decided_by,
        acting_for=step.acting_for,
        comment=step.comment,
        ground=step.ground,
        fields=tuple(step.fields),
        narrowed=narrowing_from_json(step.narrowed, columns_of(step.request))
        if step.narrowed
        else None,
    )


def columns_of(row: Request) -> dict[str, Column]:
    """Return the columns of the dataset that a request is about."""
    dataset = row.listing.dataset_id
    return lake.contract(dataset).by_name if dataset else {}


def standing(row: Request, steps: list[Step]) -> Ask:
    """Return what is left of what is asked now, after every narrowing of the round."""
    columns = columns_of(row)
    ask = ask_from_json(row.body, columns)
    for step in this_round(steps):
        if step.state == StepState.NARROWED and step.narrowed:
            ask = apply(narrowing_from_json(step.narrowed, columns), ask)
    return ask


def weight_of(of: Matter) -> Weight:
    """Return what decides the route of a request.

    The level is the highest of any column that is shown, filters, finds or is measured (就高从严); the
    class is the strictest of the listing and of these columns.
    """
    own = of.listing.owner == of.info.department
    if of.product is None:
        share = ShareClass(of.listing.body.share_class)
        return Weight(share, of.listing.body.level, Shape.PAGE, own=own)
    interface, by_name = of.product.interface, of.product.contract.by_name
    measures = interface.cube.measures if interface.cube else ()
    used = used_columns(of.info.ask) | {each.column for each in interface.parameters}
    used |= set(interface.key) | set(interface.order)
    used |= {each.column for each in measures if each.column is not None}
    level = max((str(by_name[name].level) for name in used if name in by_name), default="L1")
    classes = [of.listing.body.share_class]
    classes += [of.listing.body.item(name).share_class for name in used]
    strict = max(classes, key=strictness)
    return Weight(
        share_class=STRICTNESS[strictness(strict)],
        level=level,
        shape=interface.shape,
        plain=bool(of.info.ask.plain) and level > "L1",
        own=own,
    )
