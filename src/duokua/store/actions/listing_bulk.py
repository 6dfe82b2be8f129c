"""Taking over many listings at once that were reviewed elsewhere (批量登记): one record for all.

For setting a district up. Each listing says who drafted, assessed, consented to and reviewed it, and
the same rules hold for what it says and for who may have done what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.store.actions.listing import heads
from duokua.store.models import Listing, ListingReview, ListingVersion
from duokua.store.signals import tell_changed
from duokua.store.states.listing import IN_REVIEW, ListingState, ResourceKind, VersionState
from duokua.store.values import assessment, sharing
from duokua.store.values.listing import body_to_json
from duokua.store.values.taking_over import TakenOver

_WHAT = Text("批量登记的上架信息有误", "what is to be taken over is wrong")
audit.register({"listing.take_over": Text("批量登记上架资源", "listings taken over")})


@transaction.atomic
def take_over(given: Iterable[TakenOver], *, by: str, now: datetime) -> list[str]:
    """Put many listings on show with the reviews they had elsewhere; return their ids.

    Those that are there already are left as they are. One audit record names them all.

    :raises Invalid: naming all that is wrong with any of them; then none is taken over.
    """
    every = list(given)
    known = set(
        Listing.objects.filter(id__in=[each.dataset for each in every]).values_list("id", flat=True)
    )
    fresh = [each for each in every if each.dataset not in known]
    _check(fresh)
    _write(fresh)
    ids = [each.dataset for each in fresh]
    if ids:
        for listing_id in ids:
            tell_changed(listing_id)
        audit.record("listing.take_over", by=by, of=ids[0], at=now, detail={"listings": ids})
    return ids


def _check(fresh: Sequence[TakenOver]) -> None:
    contracts = lake.contracts(frozenset(each.dataset for each in fresh))
    faults: list[Fault] = []
    for each in fresh:
        contract = contracts.get(each.dataset)
        if contract is None:
            what = Text("没有该数据集", "there is no such dataset")
            faults.append(Fault(each.dataset, what, Text("请先登记", "register it first")))
            continue
        found = sharing.check(each.body, contract)
        found += assessment.check(each.findings, each.body, contract, each.comment).found
        if len({each.steward, each.security, each.head, each.bureau}) < 1 + len(IN_REVIEW):
            what = Text("四个环节须由四人办理", "four different people have to do the four steps")
            found.append(Fault("people", what, Text("请更换人员", "name others")))
        faults += [Fault(f"{each.dataset}/{f.where}", f.what, f.mend) for f in found]
    if faults:
        raise Invalid(_WHAT, faults[0].mend, faults=tuple(faults))


def _write(fresh: Sequence[TakenOver]) -> None:
    owners = lake.contracts(frozenset(each.dataset for each in fresh))
    Listing.objects.bulk_create(
        [
            Listing(
                id=each.dataset, kind=ResourceKind.DATA, dataset_id=each.dataset,
                owner_id=owners[each.dataset].owner, state=ListingState.PUBLISHED, shown=1,
                created_at=each.drafted_at, created_by=each.steward, published_at=each.shown_at,
                changed_at=each.shown_at, **heads(each.body),
            )
            for each in fresh
        ]
    )  # fmt: skip
    versions = ListingVersion.objects.bulk_create(
        [
            ListingVersion(
                listing_id=each.dataset, number=1, state=VersionState.SHOWN,
                body=body_to_json(each.body), created_at=each.drafted_at, created_by=each.steward,
                submitted_at=each.drafted_at, submitted_by=each.steward, changed_at=each.shown_at,
            )
            for each in fresh
        ]
    )  # fmt: skip
    ListingReview.objects.bulk_create(
        [
            _review(version, each, stage, who)
            for version, each in zip(versions, fresh, strict=True)
            for stage, who in zip(IN_REVIEW, (each.security, each.head, each.bureau), strict=True)
        ]
    )


def _review(
    version: ListingVersion, each: TakenOver, stage: VersionState, who: str
) -> ListingReview:
    first = stage == VersionState.ASSESSMENT
    span = (each.shown_at - each.drafted_at) * (1 + IN_REVIEW.index(stage)) / len(IN_REVIEW)
    return ListingReview(
        version=version, stage=stage, agreed=True, comment=each.comment if first else "",
        findings=assessment.findings_to_json(each.findings) if first else {},
        at=each.drafted_at + span, by=who,
    )  # fmt: skip
