"""Evidence (证据) of cases: giving it, and its bytes for whoever may see the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.loop.actions import evidence as _evidence
from duokua.loop.models import Evidence
from duokua.loop.selectors import whole_case as _whole
from duokua.loop.selectors.seeing import visible_to
from duokua.loop.values.acting import Upload
from duokua.loop.values.case import EvidenceInfo

__all__ = ["EvidenceInfo", "Upload", "content", "give", "thumbnail"]


def give(
    number: str,
    task_id: int,
    *,
    ask: str,
    upload: Upload | None,
    body: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> EvidenceInfo:
    """Keep a piece of evidence with a task of a case.

    ``ask`` is the id of what the playbook asks for; empty for a photo, document or note besides.
    ``body`` holds a form's or a reading's values, a note's ``text``, and ``taken_at``, ``lon`` and
    ``lat`` as a phone tells them.

    :raises NotFound: there is no such case or task, or they may not know of it.
    :raises NotAllowed: the task is not theirs.
    :raises Conflict: nothing can be given to it any more.
    :raises Invalid: it is not what is asked for, or no such file is taken.
    """
    piece = _evidence.Piece(ask, upload, body)
    made = _evidence.give(number, task_id, piece, person, now=now)
    return _whole.evidence_info(made, identity.names([person.username]))


def content(evidence_id: str, person: Person) -> tuple[str, bytes]:
    """Return the media type and the bytes of a piece of evidence.

    :raises NotFound: there is none, it has no bytes, or they may not know of its case.
    """
    row = _seen(evidence_id, person)
    return row.media, _evidence.bytes_of(row.digest)


def thumbnail(evidence_id: str, person: Person) -> tuple[str, bytes]:
    """Return the media type and the bytes of a small picture of it.

    :raises NotFound: there is none, or they may not know of its case.
    """
    row = _seen(evidence_id, person)
    return row.media, _evidence.thumbnail_of(row.digest)


def _seen(evidence_id: str, person: Person) -> Evidence:
    row = Evidence.objects.filter(id=evidence_id[:64]).exclude(digest="").first()
    if row is None or not visible_to(person).filter(id=row.case_id).exists():
        raise NotFound(
            Text("没有这件证据", "there is no such evidence"),
            Text("请从事件页面打开", "open it from the page of the case"),
        )
    return row
