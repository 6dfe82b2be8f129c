"""Disputes (争议): 协商 → 主管部门协调 → 本级政府决定, opened by the applicant, each stage with its clock.

Upheld binds: the decision is taken anew, and not refused on the same ground. A refusal is taken up
where it was made; beside a grant that lives, what was narrowed is decided anew as a renewal; who did
not answer in time is escalated at once. The government decides by its head; where the tree of
departments has none above the provider, the bureau enters what was decided.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Conflict, NotAllowed
from duokua.kernel.ids import new_id
from duokua.kernel.limits import WORKING, Limit, Timer
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.notify.facade import Note
from duokua.store.actions import anew, steps
from duokua.store.actions.decision import locked
from duokua.store.actions.events import note
from duokua.store.actions.verdicts import words
from duokua.store.models import Dispute, DisputeEntry
from duokua.store.selectors import dispute as read
from duokua.store.selectors import law
from duokua.store.states.request import DISPUTE_MOVES, DisputeState
from duokua.store.values.dispute import ABOUT, CLOCKS
from duokua.store.values.words import both

BY = "system"
_S = DisputeState
NEXT = {_S.NEGOTIATION: _S.COORDINATION, _S.COORDINATION: _S.GOVERNMENT}
audit.register(
    {
        "store.dispute.opened": Text("提出争议", "dispute opened"),
        "store.dispute.stated": Text("争议陈述", "a statement in a dispute"),
        "store.dispute.raised": Text("争议提请上一级", "dispute taken one level up"),
        "store.dispute.settled": Text("争议协商一致", "dispute settled"),
        "store.dispute.upheld": Text("争议支持申请方", "dispute upheld"),
        "store.dispute.dismissed": Text("争议维持原决定", "dispute dismissed"),
        "store.dispute.withdrawn": Text("撤回争议", "dispute withdrawn"),
    }
)


@transaction.atomic
def open_dispute(request_id: str, text: str, person: Person, *, now: datetime) -> Dispute:
    """Open a dispute about a refusal, a narrowing, or that nobody answered in time.

    :raises NotAllowed: the person does not speak for the applicant.
    :raises Invalid: nothing is claimed.
    :raises Conflict: there is nothing to dispute, or a dispute runs or ran about it.
    """
    row = locked(request_id)
    if not read.may_open(row, person):
        raise NotAllowed(
            Text("只有申请方可以提出争议", "only the applicant's side may open a dispute"),
            Text("请联系申请人或其部门负责人", "ask the applicant or the head of their department"),
        )
    claim = words("text", text)
    found = read.matter_of(row, now)
    if found is None or Dispute.objects.filter(request=row, ended_at__isnull=True).exists():
        raise Conflict(
            Text(
                "没有可争议的决定，或争议已在进行",
                "there is nothing to dispute, or one runs already",
            ),
            Text("请查看办理记录", "look at the timeline"),
        )
    about, step = found
    made = Dispute.objects.create(
        id=new_id("disp"), request=row, step=step, about=about, opened_at=now, stage_at=now,
        opened_by=person.username, due_at=due(_S.NEGOTIATION, now),
    )  # fmt: skip
    _said(made, person.username, person.department, claim, now)
    note(row, "store.dispute.opened", by=person.username, now=now, reason=claim, about=about)
    _tell_all(made, both(_S.NEGOTIATION), now)
    return made


def due(state: DisputeState, now: datetime) -> datetime | None:
    """Return until when a stage that begins now is to be over."""
    days = int(law.figure(CLOCKS[state], now)[1].value)
    return Timer(Limit(days, WORKING), now).due(law.calendar())


def _said(row: Dispute, by: str, department: str, text: str, now: datetime) -> None:
    DisputeEntry.objects.create(
        dispute=row, at=now, by=by, department_id=department, state=row.state, text=text
    )


@transaction.atomic
def act(
    dispute_id: str,
    what: str,
    text: str,
    person: Person,
    *,
    revision: int | None = None,
    now: datetime,
) -> Dispute:
    """Do what ``what`` says in a dispute: a key of ``values.dispute.ACTS``.

    :raises NotFound: there is none, or the person may not know of it.
    :raises NotAllowed: the person may not do this now.
    :raises Invalid: nothing is said.
    :raises Conflict: somebody else was first.
    """
    row = _locked(dispute_id, person)
    if row.ended_at is not None or revision not in (None, row.revision):
        raise _moved(row)
    if what not in read.acts_of(row, person):
        raise NotAllowed(
            Text("您现在不能这样办理", "this is not yours to do now"),
            Text("请查看当前阶段与各方", "look at its stage and its sides"),
        )
    told = words("text", text)
    _Hand(row, told, person.username, person.department, now).do(what)
    return row


def _locked(dispute_id: str, person: Person) -> Dispute:
    row = read.seen_by(person).filter(id=dispute_id).first()
    if row is None:
        raise read.no_dispute()
    locked(row.request_id)
    again = read.seen_by(person).filter(id=dispute_id).first()
    if again is None:
        raise read.no_dispute()
    return again


def _moved(row: Dispute) -> Conflict:
    at = both(_S(row.state))
    last = DisputeEntry.objects.filter(dispute=row).order_by("-id").first()
    by = last.by if last else row.opened_by
    return Conflict(
        Text(
            f"该争议现为“{at.zh}”（{by} 办理）",
            f"the dispute stands at “{at.en}” since an act of {by}",
        ),
        Text("请刷新页面", "reload the page"),
    )


class _Hand:
    """One act in a dispute, by a person or by the clock."""

    def __init__(self, row: Dispute, told: str, by: str, department: str, now: datetime) -> None:
        self.row, self.told, self.by, self.department, self.now = row, told, by, department, now

    def do(self, what: str) -> None:
        """Do it, note it and tell both sides."""
        getattr(self, f"_{what}")()

    def _state(self) -> None:
        _said(self.row, self.by, self.department, self.told, self.now)
        self._note("stated")
        _tell_all(self.row, both(_S(self.row.state)), self.now)

    def _raise(self) -> None:
        to = NEXT[_S(self.row.state)]
        more: dict[str, Any] = {"due_at": due(to, self.now), "stage_at": self.now}
        if to == _S.GOVERNMENT:
            more["government"] = read.government_of(self.row, self.now)
        self._move(to, "raised", **more)

    def _accept(self) -> None:
        self._end(_S.SETTLED, "settled")

    def _give_way(self) -> None:
        self._end(_S.SETTLED, "settled")
        self._decide_anew()

    def _uphold(self) -> None:
        self._end(_S.UPHELD, "upheld")
        self._decide_anew()

    def _dismiss(self) -> None:
        self._end(_S.DISMISSED, "dismissed")

    def _withdraw(self) -> None:
        self._end(_S.WITHDRAWN, "withdrawn")

    def _end(self, to: DisputeState, verb: str) -> None:
        self._move(to, verb, due_at=None, ended_at=self.now)
        notify.clear(_cause(self.row), now=self.now)
        _tell_all(self.row, both(to), self.now)

    def _decide_anew(self) -> None:
        row = locked(self.row.request_id)
        made = anew.decide_anew(row, self.row, by=self.by, now=self.now)
        if made is not None:
            self.row.follow_up = made
            self.row.save(update_fields=["follow_up"])

    def _move(self, to: DisputeState, verb: str, **fields: Any) -> None:
        row = self.row
        if to not in DISPUTE_MOVES[_S(row.state)]:
            raise _moved(row)
        change = {"state": to, "revision": row.revision + 1, **fields}
        there = Dispute.objects.filter(id=row.id, state=row.state, revision=row.revision)
        if not there.update(**change):
            raise _moved(Dispute.objects.get(id=row.id))
        for name, value in change.items():
            setattr(row, name, value)
        _said(row, self.by, self.department, self.told, self.now)
        self._note(verb)
        if row.ended_at is None:
            _tell_all(row, both(to), self.now)

    def _note(self, verb: str) -> None:
        note(
            self.row.request, f"store.dispute.{verb}", by=self.by, now=self.now,
            reason=self.told, about=self.row.about, dispute=self.row.id,
        )  # fmt: skip


def raise_due(*, now: datetime) -> int:
    """Take every dispute whose stage has run out one level up; of the last one all are told."""
    rows = Dispute.objects.filter(ended_at__isnull=True, due_at__lt=now, told_at__isnull=True)
    return sum(_raise(each, now) for each in rows.order_by("due_at").values_list("id", flat=True))


@transaction.atomic
def _raise(dispute_id: str, now: datetime) -> bool:
    row = Dispute.objects.select_related("request", "request__listing").get(id=dispute_id)
    locked(row.request_id)
    row.refresh_from_db()
    if row.ended_at is not None or row.due_at is None or row.due_at >= now or row.told_at:
        return False
    if _S(row.state) in NEXT:
        told = "期限已到，自动提请上一级 · the stage ran out, taken one level up"
        _Hand(row, told, BY, row.request.provider_id, now).do("raise")
        return True
    row.told_at = now
    row.save(update_fields=["told_at"])
    _tell_all(row, Text("本级政府决定已超期", "the decision of the government is overdue"), now)
    return True


def _cause(row: Dispute) -> str:
    return f"store.dispute:{row.id}"


def _tell_all(row: Dispute, what: Text, now: datetime) -> None:
    """Tell the applicant, the provider, later the bureau, and in the last stage the government."""
    request = row.request
    to = [("", "", request.requested_by), *_other_side(row)]
    if row.state != _S.NEGOTIATION:
        held = identity.departments_with(Role.BUREAU, now)
        to += [(code, str(Role.BUREAU), "") for code in held]
    if row.government:
        to.append((row.government, str(Role.HEAD), ""))
    title, about = steps.title_of(request), ABOUT[row.about]
    for department, role, person in dict.fromkeys(to):
        note_ = Note(
            cause=_cause(row),
            title=Text(f"争议（{about.zh}）：{title.zh}", f"Dispute about {about.en}: {title.en}"),
            body=what,
            link=f"/store/disputes/{row.id}/",
            department=department,
            role=role,
            person=person,
        )
        notify.tell(note_, now=now)


def _other_side(row: Dispute) -> list[tuple[str, str, str]]:
    """Return the post whose decision it is about."""
    if row.step is None:
        return [(row.request.provider_id, str(Role.STEWARD), "")]
    return [(row.step.department_id, row.step.role, "")]
