"""Erasing a subject for good (彻底删除): from every dataset, old file, index and what is made of them.

What is asked is kept with its steps before anything goes; whoever is killed in between, the queue
goes on from there, and it is called done only after every place was looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.jobs import facade as jobs
from duokua.kernel.errors import Fault, Invalid, NotFound
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.lake import barring, impact, lineage, selectors
from duokua.lake.barring import Whom
from duokua.lake.leftovers import count, count_aside_rows
from duokua.lake.models import Dataset, MatchPair
from duokua.lake.models_erasure import Barred, Erasure, ErasureStep
from duokua.lake.states import ErasureState
from duokua.lake.values import Affected
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Contract

KIND = "lake.erase"
_MOST_ATTEMPTS = 1000  # an erasure that was promised is not given up
_MOST_WORDS = 500
_NUMBERS = re.compile(r"[0-9０-９][0-9０-９Xx\s\-]{12,}")
Progress = Callable[[int, int], None]

audit.register(
    {
        "data.subject.looked_for": Text("查找主体数据", "data of a subject looked for"),
        "data.subject.asked": Text("受理彻底删除", "erasure of a subject asked for"),
        "data.subject.erased": Text("彻底删除主体数据", "subject erased for good"),
        "data.subject.lifted": Text("解除彻底删除限制", "bar of an erased subject lifted"),
    }
)


@dataclass(frozen=True, slots=True)
class Concerned:
    """A dataset that has rows of the subject, and what is made of it."""

    dataset: str
    title: Text
    rows: int
    aside: int
    affected: tuple[Affected, ...]


@dataclass(frozen=True, slots=True)
class StepInfo:
    """One place of an erasure."""

    kind: str
    dataset: str
    rows: int
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErasureInfo:
    """An erasure: done only when every step is."""

    id: str
    kind: str
    pseudonym: str
    datasets: tuple[str, ...]
    reason: str
    basis: str
    done: bool
    rows: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    lifted: bool
    steps: tuple[StepInfo, ...]


def foresee(
    subject: Whom, *, datasets: Sequence[str], viewer: str | None, by: str, now: datetime
) -> list[Concerned]:
    """Tell where the subject is and who would feel it; nothing changes.

    That somebody is in a dataset tells of them: whoever looked is on record before it is told.

    :raises NotFound: a dataset is not there, or is another department's.
    """
    found = []
    for row, contract in in_question(subject.kind, datasets, viewer):
        chosen = barring.rows_of(contract, subject)
        rows, aside = count(row.id, chosen), count_aside_rows(row.id, chosen)
        if rows or aside:
            title, felt = Text(row.title_zh, row.title_en), impact.affected(row.id, now)
            found.append(Concerned(row.id, title, rows, aside, felt))
    detail = {"subject": subject.pseudonym, "datasets": [each.dataset for each in found]}
    audit.record("data.subject.looked_for", by=by, of="subject", at=now, detail=detail)
    return found


def ask(
    subject: Whom,
    *,
    datasets: Sequence[str],
    reason: str,
    basis: str,
    viewer: str | None,
    by: str,
    now: datetime,
) -> ErasureInfo:
    """Take an erasure on (受理): from here on no row of the subject lands, and the queue works.

    :raises NotFound: a dataset is not there, or is another department's.
    :raises Invalid: reason or legal basis is missing, or holds a number.
    """
    said, law = _words("reason", reason), _words("basis", basis)
    every = [row.id for row, _ in in_question(subject.kind, datasets, viewer)]
    # A steward answers for their own department: what that is, is fixed when it is asked for.
    named = every if viewer is not None or datasets else []
    with transaction.atomic():
        row = Erasure.objects.create(
            id=new_id("erase"),
            kind=subject.kind,
            marks=list(subject.marks),
            datasets=named,
            reason=said,
            basis=law,
            asked_by=by,
            asked_at=now,
            department=viewer or "",
        )
        Barred.objects.bulk_create(
            Barred(erasure=row, kind=subject.kind, mark=mark, dataset=dataset)
            for mark in subject.marks
            for dataset in named or [""]
        )
        lay_steps(row)
        forget_pairs(subject.known_as)
        payload = {"erasure": row.id}
        jobs.enqueue(
            KIND, payload, by=by, now=now, key=f"{KIND}:{row.id}", most_attempts=_MOST_ATTEMPTS
        )
        detail = {"subject": subject.pseudonym, "datasets": every, "reason": said, "basis": law}
        audit.record("data.subject.asked", by=by, of=row.id, at=now, detail=detail)
    return info(row)


def _words(where: str, text: str) -> str:
    said = text.strip()
    if not 0 < len(said) <= _MOST_WORDS:
        what = Text("理由与法定依据都要写明", "both reason and legal basis have to be given")
        mend = Text("请用 1 至 500 字说明", "give it in 1–500 characters")
    elif _NUMBERS.search(said):
        what = Text("不得写入编号", "it must not hold the number")
        mend = Text("请删去号码，审计记录会永久保留", "leave it out: audit records stay for good")
    else:
        return said
    raise Invalid(what, mend, faults=(Fault(where, what, mend),))


def in_question(
    kind: str, datasets: Sequence[str], viewer: str | None
) -> list[tuple[Dataset, Contract]]:
    """Return the datasets that may have such a subject, of those named and the viewer's own.

    :raises NotFound: a named one is not there, or is another department's.
    :raises Invalid: a named one has no column for such a subject, or must be named.
    """
    rows = [selectors.dataset_row(name) for name in datasets]
    for row in rows:
        if viewer is not None and row.owner_id != viewer:
            raise selectors.no_dataset(row.id)
    if kind == barring.OWN and len(rows) != 1:
        what = Text("请指定一个数据集", "name one dataset")
        raise Invalid(what, what, faults=(Fault("dataset", what, what),))
    if not datasets:
        own = Dataset.objects.order_by("id")
        rows = list(own if viewer is None else own.filter(owner_id=viewer))
    pairs = [(row, contract_from_json(row.contract)) for row in rows]
    for row, contract in pairs if datasets else []:
        if not barring.columns_of(contract, kind):
            what = Text(f"{row.id} 没有这类主体的列", f"{row.id} has no column for such a subject")
            raise Invalid(what, Text("请换一个数据集", "choose another"), faults=())
    return [(row, contract) for row, contract in pairs if barring.columns_of(contract, kind)]


def lay_steps(row: Erasure) -> list[ErasureStep]:
    """Note every place that has to be cleaned; what is noted already stays as it is."""
    viewer = row.department or None
    base = [each.id for each, _ in in_question(row.kind, row.datasets, viewer)]
    wanted = [
        *(("dataset", name) for name in base if not _derived(name)),
        *(("derived", name) for name in _made_of(base)),
        ("drafts", ""),
        ("catalogue", ""),
    ]
    for number, (kind, name) in enumerate(wanted):
        ErasureStep.objects.update_or_create(
            erasure=row, kind=kind, dataset=name, defaults={"number": number}
        )
    return list(ErasureStep.objects.filter(erasure=row).order_by("number", "id"))


def _derived(dataset_id: str) -> bool:
    return contract_from_json(selectors.dataset_row(dataset_id).contract).sql is not None


def _made_of(base: Sequence[str]) -> list[str]:
    """Return the derived datasets among ``base`` and behind it, each behind what it is made of."""
    edges = {(edge.source, edge.dataset) for name in base for edge in lineage.downstream(name)}
    edges |= {(edge.source, name) for name in base for edge in lineage.upstream(name)}
    found = {name for name in base if _derived(name)} | {
        made for _, made in edges if _derived(made)
    }
    ordered: list[str] = []
    while found:
        ready = sorted(
            name
            for name in found
            if not any(made == name and source in found for source, made in edges)
        )
        ordered += ready or sorted(found)
        found -= set(ordered)
    return ordered


def forget_pairs(pseudonyms: Sequence[str]) -> None:
    """Take the pairs of a subject out of the review queue, by its pseudonyms there."""
    MatchPair.objects.filter(left__in=pseudonyms).delete()
    MatchPair.objects.filter(right__in=pseudonyms).delete()


def row_of(erasure_id: str) -> Erasure:
    """Return a stored erasure.

    :raises NotFound: there is none.
    """
    found = Erasure.objects.filter(id=erasure_id).first()
    if found is None:
        raise NotFound(
            Text("没有这项彻底删除", "there is no such erasure"),
            Text("请查看列表", "see the list of them"),
        )
    return found


def erasures(*, viewer: str | None, limit: int = 100) -> list[ErasureInfo]:
    """Return erasures newest first; a department sees those that its own stewards asked for."""
    rows = Erasure.objects.order_by("-asked_at", "id")
    if viewer is not None:
        rows = rows.filter(department=viewer)
    return [info(row) for row in rows[:limit]]


def lift(
    erasure_id: str, *, reason: str, viewer: str | None, by: str, now: datetime
) -> ErasureInfo:
    """Let rows of an erased subject land again; what was erased stays erased.

    :raises NotFound: there is no such erasure, or it is another department's.
    :raises Invalid: the reason is missing.
    """
    row = row_of(erasure_id)
    if viewer is not None and row.department != viewer:
        row = row_of("")
    said = _words("reason", reason)
    with transaction.atomic():
        changed = Barred.objects.filter(erasure=row, lifted_at=None).update(lifted_at=now)
        if changed:
            detail = {"reason": said}
            audit.record("data.subject.lifted", by=by, of=row.id, at=now, detail=detail)
    return info(row)


def info(row: Erasure) -> ErasureInfo:
    """Return a stored erasure as a value."""
    steps = ErasureStep.objects.filter(erasure=row).order_by("number", "id")
    return ErasureInfo(
        id=row.id,
        kind=row.kind,
        pseudonym=Whom(row.kind, tuple(row.marks)).pseudonym,
        datasets=tuple(row.datasets),
        reason=row.reason,
        basis=row.basis,
        done=row.state == ErasureState.DONE,
        rows=row.rows,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        lifted=not Barred.objects.filter(erasure=row, lifted_at=None).exists(),
        steps=tuple(StepInfo(each.kind, each.dataset, each.rows, each.done_at) for each in steps),
    )
