"""Who runs which kind of job: upper floors register their handlers when they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from duokua.jobs.values import JobInfo
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text


class LeaseLost(Exception):
    """Another worker has the job, or it was cancelled: whoever gets this stops at once."""


class Stopped(Exception):
    """The worker is ending: the job goes back to the queue and is not counted as an attempt."""


class Work(Protocol):
    """What a handler is given."""

    @property
    def job(self) -> JobInfo:
        """The job as it was claimed."""

    def progress(self, done: int, total: int) -> None:
        """Tell how far the work is; call it often, it costs nothing.

        :raises LeaseLost: the job belongs to another.
        :raises Stopped: the worker is ending.
        """

    def now(self) -> datetime:
        """Return the present instant."""


# A job may run again after a crash, so a handler must come to the same end when it does.
Handler = Callable[[Work], dict[str, Any] | None]
_handlers: dict[str, Handler] = {}
_titles: dict[str, Text] = {}


def register(kind: str, handler: Handler, title: Text) -> None:
    """Let ``handler`` run the jobs of a kind such as ``lake.source``; again is no change.

    :raises Conflict: another handler runs that kind.
    """
    if _handlers.setdefault(kind, handler) is not handler:
        raise Conflict(
            Text(f"任务类型“{kind}”已登记", f"the job kind {kind!r} is taken"),
            Text("请换一个名称", "choose another name"),
        )
    _titles[kind] = title


def kinds() -> tuple[str, ...]:
    """Return every kind that has a handler."""
    return tuple(sorted(_handlers))


def handler_of(kind: str) -> Handler:
    """Return who runs a kind.

    :raises KeyError: nobody does.
    """
    return _handlers[kind]


def title_of(kind: str) -> Text:
    """Return what a kind is called."""
    return _titles.get(kind, Text(kind, kind))
