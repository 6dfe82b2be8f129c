"""Tells the stewards of a department what needs their attention (预警), and clears it when mended.

Nothing is scanned for: each is called where a batch lands, a rule was measured or a job has ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Sum

from duokua.identity.facade import Role
from duokua.kernel.text import Text
from duokua.lake.models import Dataset, Quarantine
from duokua.lake.quality import FITS, FRESH, QualityInfo
from duokua.lang.codec import contract_from_json
from duokua.notify import facade as notify
from duokua.notify.facade import Note, Weight

_MOST_NAMED = 5


def quality_measured(dataset_id: str, info: QualityInfo, *, now: datetime) -> None:
    """Tell which rules fail, and when the dataset is older than its promise."""
    row = Dataset.objects.get(id=dataset_id)
    failing = [rule for rule in info.rules if rule.holds is False]
    own = [rule for rule in failing if rule.name not in (FITS, FRESH)]
    if own:
        named = own[:_MOST_NAMED]
        score = "–" if info.score is None else f"{info.score:.1f}"
        body = Text(
            f"得分 {score}；" + "、".join(rule.title.zh for rule in named),
            f"score {score}; " + ", ".join(rule.title.en for rule in named),
        )
        title = Text(
            f"{row.title_zh}：{len(own)} 条质量规则不满足",
            f"{row.title_en}: {len(own)} quality rules fail",
        )
        _tell(row, "quality", title, body, "quality/", now)
    else:
        notify.clear(_cause("quality", dataset_id), now=now)
    judge_freshness(dataset_id, now=now)


def judge_freshness(dataset_id: str, *, now: datetime) -> None:
    """Tell whether new data have come within the promised time."""
    row = Dataset.objects.get(id=dataset_id)
    promised = contract_from_json(row.contract).refresh_h
    if promised is None or row.refreshed_at is None:
        return
    late = now - row.refreshed_at - timedelta(hours=promised)
    if late <= timedelta(0):
        notify.clear(_cause("freshness", dataset_id), now=now)
        return
    title = Text(f"{row.title_zh}：未按约定更新", f"{row.title_en}: not refreshed as promised")
    hours = int(late / timedelta(hours=1))
    body = Text(
        f"约定每 {promised} 小时更新，已逾期 {hours} 小时",
        f"promised every {promised} hours, {hours} hours late",
    )
    _tell(row, "freshness", title, body, "quality/", now)


def look_at_quarantine(dataset_id: str, *, now: datetime) -> None:
    """Tell how much stands aside, or that nothing does any more."""
    cause = _cause("quarantine", dataset_id)
    left = Quarantine.objects.filter(dataset_id=dataset_id).aggregate(rows=Sum("left"))["rows"]
    if not left:
        notify.clear(cause, now=now)
        return
    row = Dataset.objects.get(id=dataset_id)
    title = Text(
        f"{row.title_zh}：隔离区有 {left:,} 行", f"{row.title_en}: {left:,} rows stand aside"
    )
    body = Text(
        "请更正后重新汇聚，或说明理由不再处理", "correct and bring them back, or dismiss them"
    )
    _tell(row, "quarantine", title, body, "quarantine/", now)


def source_failed(source_id: str, dataset_id: str, what: Text, *, now: datetime) -> None:
    """Tell that a source could not be fetched."""
    row = Dataset.objects.get(id=dataset_id)
    title = Text(f"{row.title_zh}：数据源 {source_id} 失败", f"{row.title_en}: {source_id} failed")
    _tell(row, f"source/{source_id}", title, what, "sources/", now, Weight.ALARM)


def source_ran(source_id: str, dataset_id: str, *, now: datetime) -> None:
    """Note that a source was fetched."""
    notify.clear(_cause(f"source/{source_id}", dataset_id), now=now)


def erased(erasure_id: str, department: str, rows: int, *, now: datetime) -> None:
    """Tell the department that asked that a subject is gone."""
    note = Note(
        cause=f"lake/erasure/{erasure_id}",
        title=Text(f"彻底删除已完成：{rows:,} 行", f"an erasure is finished: {rows:,} rows"),
        body=Text(f"编号 {erasure_id}", f"number {erasure_id}"),
        department=department,
        role=Role.STEWARD,
        weight=Weight.NOTE,
        link="/store/erasures/",
    )
    if department:
        notify.tell(note, now=now)


def emptied(dataset_id: str, *, now: datetime) -> None:
    """Tell that a derived dataset could not be made without what was erased, and is empty now."""
    row = Dataset.objects.get(id=dataset_id)
    title = Text(f"{row.title_zh}：已清空", f"{row.title_en}: emptied")
    body = Text(
        "彻底删除后无法重新生成，请检查其 SQL 与来源",
        "it could not be made anew after an erasure; look at its SQL and inputs",
    )
    _tell(row, "emptied", title, body, "lineage/", now, Weight.ALARM)


def _cause(what: str, dataset_id: str) -> str:
    return f"lake/{what}:{dataset_id}"


def _tell(
    row: Dataset,
    what: str,
    title: Text,
    body: Text,
    page: str,
    now: datetime,
    weight: Weight = Weight.WARNING,
) -> None:
    notify.tell(
        Note(
            cause=_cause(what, row.id),
            title=title,
            body=body,
            department=row.owner_id,
            role=Role.STEWARD,
            weight=weight,
            link=f"/store/datasets/{row.id}/{page}",
        ),
        now=now,
    )
