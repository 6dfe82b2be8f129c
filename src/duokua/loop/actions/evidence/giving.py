"""Giving evidence (提交证据) for a task: a photo, a document, a form, a reading, a note."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from referencing import Registry
from referencing.exceptions import Unresolvable

from duokua.identity.facade import Person
from duokua.kernel.clock import SHANGHAI, from_iso
from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.filetypes import media_type
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import Asked, PlayTask
from duokua.loop.actions.cases.deed import not_allowed
from duokua.loop.actions.cases.moving import taken
from duokua.loop.actions.cases.performing import no_case
from duokua.loop.actions.evidence.keeping import keep, received
from duokua.loop.actions.evidence.pictures import MEDIA, picture
from duokua.loop.actions.noting import note
from duokua.loop.models import Case, Evidence, Task
from duokua.loop.selectors.packs import pack_of
from duokua.loop.selectors.rights import Stance
from duokua.loop.values.acting import Upload

DOCUMENTS = (".pdf", ".docx", ".xlsx")
MOST_PIECES = 200  # of a case
_MOST_BODY = 64 << 10  # characters
_MOST_TEXT = 2000
_MOST_NAME = 120
_AHEAD = timedelta(minutes=10)  # a clock of a phone may go before ours by that much


@dataclass(frozen=True, slots=True)
class Piece:
    """What somebody gives; ``ask`` is what the playbook asks for, empty for anything else."""

    ask: str = ""
    upload: Upload | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


def give(number: str, task_id: int, piece: Piece, person: Person, *, now: datetime) -> Evidence:
    """Keep a piece of evidence with a task.

    Bytes are judged and made durable before the case is locked; then the case is looked at again.

    :raises NotFound: there is no such case or task, or they may not know of it.
    :raises NotAllowed: the task is not theirs.
    :raises Conflict: nothing can be given to it any more.
    :raises Invalid: it is not what is asked for, or no such file is taken.
    """
    case, task, pack = _open(number, task_id, person, lock=False)
    ask = _asked(pack, case, task, piece.ask)
    made = _made(case, ask, piece, pack, person, now)
    with transaction.atomic():
        case, task, pack = _open(number, task_id, person, lock=True)
        if Evidence.objects.filter(case=case).count() >= MOST_PIECES:
            raise _invalid("ask", f"每个事件最多 {MOST_PIECES} 件证据",
                           f"a case has {MOST_PIECES} pieces at most")  # fmt: skip
        _only_once(case, task, made)
        made.case, made.task = case, task.id
        made.save(force_insert=True)
        note(
            case, "evidence", by=person.username, now=now, task=task.id, id=made.id,
            ask=made.ask, kind=made.kind, digest=made.digest, size=made.size,
        )  # fmt: skip
    return made


def _open(number: str, task_id: int, person: Person, *, lock: bool) -> tuple[Case, Task, Pack]:
    rows = Case.objects.select_for_update(of=("self",)) if lock else Case.objects.all()
    case = rows.filter(number=number).first()
    if case is None:
        raise no_case()
    tasks = list(Task.objects.filter(case=case).order_by("id"))
    pack = pack_of(case.pack, case.version)
    stance = Stance(person, case, tasks, pack)
    task = next((each for each in tasks if each.id == task_id), None)
    if not stance.sees or task is None:
        raise no_case()
    if not stance.may("evidence", task):
        raise not_allowed()
    if not stance.fits("evidence", task):
        raise taken(case, task)
    return case, task, pack


def _asked(pack: Pack, case: Case, task: Task, ask: str) -> Asked | None:
    """Return what is asked for; ``None``: something else is given."""
    if not ask:
        return None
    playbook = pack.playbooks.get(case.playbook)
    plays: tuple[PlayTask, ...] = playbook.tasks if playbook else ()
    play = next((each for each in plays if each.id == task.play), None)
    found = next((each for each in play.asks if each.id == ask), None) if play else None
    if found is None:
        raise _invalid("ask", "任务不要求这项证据", "the task asks for no such evidence")
    return found


def _made(
    case: Case, ask: Asked | None, piece: Piece, pack: Pack, person: Person, now: datetime
) -> Evidence:
    """Return the row of a piece, its bytes kept."""
    kind = ask.kind if ask else ("file" if piece.upload else "note")
    made = Evidence(
        id=new_id("ev"), case=case, ask=ask.id if ask else "", kind=kind, media="application/json",
        name=ask.title.zh if ask else "", given_by=person.username, given_at=now,
    )  # fmt: skip
    if kind in ("photo", "document", "file"):
        _file(made, piece, person, now)
    else:
        made.body = _body(kind, ask, piece.body, pack)
        told = json.dumps(made.body, ensure_ascii=False, sort_keys=True)
        made.size = len(told.encode())
    _where_and_when(made, piece.body, now)
    return made


def _file(made: Evidence, piece: Piece, person: Person, now: datetime) -> None:
    if piece.upload is None:
        raise _invalid("file", "请选择文件", "choose a file")
    sent = received(piece.upload.chunks)
    made.name = _name(piece.upload.name)
    at = now.astimezone(SHANGHAI)
    mark = f"{made.case.number}  {person.name.zh or person.username}  {at:%Y-%m-%d %H:%M}"
    photo = picture(sent, mark) if made.kind != "document" else None
    if photo is not None:
        made.kind, made.media = "photo", MEDIA
        made.taken_at, made.lon, made.lat = photo.taken_at, photo.lon, photo.lat
        made.digest, made.size = keep(photo.body, photo.thumbnail), len(photo.body)
    else:
        _document(made, sent)
    made.body = {"original": hashlib.sha256(sent).hexdigest()}


def _document(made: Evidence, sent: bytes) -> None:
    if made.kind == "photo":
        raise _invalid("file", "不是照片，或像素过多", "it is no photo, or has too many pixels",
                       "请用 JPEG、PNG 或 WebP", "use JPEG, PNG or WebP")  # fmt: skip
    known = made.name.lower().endswith(DOCUMENTS)
    media = media_type(made.name, io.BytesIO(sent)) if known else None
    if media is None:
        raise _invalid("file", "不接收这类文件，或内容与扩展名不符",
                       "files of this type are not taken, or its content is not what its name says",
                       f"可用：{' '.join(DOCUMENTS)}", f"these are taken: {' '.join(DOCUMENTS)}")  # fmt: skip
    made.kind, made.media = "document", media
    made.digest, made.size = keep(sent), len(sent)


def _name(name: str) -> str:
    """Return the last part of a file's name without anything that is no character of a name."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    fine = "".join(c if c.isalnum() or c in " ._-()（）" else "_" for c in last).strip(". ")
    stem, dot, ending = fine.rpartition(".")
    return f"{stem[:_MOST_NAME]}{dot}{ending[:10]}" if dot else fine[:_MOST_NAME] or "file"


def _body(kind: str, ask: Asked | None, body: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    told = {key: value for key, value in body.items() if key not in ("taken_at", "lon", "lat")}
    try:
        size = len(json.dumps(told, allow_nan=False))
    except (TypeError, ValueError):
        size = _MOST_BODY + 1
    if size > _MOST_BODY or _has_nul(told):
        raise _invalid("body", "内容过长或有误", "the content is too long or wrong")
    if kind == "form":
        return _form(told, pack, ask.form if ask else "")
    if kind == "reading":
        return _reading(told)
    text = str(told.get("text", "")).strip()
    if not 0 < len(text) <= _MOST_TEXT:
        raise _invalid("text", "请填写说明", "write what there is to say")
    return {"text": text}


def _has_nul(told: object) -> bool:
    """Tell whether a text has the one character that no database of ours can keep."""
    if isinstance(told, str):
        return "\0" in told
    if isinstance(told, Mapping):
        return any(_has_nul(each) for pair in told.items() for each in pair)
    return isinstance(told, list) and any(_has_nul(each) for each in told)


def _form(told: dict[str, Any], pack: Pack, form: str) -> dict[str, Any]:
    """Check what was filled in against the form's schema; nothing is fetched for it."""
    found = pack.forms.get(form)
    if found is None:
        raise _invalid("form", "场景包没有这个表单", "the pack has no such form")
    # Only here: its own schemas take a tenth of a second to read.
    from jsonschema import Draft202012Validator

    faults = Faults()
    check = Draft202012Validator(found.schema, registry=Registry())
    try:
        wrong = list(check.iter_errors(told))
    except Unresolvable:
        raise _invalid("form", "表单定义有误", "the form is wrong") from None
    for error in wrong:
        where = "/".join(str(part) for part in error.absolute_path) or "form"
        faults.add(where, "填写有误", f"it breaks {error.validator}", "请更正", "mend it")
    faults.raise_if_any(Text("表单填写有误", "the form is filled in wrongly"))
    return told


def _reading(told: dict[str, Any]) -> dict[str, Any]:
    try:
        value = float(told.get("value", ""))
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise _invalid("value", "读数须为数字", "the reading is no number")
    return {"value": value, "unit": str(told.get("unit", ""))[:32]}


def _where_and_when(made: Evidence, body: Mapping[str, Any], now: datetime) -> None:
    """Take time and place from whoever gives it, where the camera told none."""
    if made.taken_at is not None and made.taken_at > now + _AHEAD:
        made.taken_at = None  # a camera whose clock is wrong tells nothing
    if made.taken_at is None and isinstance(body.get("taken_at"), str):
        try:
            at = from_iso(body["taken_at"])
        except (ValueError, OverflowError):
            at = now + _AHEAD * 2
        made.taken_at = at if at <= now + _AHEAD else None
    if made.lon is None:
        made.lon, made.lat = _point(body.get("lon"), body.get("lat"))


def _point(lon: object, lat: object) -> tuple[float | None, float | None]:
    try:
        x, y = float(str(lon)), float(str(lat))
    except ValueError:
        return None, None
    return (x, y) if abs(x) <= 180 and abs(y) <= 90 else (None, None)


def _only_once(case: Case, task: Task, made: Evidence) -> None:
    """Refuse the same file twice: two photos are two photos."""
    original = made.body.get("original")
    rows = Evidence.objects.filter(case=case, task=task.id, given_at__gte=task.opened_at)
    if original and rows.filter(body__original=original).exists():
        raise _invalid("file", "这个文件已提交过", "this file was given already",
                       "请另选文件", "choose another file")  # fmt: skip


def _invalid(
    where: str, zh: str, en: str, mend_zh: str = "请更正", mend_en: str = "mend it"
) -> Invalid:
    faults = Faults()
    faults.add(where, zh, en, mend_zh, mend_en)
    return Invalid(Text(zh, en), Text(mend_zh, mend_en), faults=tuple(faults.found))
