"""Attachments (附件) of requests: bounded, sniffed, kept in the home under their digest."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.lock import exclusive
from duokua.identity.facade import Person
from duokua.kernel import environment
from duokua.kernel.errors import Invalid, NotAllowed, NotFound
from duokua.kernel.filetypes import KNOWN, media_type
from duokua.kernel.text import Text
from duokua.store.actions.events import note
from duokua.store.actions.moving import taken
from duokua.store.models import Attachment, Request
from duokua.store.states.request import RequestState

MOST_FILES = 10
MOST_BYTES = 20 << 20
_EDITABLE = (RequestState.DRAFT, RequestState.RETURNED)
_MOST_NAME = 120
_DIGITS = 18  # of the number of a file
_ODD = re.compile(r"[^\w.()（）\-\s]")

audit.register(
    {
        "store.attachment.added": Text("添加附件", "attachment added"),
        "store.attachment.removed": Text("移除附件", "attachment removed"),
        "store.attachment.read": Text("下载附件", "attachment downloaded"),
    }
)


def shown_name(name: str) -> str:
    """Return what a file is called here: its last part, without anything that is no character."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    told = " ".join(_ODD.sub("_", last).split())
    path = Path(told.lstrip(". ") or "file")
    ending = path.suffix[:10]
    return path.stem[: _MOST_NAME - len(ending)] + ending


def folder() -> Path:
    """Return where the files lie."""
    return environment.read().home / "attachments"


def place(sha256: str) -> Path:
    """Return where the bytes of a digest lie."""
    return folder() / sha256[:2] / sha256


def attach(
    row: Request, name: str, chunks: Iterable[bytes], person: Person, *, now: datetime
) -> Attachment:
    """Keep a file with a draft, or with a request that was returned.

    :raises NotAllowed: somebody else drafted it.
    :raises Invalid: there are too many, it is too large or empty, or of a type that is not taken.
    :raises Conflict: the request cannot be changed any more.
    """
    _may(row, person)
    name = shown_name(name)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder() / f".{secrets.token_hex(8)}"
    try:
        sha256, size, told = _receive(fresh, name, chunks)
        with exclusive(folder() / "lock"), transaction.atomic():
            made = _note(row, Attachment(
                request=row, name=name, media_type=told, size=size, sha256=sha256, at=now,
                by=person.username,
            ), now)  # fmt: skip
            target = place(sha256)
            target.parent.mkdir(exist_ok=True, mode=0o700)
            fresh.chmod(0o600)
            fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return made


def _note(row: Request, made: Attachment, now: datetime) -> Attachment:
    if Attachment.objects.filter(request=row).count() >= MOST_FILES:
        raise Invalid(
            Text(f"附件最多 {MOST_FILES} 个", f"there are {MOST_FILES} attachments at most"),
            Text("请先移除一个", "remove one first"),
        )
    made.save(force_insert=True)
    note(
        row, "store.attachment.added", by=made.by, now=now,
        name=made.name, sha256=made.sha256, size=made.size,
    )  # fmt: skip
    return made


def _may(row: Request, person: Person) -> None:
    if row.requested_by != person.username:
        raise NotAllowed(
            Text("只有申请人可以更改附件", "only the applicant may change the files"),
            Text("请联系申请人", "ask the applicant"),
        )
    if row.state not in _EDITABLE:
        raise taken(row)


def _receive(fresh: Path, name: str, chunks: Iterable[bytes]) -> tuple[str, int, str]:
    """Write what comes and judge it; return its digest, size and media type."""
    digest, size = hashlib.sha256(), 0
    with fresh.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise _too_large()
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise Invalid(
            Text("文件是空的", "the file is empty"), Text("请另选文件", "choose another file")
        )
    with fresh.open("rb") as file:
        told = media_type(name, file)
    if told is None:
        raise _odd_type()
    return digest.hexdigest(), size, told


def _too_large() -> Invalid:
    most = f"{MOST_BYTES >> 20} MB"
    return Invalid(
        Text(f"文件超过 {most}", f"the file is over {most}"),
        Text("请压缩图片或分成几个文件", "shrink its pictures, or send it in parts"),
    )


def _odd_type() -> Invalid:
    known = " ".join(KNOWN)
    return Invalid(
        Text("不接收这类文件，或内容与扩展名不符",
             "files of this type are not taken, or its content is not what its name says"),
        Text(f"可用：{known}", f"these are taken: {known}"),
    )  # fmt: skip


def detach(row: Request, attachment_id: str, person: Person, *, now: datetime) -> None:
    """Take a file from a draft; its bytes stay as long as another request names them.

    :raises NotAllowed: somebody else drafted it.
    :raises NotFound: it has no such file.
    :raises Conflict: the request cannot be changed any more.
    """
    _may(row, person)
    with exclusive(folder() / "lock"):
        with transaction.atomic():
            found = attachment(row, attachment_id)
            found.delete()
            note(row, "store.attachment.removed", by=person.username, now=now, name=found.name)
        if not Attachment.objects.filter(sha256=found.sha256).exists():
            place(found.sha256).unlink(missing_ok=True)


def attachment(row: Request, attachment_id: str) -> Attachment:
    """Return a file of a request.

    :raises NotFound: it has no such file.
    """
    known = attachment_id.isascii() and attachment_id.isdecimal() and len(attachment_id) < _DIGITS
    rows = Attachment.objects.filter(request=row)
    found = rows.filter(id=int(attachment_id)).first() if known else None
    if found is None:
        raise NotFound(
            Text("该申请没有这个附件", "the request has no such file"),
            Text("请从申请页面打开附件", "open it from the page of the request"),
        )
    return found


def opened(
    row: Request, attachment_id: str, person: Person, *, now: datetime
) -> tuple[Attachment, Path]:
    """Record that somebody downloads a file; return it and where it lies.

    :raises NotFound: the request has no such file.
    """
    found = attachment(row, attachment_id)
    audit.record(
        "store.attachment.read", by=person.username, of=row.id, at=now,
        detail={"name": found.name, "sha256": found.sha256},
    )  # fmt: skip
    return found, place(found.sha256)
