"""Reviewing a version of a listing (审核): assessment, consent, review. Nobody publishes alone.

Three posts agree one after the other: the security officer, the head of the owning department, the
data bureau. Whoever drafted or submitted a version does not review it, and nobody, in their own name
or for somebody else, speaks at two of its stages.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.identity.facade import Person
from duokua.kernel.errors import Conflict, Fault, Invalid, NotAllowed
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.store.actions import listing_notes as notes
from duokua.store.actions.judging import judge_listing
from duokua.store.actions.listing import heads, move, moved, ready
from duokua.store.models import Listing, ListingReview, ListingVersion
from duokua.store.selectors import versions as read
from duokua.store.selectors.listing import listing_row
from duokua.store.signals import tell_changed
from duokua.store.states.listing import IN_REVIEW, LISTING_MOVES, ListingState, VersionState
from duokua.store.values import assessment
from duokua.store.values.assessment import Findings
from duokua.store.values.listing import body_from_json
from duokua.store.values.reviewing import NEXT, duty_of

_MOST = 1000
audit.register(
    {
        "listing.agree": Text("上架审核同意", "listing agreed to"),
        "listing.return": Text("上架审核退回", "listing returned"),
        "listing.show": Text("资源上架", "listing put on show"),
    }
)


@transaction.atomic
def review(
    listing_id: str,
    person: Person,
    *,
    agreed: bool,
    comment: str = "",
    findings: Findings | None = None,
    revision: int | None = None,
    now: datetime,
) -> ListingVersion:
    """Agree to the version that waits, or return it to its author with a comment.

    ``findings`` are the answers of the assessment and belong to that stage only; ``revision`` is
    that of the version which the reviewer looked at.

    :raises NotFound: nothing is under way.
    :raises NotAllowed: it is not this person's to decide.
    :raises Invalid: no comment on a return, or the findings forbid to agree.
    :raises Conflict: somebody else was first, or it is not being reviewed.
    """
    row = listing_row(listing_id)
    version = read.need_under_way(row)
    if version.state not in IN_REVIEW or revision not in (None, version.revision):
        raise moved(version)
    stage = VersionState(version.state)
    acting_for = _check_duty(row, version, stage, person)
    _check_words(row, version, stage, agreed, comment, findings)
    to = NEXT[stage] if agreed else VersionState.DRAFT
    if to == VersionState.SHOWN:
        _supersede(row, now)
    move(version, to, now=now)
    ListingReview.objects.create(
        version=version, stage=stage, agreed=agreed, comment=comment.strip(), at=now,
        findings=assessment.findings_to_json(findings) if findings else {},
        by=person.username, acting_for=acting_for,
    )  # fmt: skip
    if to == VersionState.SHOWN:
        show(row, version, now)
        judge_listing(row, now=now)
        notes.shown(row, version, now)
    elif agreed:
        notes.hand_over(row, version, now)
    else:
        notes.returned(row, version, comment, now)
    verb = "listing.show" if to == VersionState.SHOWN else "listing.agree"
    detail = {"version": version.number, "stage": stage.value, "acting_for": acting_for}
    audit.record(
        verb if agreed else "listing.return", by=person.username, of=row.id, at=now, detail=detail
    )
    return version


def _check_duty(row: Listing, version: ListingVersion, stage: VersionState, person: Person) -> str:
    acting_for = duty_of(person, stage, row.owner_id)
    if acting_for is None:
        raise NotAllowed(
            Text("这一环节不由您审核", "this stage is not yours to decide"),
            Text("请由该岗位人员审核", "leave it to whoever holds the post"),
        )
    selves = {person.username, acting_for} - {""}
    if selves & {version.created_by, version.submitted_by}:
        raise NotAllowed(
            Text("不能审核自己起草或提交的内容", "nobody reviews what they wrote or submitted"),
            Text("请由他人审核", "leave it to somebody else"),
        )
    said = read.reviews(version, this_round=True)
    if selves & {name for each in said for name in (each.by, each.acting_for)}:
        raise NotAllowed(
            Text("同一人不能审核两个环节", "nobody decides at two stages of one version"),
            Text("请由他人审核", "leave it to somebody else"),
        )
    return acting_for


def _check_words(
    row: Listing,
    version: ListingVersion,
    stage: VersionState,
    agreed: bool,
    comment: str,
    findings: Findings | None,
) -> None:
    if len(comment) > _MOST or (not agreed and not comment.strip()):
        what = Text(
            "退回须写明意见，至多 1000 字", "a return needs a comment of at most 1000 characters"
        )
        mend = Text("请写明需要修改什么", "say what is to be changed")
        raise Invalid(what, mend, faults=(Fault("comment", what, mend),))
    if not agreed:
        return
    body, dataset = body_from_json(version.body), row.dataset_id or ""
    contract = lake.contract(dataset)
    ready(body, contract, dataset)  # the contract may have changed since it was submitted
    if stage != VersionState.ASSESSMENT:
        return
    if findings is None:
        what = Text("须逐项回答评估问题", "the questions of the assessment need answers")
        raise Invalid(what, Text("请填写评估表", "fill in the form"))
    assessment.check(findings, body, contract, comment).raise_if_any(
        Text("评估结论不支持同意", "with these findings nobody can agree")
    )


def _supersede(row: Listing, now: datetime) -> None:
    if row.shown:
        before = read.version_of(row, row.shown)
        if before.state == VersionState.SHOWN:
            move(before, VersionState.SUPERSEDED, now=now)


def show(row: Listing, version: ListingVersion, now: datetime) -> None:
    """Put a reviewed version on show; during the notice of a withdrawal the notice goes on.

    :raises Conflict: the listing changed at this moment.
    """
    state = ListingState(row.state)
    if ListingState.PUBLISHED in LISTING_MOVES[state] and state != ListingState.NOTICE:
        state = ListingState.PUBLISHED
    changes = {
        **heads(body_from_json(version.body)),
        "state": state,
        "shown": version.number,
        "published_at": row.published_at or now,
        "changed_at": now,
        "revision": row.revision + 1,
    }
    if state == ListingState.PUBLISHED:
        changes |= {"successor": None, "notice_until": None, "reason": ""}
    set_listing(row, **changes)


def set_listing(row: Listing, **changes: object) -> None:
    """Change a listing's row, guarded by the revision with which it was read.

    :raises Conflict: somebody else was first.
    """
    done = Listing.objects.filter(id=row.id, state=row.state, revision=row.revision)
    if not done.update(**{**changes, "revision": row.revision + 1}):
        raise Conflict(
            Text("该资源刚被他人修改", "somebody else changed this listing first"),
            Text("请刷新后再操作", "reload the page and look again"),
        )
    row.refresh_from_db()
    tell_changed(row.id)
