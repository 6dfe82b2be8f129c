"""Public notices (公告): the data bureau writes them, everybody reads them while they are shown."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from duokua.audit import facade as audit
from duokua.identity.facade import Person, Role
from duokua.kernel.errors import Fault, Invalid, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.notify.models import Bulletin
from duokua.notify.values import BulletinInfo, BulletinText

audit.register(
    {
        "notify.bulletin.write": Text("发布公告", "public notice written"),
        "notify.bulletin.end": Text("撤下公告", "public notice taken down"),
    }
)
SHOWN, COMING, OVER = "shown", "coming", "over"
_MOST = {"title_zh": 120, "title_en": 200, "body_zh": 4000, "body_en": 8000}
_NAMES = {
    "title_zh": Text("中文标题", "Chinese title"),
    "title_en": Text("英文标题", "English title"),
    "body_zh": Text("中文内容", "Chinese text"),
    "body_en": Text("英文内容", "English text"),
}


def shown(now: datetime, limit: int, *, words: str = "", state: str = SHOWN) -> list[BulletinInfo]:
    """Return the notices at a state at ``now``, newest first, with some words in them."""
    rows = _at(state, now)
    if words:
        zh = Q(title_zh__icontains=words) | Q(body_zh__icontains=words)
        rows = rows.filter(zh | Q(title_en__icontains=words) | Q(body_en__icontains=words))
    return [_info(row) for row in rows[:limit]]


def one(number: int, now: datetime, *, writer: bool = False) -> BulletinInfo:
    """Return one notice that is shown at ``now``; to a ``writer`` also one that is not.

    :raises NotFound: there is none, or it is not shown.
    """
    rows = Bulletin.objects.all() if writer else _shown(now)
    row = rows.filter(id=number).first()
    if row is None:
        what = Text("没有这条公告", "there is no such notice")
        raise NotFound(what, Text("请查看公告列表", "look at the list of notices"))
    return _info(row)


def write(text: BulletinText, *, by: Person, now: datetime) -> int:
    """Write a notice; return its number.

    :raises NotAllowed: the writer is not of the data bureau.
    :raises Invalid: a text is missing or too long, or it would end before it begins.
    """
    _bureau(by)
    faults = _faults(text)
    if faults:
        what = Text("公告有误", "the notice is not complete")
        raise Invalid(what, Text("请改正所列各项", "mend what is listed"), faults=faults)
    with transaction.atomic():
        row = Bulletin.objects.create(
            title_zh=text.title.zh.strip(),
            title_en=text.title.en.strip(),
            body_zh=text.body.zh.strip(),
            body_en=text.body.en.strip(),
            shown_from=text.shown_from,
            shown_until=text.shown_until,
            written_by=by.username,
            written_at=now,
        )
        audit.record("notify.bulletin.write", by=by.username, of=str(row.pk), at=now)
    return row.pk


def end(number: int, *, by: Person, now: datetime) -> None:
    """Take a notice down.

    :raises NotAllowed: the person is not of the data bureau.
    :raises NotFound: there is none, or it is over.
    """
    _bureau(by)
    with transaction.atomic():
        if not _lasting(now).filter(id=number).update(shown_until=now):
            one(number, now)
        audit.record("notify.bulletin.end", by=by.username, of=str(number), at=now)


def _at(state: str, now: datetime) -> QuerySet[Bulletin]:
    rows = Bulletin.objects.order_by("-shown_from", "-id")
    if state == COMING:
        return _lasting(now).filter(shown_from__gt=now)
    if state == OVER:
        return rows.filter(shown_until__lte=now)
    return _shown(now)


def _shown(now: datetime) -> QuerySet[Bulletin]:
    return _lasting(now).filter(shown_from__lte=now)


def _lasting(now: datetime) -> QuerySet[Bulletin]:
    """Return what is not over, whether it is shown yet or not."""
    rows = Bulletin.objects.filter(Q(shown_until=None) | Q(shown_until__gt=now))
    return rows.order_by("-shown_from", "-id")


def _bureau(person: Person) -> None:
    if Role.BUREAU not in person.hats:
        what = Text("只有数据局可以发布公告", "only the data bureau writes notices")
        raise NotAllowed(what, Text("请联系数据局", "ask the data bureau"))


def _faults(text: BulletinText) -> tuple[Fault, ...]:
    told = {
        "title_zh": text.title.zh,
        "title_en": text.title.en,
        "body_zh": text.body.zh,
        "body_en": text.body.en,
    }
    faults = [
        Fault(
            name,
            Text(f"{_NAMES[name].zh}未填写或过长", f"{_NAMES[name].en} is missing or too long"),
            Text(f"请填写，最多 {_MOST[name]} 字", f"fill it in, {_MOST[name]} characters at most"),
        )
        for name, value in told.items()
        if not 0 < len(value.strip()) <= _MOST[name]
    ]
    if text.shown_until is not None and text.shown_until <= text.shown_from:
        what = Text("结束时间早于开始时间", "it would end before it begins")
        faults.append(Fault("shown_until", what, Text("请改晚", "choose a later day")))
    return tuple(faults)


def _info(row: Bulletin) -> BulletinInfo:
    return BulletinInfo(
        row.pk,
        Text(row.title_zh, row.title_en),
        Text(row.body_zh, row.body_en),
        row.shown_from,
        row.shown_until,
    )
