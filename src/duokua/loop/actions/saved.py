"""Keeping a filter of the desk under a name (常用视图), and forgetting it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.loop.models import SavedView

MOST = 30
_LONGEST_NAME, _LONGEST_QUERY = 60, 1000


@transaction.atomic
def keep(owner: str, name: str, query: str, *, now: datetime) -> SavedView:
    """Keep a query under a name; the same name again replaces what it meant.

    :raises Invalid: there is no name, or it or the query is too long.
    :raises Conflict: they keep as many as there may be.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise Invalid(
            Text("视图名称为空或过长", "the view has no name, or one too long"),
            Text(
                f"请输入不超过 {_LONGEST_NAME} 字的名称", f"enter up to {_LONGEST_NAME} characters"
            ),
        )
    others = SavedView.objects.filter(owner=owner).exclude(name=name)
    if others.count() >= MOST:
        raise Conflict(
            Text(f"最多保存 {MOST} 个视图", f"at most {MOST} views are kept"),
            Text("请先删除不用的视图", "delete one that you do not need"),
        )
    row, _new = SavedView.objects.update_or_create(
        owner=owner, name=name, defaults={"query": query, "made_at": now}
    )
    return row


def forget(owner: str, view_id: int) -> None:
    """Delete one of a person's views.

    :raises NotFound: they have none of that number.
    """
    if not SavedView.objects.filter(owner=owner, id=view_id).delete()[0]:
        raise NotFound(
            Text("没有这个视图", "there is no such view"), Text("请刷新页面", "load the page again")
        )
