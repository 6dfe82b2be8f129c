"""Keeping each listing's quality score and heat: at a change, and every night for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from duokua.exchange import facade as exchange
from duokua.kernel import environment
from duokua.kernel.clock import SHANGHAI
from duokua.lake import facade as lake
from duokua.lang.interface import base_id
from duokua.serving import usage
from duokua.serving.receipt_usage import GrantUse, by_grant
from duokua.serving.usage import Within
from duokua.store.models import Listing
from duokua.store.selectors.listing import version_row
from duokua.store.selectors.opinion import answered
from duokua.store.signals import tell_changed
from duokua.store.values.listing import body_from_json
from duokua.store.values.listing_quality import Facts, Judged, judge, judged_to_json

HEAT_DAYS = 30
_MOST = 500  # interfaces of one dataset
_HOUR_S = 3600


def judge_listing(row: Listing, *, now: datetime) -> Judged:
    """Judge a listing by what is known now, and keep it."""
    judged = judge(_facts(row, now))
    Listing.objects.filter(id=row.id).update(quality=judged.score, judged=judged_to_json(judged))
    return judged


def _facts(row: Listing, now: datetime) -> Facts:
    dataset = row.dataset_id or ""
    info = lake.describe(dataset)
    runs = lake.quality_history(dataset, limit=1)
    made = [each.interface for each in exchange.interfaces(dataset=dataset, limit=_MOST)]
    described = sum(bool(i.description.zh.strip() and i.description.en.strip()) for i in made)
    done, asked = answered(row.id)
    age = (now - info.refreshed_at).total_seconds() / _HOUR_S if info.refreshed_at else None
    return Facts(
        body=body_from_json(version_row(row).body),
        contract=info.contract,
        age_h=age,
        rules=runs[0].score if runs else None,
        answered=done,
        asked=asked,
        described=described,
        interfaces=len(made),
    )


def judge_all(*, now: datetime, progress: Callable[[int, int], None] | None = None) -> int:
    """Judge every listing of a dataset; return how many."""
    rows = list(Listing.objects.filter(dataset__isnull=False).order_by("id"))
    for at, row in enumerate(rows):
        if progress is not None:
            progress(at, len(rows))
        before = row.quality
        with transaction.atomic():
            if judge_listing(row, now=now).score != before:
                tell_changed(row.id)
    return len(rows)


def measure_heat(*, now: datetime) -> int:
    """Keep how often each listing's interfaces were called in 30 days; return how many changed."""
    last = now.astimezone(SHANGHAI).date()
    within = Within(last - timedelta(days=HEAT_DAYS - 1), last)
    settings = environment.read()
    receipted = _summed(by_grant(settings.ledger / "receipts-index.sqlite3", within))
    metered = _summed(usage.served(settings.usage, within))
    heat = _by_listing((receipted | metered).items())  # either may lag; `|` takes the larger
    changed = [row for row in Listing.objects.all() if row.heat != heat[row.id]]
    for row in changed:
        row.heat = heat[row.id]
    with transaction.atomic():
        Listing.objects.bulk_update(changed, ["heat"], batch_size=_MOST)
        for row in changed:
            tell_changed(row.id)
    return len(changed)


def _summed(uses: Iterable[GrantUse | usage.Usage]) -> Counter[str]:
    calls: Counter[str] = Counter()
    for use in uses:
        calls[base_id(use.interface)] += use.calls
    return calls


def _by_listing(calls: Iterable[tuple[str, int]]) -> Counter[str]:
    datasets = _datasets()
    heat: Counter[str] = Counter()
    for interface, number in calls:
        if interface in datasets:
            heat[datasets[interface]] += number
    return heat


def _datasets() -> dict[str, str]:
    """Return the dataset of each interface."""
    found: dict[str, str] = {}
    after: str | None = None
    while True:
        page = exchange.interfaces(after=after, limit=_MOST)
        if not page:
            return found
        found |= {each.interface.id: each.interface.dataset for each in page}
        after = page[-1].interface.id
