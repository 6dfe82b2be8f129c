"""The review queue (复核队列) of match reports: run a match, look at pairs, say what they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.matching import Pair
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lake.matching import report
from duokua.lake.models_matching import MatchPair, MatchRun, Verdict
from duokua.lake.subject_keys import Key

_MOST_QUEUED = 1000

audit.register(
    {
        "data.match.run": Text("比对两个数据集的主体", "subjects of two datasets matched"),
        "data.match.decided": Text("复核一对主体", "a pair of subjects reviewed"),
    }
)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A match report as it was stored; ``sides`` by "left" and "right"."""

    id: int
    left: str
    right: str
    exact: int
    probable: int
    conflict: int
    sides: dict[str, dict[str, int]]
    at: datetime
    open: int


@dataclass(frozen=True, slots=True)
class PairInfo:
    """A pair in the queue, by pseudonyms; empty where a row has no valid number."""

    id: int
    kind: str
    left: str
    right: str
    reason: str
    verdict: str
    decided_by: str


def run(left: str, right: str, *, key: Key, by: str, now: datetime) -> RunInfo:
    """Match two datasets, keep the counts and queue the pairs; earlier verdicts stay.

    :raises NotFound: there is no such dataset.
    :raises Invalid: they cannot be matched.
    """
    if left == right:
        raise Invalid(
            Text("请选择另一个数据集", "choose another dataset"),
            Text("不能与自身比对", "a dataset is not matched with itself"),
        )
    left, right = sorted((left, right))
    found = report(left, right, key=key, most=_MOST_QUEUED)
    matched = found.matched
    counts: dict[str, Any] = {
        "key_id": found.key_id,
        "exact": matched.exact,
        "probable": matched.probable,
        "conflict": matched.conflict,
        "sides": {"left": asdict(matched.left), "right": asdict(matched.right)},
        "at": now,
        "by": by,
    }
    with transaction.atomic():
        row, _ = MatchRun.objects.update_or_create(left_id=left, right_id=right, defaults=counts)
        _queue(row, matched.queue)
        detail = {name: counts[name] for name in ("exact", "probable", "conflict")}
        audit.record("data.match.run", by=by, of=f"{left}/{right}", at=now, detail=detail)
    return _info(row)


def _queue(row: MatchRun, pairs: tuple[Pair, ...]) -> None:
    """Bring the queue up to date: pairs that are no more leave it, unless somebody decided."""
    names = ("kind", "left", "right", "reason")
    wanted = {(each.kind, each.left or "", each.right or "", each.reason) for each in pairs}
    present = MatchPair.objects.filter(run=row)
    known = set(present.values_list(*names))
    for pair in present.filter(verdict=Verdict.OPEN):
        if (pair.kind, pair.left, pair.right, pair.reason) not in wanted:
            pair.delete()
    MatchPair.objects.bulk_create(
        MatchPair(run=row, **dict(zip(names, each, strict=True))) for each in sorted(wanted - known)
    )


def runs_of(dataset: str) -> list[RunInfo]:
    """Return the newest report of a dataset with each other one."""
    rows = MatchRun.objects.filter(left_id=dataset) | MatchRun.objects.filter(right_id=dataset)
    return [_info(row) for row in rows.order_by("-at")]


def pairs(run_id: int, *, limit: int = 200) -> list[PairInfo]:
    """Return the pairs of a report, those to be reviewed first."""
    found = MatchPair.objects.filter(run_id=run_id)
    rows = [*found.filter(verdict=Verdict.OPEN).order_by("kind", "id")[:limit]]
    rows += found.exclude(verdict=Verdict.OPEN).order_by("-decided_at")[: limit - len(rows)]
    return [
        PairInfo(row.pk, row.kind, row.left, row.right, row.reason, row.verdict, row.decided_by)
        for row in rows
    ]


@transaction.atomic
def decide(run_id: int, pair_id: int, verdict: str, *, by: str, now: datetime) -> None:
    """Say whether the subjects of an open pair are the same.

    :raises NotFound: there is no such pair in that report.
    :raises Invalid: it is no verdict.
    :raises Conflict: somebody else decided first.
    """
    if verdict not in (Verdict.SAME, Verdict.DIFFERENT):
        raise Invalid(Text("不是复核结论", "it is no verdict"), Text("请选择", "choose one"))
    found = MatchPair.objects.filter(run_id=run_id, pk=pair_id)
    if not found.exists():
        raise NotFound(Text("没有这一对", "there is no such pair"), Text("请刷新", "reload"))
    decided = found.filter(verdict=Verdict.OPEN).update(
        verdict=verdict, decided_by=by, decided_at=now
    )
    if not decided:
        raise Conflict(Text("已有人复核", "it has been decided"), Text("请刷新", "reload"))
    audit.record("data.match.decided", by=by, of=str(pair_id), at=now, detail={"verdict": verdict})


def _info(row: MatchRun) -> RunInfo:
    return RunInfo(
        id=row.pk,
        left=row.left_id,
        right=row.right_id,
        exact=row.exact,
        probable=row.probable,
        conflict=row.conflict,
        sides=row.sides,
        at=row.at,
        open=MatchPair.objects.filter(run=row, verdict=Verdict.OPEN).count(),
    )
