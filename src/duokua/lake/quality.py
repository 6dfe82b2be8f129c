"""Quality (质量) of datasets: measured when asked and after each batch, kept as history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Sum

from duokua.engine import delta
from duokua.engine.delta import TableHead
from duokua.engine.lock import workshop
from duokua.engine.quality import bad_rows
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lake import places, selectors
from duokua.lake.models import Dataset, QualityRun, Quarantine
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract, Level
from duokua.lang.quality import Bound, Dimension, Measured, Metric, QualityRule, Score, judge

FRESH, FITS = "fresh", "fits_contract"  # the rules that nobody has to write
_HISTORY = 400  # runs kept of a dataset
_FRESH_RULE = QualityRule(
    FRESH,
    Text("按约定更新", "refreshed as promised"),
    Dimension.TIMELINESS,
    Metric.AGE,
    (),
    Bound.AT_MOST,
)
_FITS_RULE = QualityRule(
    FITS,
    Text("符合契约，未被隔离", "fits the contract, not set aside"),
    Dimension.CONFORMITY,
    Metric.ASIDE,
    (),
)


@dataclass(frozen=True, slots=True)
class QualityInfo:
    """One run: the score (0–100, ``None``: not known) and each rule's outcome."""

    at: datetime
    version: int | None
    score: float | None
    dimensions: dict[str, float]
    rules: tuple[RuleOutcome, ...]
    best: str | None  # the rule whose mending gains most
    gain: float  # how many points


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a rule found; ``holds`` is ``None`` when it could not be judged."""

    name: str
    title: Text
    dimension: str
    holds: bool | None
    value: float | None
    bad: int | None
    rows: int


def check(dataset_id: str, *, now: datetime) -> QualityInfo:
    """Measure all rules of a dataset's contract, keep the run and return it.

    :raises NotFound: there is no such dataset.
    """
    row = selectors.dataset_row(dataset_id)
    contract = contract_from_json(row.contract)
    head = _head(dataset_id)
    score = judge((*_ruled(contract, head), *_promised(contract, row, head, now)))
    run = QualityRun.objects.create(
        dataset=row,
        at=now,
        version=head.version if head else None,
        score=score.total,
        told=_told(score),
    )
    _forget_oldest(dataset_id)
    return _info(run)


def history(dataset_id: str, limit: int = 60) -> list[QualityInfo]:
    """Return the newest runs, newest first."""
    runs = QualityRun.objects.filter(dataset_id=dataset_id).order_by("-at", "-id")[:limit]
    return [_info(run) for run in runs]


def _head(dataset_id: str) -> TableHead | None:
    try:
        head = delta.head(places.table(dataset_id))
    except NotFound:
        return None
    return head if head.files else None


def _ruled(contract: Contract, head: TableHead | None) -> list[Measured]:
    if head is None:
        return [Measured(rule, None, None, 0) for rule in contract.quality]
    names = {rule.other[0] for rule in contract.quality if rule.other}
    heads = {name: _head(name) for name in _readable(contract, names)}
    others: dict[str, Sequence[Path]] = {name: each.files for name, each in heads.items() if each}
    with workshop(places.staging(contract.id)) as spill:
        found = bad_rows(head.files, head.stats, contract.quality, others, spill, contract.columns)
    return [_measured(rule, head, found.get(rule.name)) for rule in contract.quality]


def _readable(contract: Contract, names: set[str]) -> list[str]:
    """Return those of ``names`` a rule may refer to; a count would tell who is in the others."""
    own = Dataset.objects.filter(owner_id=contract.owner) | Dataset.objects.filter(level=Level.L1)
    return list(own.filter(id__in=names).values_list("id", flat=True))


def _measured(rule: QualityRule, head: TableHead, bad: int | None) -> Measured:
    if rule.metric is Metric.ROWS:
        return Measured(rule, float(head.rows), None, head.rows)
    if bad is None:
        return Measured(rule, None, None, head.rows)
    value = 100 * bad / head.rows if rule.percent and head.rows else float(bad)
    return Measured(rule, value, bad, head.rows)


def _promised(
    contract: Contract, row: Dataset, head: TableHead | None, now: datetime
) -> list[Measured]:
    """Measure what no rule has to say: data come in time, and rows fit the contract."""
    measured = []
    if contract.refresh_h is not None:
        rule = QualityRule(
            _FRESH_RULE.name,
            _FRESH_RULE.title,
            _FRESH_RULE.dimension,
            _FRESH_RULE.metric,
            (),
            _FRESH_RULE.bound,
            (float(contract.refresh_h),),
        )
        age = (now - row.refreshed_at) / timedelta(hours=1) if row.refreshed_at else None
        measured.append(Measured(rule, age, None, head.rows if head else 0))
    if head is not None:
        standing = Quarantine.objects.filter(dataset=row).aggregate(rows=Sum("left"))
        aside = standing["rows"] or 0
        measured.append(Measured(_FITS_RULE, float(aside), aside, head.rows + aside))
    return measured


def _told(score: Score) -> dict[str, Any]:
    return {
        "dimensions": {name.value: round(value, 2) for name, value in score.dimensions},
        "best": score.best.rule.name if score.best else None,
        "gain": round(score.gain, 2),
        "rules": [
            {
                "name": each.rule.name,
                "zh": each.rule.title.zh,
                "en": each.rule.title.en,
                "dimension": each.rule.dimension.value,
                "holds": each.holds,
                "value": each.value,
                "bad": each.bad,
                "rows": each.rows,
            }
            for each in score.measured
        ],
    }


def _info(run: QualityRun) -> QualityInfo:
    told = run.told
    rules = tuple(
        RuleOutcome(
            each["name"], Text(each["zh"], each["en"]), each["dimension"], each["holds"],
            each["value"], each["bad"], each["rows"],
        )
        for each in told["rules"]
    )  # fmt: skip
    return QualityInfo(
        run.at, run.version, run.score, told["dimensions"], rules, told["best"], told["gain"]
    )


def _forget_oldest(dataset_id: str) -> None:
    runs = QualityRun.objects.filter(dataset_id=dataset_id).order_by("-at", "-id")
    oldest = runs.values_list("id", flat=True)[_HISTORY : _HISTORY + 1].first()
    if oldest is not None:
        QualityRun.objects.filter(dataset_id=dataset_id, id__lte=oldest).delete()
