"""The inbox (消息): what a person is to know, what was told last first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from duokua.identity import policy
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.notify import facade
from duokua.notify.states import MessageState, Weight

_EXPORTED = 10_000
_HEAD = (
    "id", "title_zh", "title_en", "body_zh", "body_en", "weight", "state", "unread", "times", "link",
    "opened_at", "updated_at", "cleared_at",
)  # fmt: skip
_STATES = {"unread": _("Unread"), **{each.value: each.label for each in MessageState}}
_STATE, _EVERY_STATE = Text("状态", "State"), Text("全部状态", "Every state")
_WEIGHT, _EVERY_WEIGHT = Text("重要程度", "Weight"), Text("全部程度", "Every weight")
_ORDERS = {"-told": Text("最新在前", "Newest first"), "told": Text("最早在前", "Oldest first")}
_DIGITS = 18  # of a number that a database can hold


@policy.signed_in
def messages(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Show the inbox; a post marks one message, or all, as read and goes on to the thing."""
    if request.method == "POST":
        told = request.POST.get("message", "")
        number = _number(told)
        chosen = None if not told else [] if number is None else [number]
        facade.mark_read(person, chosen, now=clock.now())
        return redirect(_where(person, chosen) or request.path)
    choices = [
        asking.offered(request, "state", _STATE, _EVERY_STATE, _STATES.items()),
        asking.offered(request, "weight", _WEIGHT, _EVERY_WEIGHT, Weight.choices),
        asking.orders(request, _ORDERS.items()),
    ]
    asked = {each.name: each.value for each in choices} | {"q": asking.words(request)}
    sort = asked.pop("sort")
    if kind := asking.export(request):
        rows = [_plain(each) for each in facade.inbox(person, asked, limit=_EXPORTED)]
        return list_answer(kind, "messages", _HEAD, rows)
    context = {
        "page": facade.message_page(person, asked, sort=sort, after=request.GET.get("after")),
        "choices": choices,
        "words": asked["q"],
        "filtered": any(asked.values()),
        "unread": facade.unread(person),
    }
    return render(request, "notify/messages.html", context)


def _plain(each: facade.MessageInfo) -> dict[str, object]:
    told: dict[str, object] = {name: getattr(each, name, "") for name in _HEAD}
    told |= {"title_zh": each.title.zh, "title_en": each.title.en}
    told |= {"body_zh": each.body.zh, "body_en": each.body.en}
    told["state"] = str(MessageState.OPEN if each.open else MessageState.CLEARED)
    told["weight"] = str(each.weight)
    for name in ("opened_at", "updated_at", "cleared_at"):
        at = getattr(each, name)
        told[name] = iso(at) if at else ""
    return told


def _number(told: str) -> int | None:
    return int(told) if told.isdecimal() and len(told) <= _DIGITS else None


def _where(person: Person, chosen: list[int] | None) -> str:
    """Return the page of the thing that one message is about; only ours, never another site's."""
    if not chosen:
        return ""
    found = facade.message(person, chosen[0])
    link = found.link if found else ""
    return link if link.startswith("/") and not link.startswith("//") else ""
