"""The life of a case (事件) and of each department's task in it, each as one table.

found → filed → dispatched → accepted → controlled → disposed → verified → closed. A state of the case
follows from its tasks where it has several: it is accepted when the lead has accepted, disposed
when all have disposed.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseState(models.TextChoices):
    """Where a case stands."""

    FOUND = "found", _("Discovered")  # 发现
    FILED = "filed", _("Filed")  # 立案
    DISPATCHED = "dispatched", _("Dispatched")  # 派遣
    ACCEPTED = "accepted", _("Accepted")  # 受理
    CONTROLLED = "controlled", _("Under control")  # 管控
    DISPOSED = "disposed", _("Disposed of")  # 处置
    VERIFIED = "verified", _("Verified")  # 核查
    CLOSED = "closed", _("Closed")  # 结案
    REOPENED = "reopened", _("Reopened")  # 重开
    SUSPENDED = "suspended", _("On hold")  # 挂起
    MERGED = "merged", _("Merged")  # 并案
    CANNOT_JUDGE = "cannot_judge", _("Cannot judge")  # 无法判断
    FALSE_ALARM = "false_alarm", _("False alarm")  # 误报


class TaskState(models.TextChoices):
    """Where a task stands."""

    WAITING = "waiting", _("Not yet its turn")  # 未到
    DISPATCHED = "dispatched", _("To be accepted")  # 待受理
    ACCEPTED = "accepted", _("Accepted")  # 已受理
    CONTROLLED = "controlled", _("Under control")  # 已管控
    DISPOSED = "disposed", _("Disposed of")  # 已处置
    TRANSFERRED = "transferred", _("Handed over")  # 已移交
    DISPUTED = "disputed", _("Hand-over disputed")  # 移交争议
    VOID = "void", _("No longer needed")  # 无需办理


_C, _T = CaseState, TaskState
ENDED = frozenset((_C.CLOSED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM))
OPEN = frozenset(_C) - ENDED
TASK_ENDED = frozenset((_T.DISPOSED, _T.TRANSFERRED, _T.VOID))
TASK_OPEN = frozenset((_T.DISPATCHED, _T.ACCEPTED, _T.CONTROLLED, _T.DISPUTED))
_WORKED = (_C.FILED, _C.DISPATCHED, _C.ACCEPTED, _C.CONTROLLED, _C.DISPOSED, _C.REOPENED)

# From where → where to. Suspension ends in the state that was left: the case remembers it.
CASE_MOVES: dict[CaseState, frozenset[CaseState]] = {
    _C.FOUND: frozenset((_C.FILED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM)),
    _C.FILED: frozenset((_C.DISPATCHED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM, _C.SUSPENDED)),
    _C.DISPATCHED: frozenset(
        (_C.ACCEPTED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM, _C.SUSPENDED)
    ),
    _C.ACCEPTED: frozenset(
        (_C.CONTROLLED, _C.DISPOSED, _C.DISPATCHED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM,
         _C.SUSPENDED)
    ),
    _C.CONTROLLED: frozenset(
        (_C.DISPOSED, _C.DISPATCHED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM, _C.SUSPENDED)
    ),
    _C.DISPOSED: frozenset((_C.VERIFIED, _C.REOPENED, _C.FALSE_ALARM, _C.SUSPENDED)),
    _C.VERIFIED: frozenset((_C.CLOSED, _C.REOPENED)),
    _C.CLOSED: frozenset((_C.REOPENED,)),
    _C.REOPENED: frozenset(
        (_C.DISPATCHED, _C.MERGED, _C.CANNOT_JUDGE, _C.FALSE_ALARM, _C.SUSPENDED)
    ),
    _C.SUSPENDED: frozenset(_WORKED),
    _C.MERGED: frozenset(),
    _C.CANNOT_JUDGE: frozenset((_C.REOPENED,)),
    _C.FALSE_ALARM: frozenset((_C.REOPENED,)),
}  # fmt: skip
TASK_MOVES: dict[TaskState, frozenset[TaskState]] = {
    _T.WAITING: frozenset((_T.DISPATCHED, _T.VOID)),
    _T.DISPATCHED: frozenset((_T.ACCEPTED, _T.DISPUTED, _T.TRANSFERRED, _T.VOID)),
    _T.ACCEPTED: frozenset((_T.CONTROLLED, _T.DISPOSED, _T.DISPUTED, _T.TRANSFERRED, _T.VOID)),
    _T.CONTROLLED: frozenset((_T.DISPOSED, _T.DISPUTED, _T.TRANSFERRED, _T.VOID)),
    _T.DISPUTED: frozenset((_T.DISPATCHED, _T.TRANSFERRED, _T.VOID)),
    _T.DISPOSED: frozenset((_T.DISPATCHED, _T.WAITING, _T.VOID)),  # not verified: begun again
    _T.TRANSFERRED: frozenset(),
    _T.VOID: frozenset((_T.DISPATCHED,)),
}
