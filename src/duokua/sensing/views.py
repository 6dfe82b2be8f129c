"""Pages of sensing: streams and how they stand, devices, one device live and its day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duokua.identity import facade as identity
from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import PAGE_ROWS, Page, mark, read_mark
from duokua.sensing import facade
from duokua.sensing.drawing import Day, draw
from duokua.sensing.facade import DeviceInfo, DeviceState, Reason, StreamInfo, Trouble
from duokua.shell.language import active

READERS = (Role.STEWARD, Role.HEAD, Role.HANDLER, Role.COMMAND, Role.BUREAU, Role.AUDITOR)
_EXPORTED = 100_000
_HEAD = ("id", "title", "stream", "state", "troubles", "heard_at", "measured_at", "taken", "refused",
         "longitude", "latitude", "calibrated_until")  # fmt: skip
_REFUSED = ("id", "at", "device", "sender", "reason", "times", "sample")
_STREAMS = ("stream", "owner", "devices", "lost", "heard_at", "waiting_rows", "refused_today")
_ORDERS = {"id": Text("编号升序", "By id"), "-id": Text("编号降序", "By id, last first")}
_HOURS = {"2": 2, "8": 8, "24": 24, "168": 168}
_ANY = {"any": Text("有异常", "Any trouble")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of a device as a page shows it."""

    title: Text
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One measure of a device's day."""

    title: Text
    unit: str
    day: Day | None


def _owner(person: Person) -> str | None:
    """Return whose devices a person sees; ``None``: those of every department."""
    return None if Role.COMMAND in person.hats else person.viewer


@policy.roles(*READERS)
def streams(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the streams that a person answers for, or all of them, and how each stands."""
    found, words = facade.streams(clock.now(), owner=_owner(person)), asking.words(request)
    found = [each for each in found if _fits(each, words)]
    if kind := asking.export(request):
        return list_answer(kind, "streams", _STREAMS, [_plain_stream(each) for each in found])
    names = identity.departments()
    context = {
        "rows": [(each, names.get(each.owner)) for each in found],
        "words": words, "choices": (), "total": len(found),
    }  # fmt: skip
    return render(request, "sensing/streams.html", context)


def _fits(each: StreamInfo, words: str) -> bool:
    told = (each.declared.id, each.declared.title.zh, each.declared.title.en)
    return any(words.lower() in one.lower() for one in told)


def _plain_stream(each: StreamInfo) -> dict[str, object]:
    heard = iso(each.heard_at) if each.heard_at else ""
    return dict(
        zip(
            _STREAMS,
            (each.declared.id, each.owner, each.devices, each.lost, heard, each.waiting_rows,
             each.refused_today),
            strict=True,
        )
    )  # fmt: skip


@policy.roles(*READERS)
def stream(request: HttpRequest, person: Person, stream_id: str) -> HttpResponseBase:
    """Show one stream: what it expects, and what stands aside of it.

    :raises NotFound: there is none, or it is another department's.
    """
    info = facade.stream(stream_id, clock.now(), owner=_owner(person))
    reason = asking.offered(
        request, "reason", Text("原因", "Reason"), Text("全部原因", "Every reason"), Reason.choices
    )
    words = asking.words(request)
    kind = asking.export(request)
    place = read_mark(request.GET.get("after"))
    found = facade.refused(
        stream=stream_id, device=words, reason=reason.value,
        before=int(place[0]) if place and isinstance(place[0], int) else None,
        limit=_EXPORTED if kind else PAGE_ROWS + 1,
    )  # fmt: skip
    if kind:
        rows = [{**{n: getattr(e, n) for n in _REFUSED}, "at": iso(e.at)} for e in found]
        return list_answer(kind, "refused", _REFUSED, rows)
    shown = tuple(found[:PAGE_ROWS])
    after = mark(shown[-1].id, "") if len(found) > PAGE_ROWS else None
    context = {
        "info": info, "page": Page(shown, after, len(shown), ""), "choices": (reason,),
        "words": words, "filtered": bool(words or reason.value),
        "contract": lake.contract(info.declared.dataset),
    }  # fmt: skip
    return render(request, "sensing/stream.html", context)


@policy.roles(*READERS)
def devices(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List devices: their state, what is the matter, when they were heard of last."""
    own = facade.streams(clock.now(), owner=_owner(person))
    choices = (
        asking.offered(request, "stream", Text("感知流", "Stream"), Text("全部感知流", "Every stream"),
                       [(e.declared.id, e.declared.title) for e in own]),
        asking.offered(request, "trouble", Text("异常", "Trouble"), Text("不限异常", "With or without"),
                       [*_ANY.items(), *Trouble.choices]),
        asking.offered(request, "state", Text("状态", "State"), Text("全部状态", "Every state"),
                       DeviceState.choices),
        asking.orders(request, _ORDERS.items()),
    )  # fmt: skip
    asked = {each.name: each.value for each in choices}
    words, sort = asking.words(request), asked.pop("sort")
    kind = asking.export(request)
    place = read_mark(request.GET.get("after"))
    found = facade.devices(
        **asked, q=words, owner=_owner(person), down=sort.startswith("-"),
        after=place[1] if place else "", limit=_EXPORTED if kind else PAGE_ROWS + 1,
    )  # fmt: skip
    if kind:
        return list_answer(kind, "devices", _HEAD, [_plain(each) for each in found])
    shown = tuple(found[:PAGE_ROWS])
    after = mark("", shown[-1].id) if len(found) > PAGE_ROWS else None
    context = {
        "page": Page(shown, after, len(shown), sort), "choices": choices, "words": words,
        "filtered": bool(words or any(asked.values())), "streams": own,
    }  # fmt: skip
    return render(request, "sensing/devices.html", context)


def _plain(each: DeviceInfo) -> dict[str, object]:
    lon, lat = each.place or ("", "")
    until = each.calibrated_until
    return {
        "id": each.id, "title": each.title, "stream": each.stream, "state": str(each.state),
        "troubles": " ".join(map(str, each.troubles)),
        "heard_at": iso(each.heard_at) if each.heard_at else "",
        "measured_at": iso(each.at) if each.at else "",
        "taken": each.taken, "refused": each.refused, "longitude": lon, "latitude": lat,
        "calibrated_until": until.isoformat() if until else "",
    }  # fmt: skip


@policy.roles(*READERS)
def device(request: HttpRequest, person: Person, device_id: str) -> HttpResponseBase:
    """Show one device: newest values, its day as lines, what is or was the matter.

    :raises NotFound: there is none, or it is another department's.
    """
    now = clock.now()
    info = facade.device(device_id, owner=_owner(person))
    day = asking.day(request, "day") or clock.district_day(now)
    told = facade.history(device_id, day)
    of = facade.stream(info.stream, now)
    contract = lake.contract(of.declared.dataset)
    context = {
        "info": info, "stream": of, "day": day, "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < clock.district_day(now) else None,
        "values": _values(info, contract),
        "drawn": [
            Drawn(told.titles[name], told.units[name], draw(slots))
            for name, slots in told.slots.items()
            if contract.may_show(name)
        ],
        "troubles": facade.troubles(device=device_id, limit=PAGE_ROWS),
        "refused": facade.refused(device=device_id, stream=info.stream, limit=10),
        "may": person.holds(Role.STEWARD, info.owner),
        "active": info.state is DeviceState.ACTIVE,
    }  # fmt: skip
    quiet = request.headers.get("X-Quiet") == "1"
    return render(request, "sensing/device_now.html" if quiet else "sensing/device.html", context)


def _values(info: DeviceInfo, contract: Contract) -> list[Shown]:
    columns = {name: contract.by_name[name] for name in info.values if contract.may_show(name)}
    return [Shown(c.title, info.values[n], c.unit or "") for n, c in columns.items()]


@require_POST
@policy.roles(Role.STEWARD)
def act(request: HttpRequest, person: Person, device_id: str) -> HttpResponse:
    """Suspend or resume a device, hand out or revoke a key, set a maintenance window.

    :raises NotFound: there is no such device.
    """
    info, now = facade.device(device_id), clock.now()
    if not person.holds(Role.STEWARD, info.owner):
        raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
    by = person.username
    try:
        match request.POST.get("verb", ""):
            case "suspend" | "resume" as verb:
                facade.move(device_id, active=verb == "resume", by=by, now=now)
                messages.success(request, _("Done."))
            case "key":
                key = facade.add_key(device_id, by=by, now=now)
                messages.success(request, _("The key, shown this once: %(key)s") % {"key": key})
            case "revoke":
                number = request.POST.get("number", "")
                facade.revoke_key(
                    device_id, int(number) if number.isdecimal() else 0, by=by, now=now
                )
                messages.success(request, _("The key is revoked."))
            case "maintain":
                hours = _HOURS.get(request.POST.get("hours", ""), 2)
                facade.maintain(
                    device_id, since=now, until=now + timedelta(hours=hours),
                    reason=request.POST.get("reason", ""), by=by, now=now,
                )  # fmt: skip
                messages.success(request, _("The maintenance window is set."))
            case _:
                raise PermissionDenied
    except (Invalid, Conflict, NotFound) as error:
        messages.error(request, f"{error.what.in_(active())} → {error.mend.in_(active())}")
    return redirect("device", device_id)
