"""Pages of data interfaces (数据接口): what they serve, to whom, and a try."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from duokua.exchange import facade, wheel
from duokua.exchange.access import GrantCard, asked, chosen_grant, grant_card, shown_columns
from duokua.exchange.examples import call_of, examples
from duokua.exchange.manual import SHAPES, manual, samples
from duokua.exchange.values import InterfaceInfo, InterfaceLine
from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.interface import Shape
from duokua.lists.asking import choice, order, words
from duokua.lists.exports import csv_answer
from duokua.lists.paging import SortValue, page
from duokua.shell.language import active

TRY_COOKIE = "duokua_try"
TRY_S = 300  # seconds a try may last; the gateway checks the token's own end as well
_MOST = 10_000


def _title(line: InterfaceLine) -> SortValue:
    return line.title.in_(active())


def _rows(line: InterfaceLine) -> SortValue:
    return facade.served_rows(line.id) or 0


def _published(line: InterfaceLine) -> SortValue:
    return line.published_at.timestamp()


SORTS = {"title": _title, "rows": _rows, "published": _published}


@dataclass(frozen=True, slots=True)
class ListedInterface:
    """An interface as the list shows it to one department."""

    info: InterfaceInfo
    owner: Text
    granted: bool

    @property
    def icon(self) -> str:
        """The picture of its shape."""
        return SHAPES[self.info.interface.shape][0]

    @property
    def shape(self) -> Text:
        """How it is called."""
        return SHAPES[self.info.interface.shape][1]


def _granted(department: str) -> set[str]:
    live = facade.grants(department=department)
    return {info.grant.interface for info in live if info.state == "active"}


def _listed(found: list[InterfaceInfo], person: Person) -> list[ListedInterface]:
    owners, mine = departments(), _granted(person.department)
    return [
        ListedInterface(
            info,
            owners.get(info.interface.owner, Text(info.interface.owner, info.interface.owner)),
            info.interface.id in mine,
        )
        for info in found
    ]


@policy.staff
def interfaces(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the interfaces by search, department, dataset and access; ``format=csv`` exports."""
    wanted, owners = request.GET, departments()
    access = choice(request, "access", ("granted", "open"))
    found = facade.interface_lines(
        search=words(request) or None,
        dataset=wanted.get("dataset") or None,
        department=choice(request, "department", owners) or None,
        viewer=person.viewer,
        open_only=access == "open",
    )
    if access == "granted":
        mine = _granted(person.department)
        found = [line for line in found if line.id in mine]
    if choice(request, "format", ("csv",)):
        return _export(_listed(facade.named_interfaces([line.id for line in found]), person))
    shown = page(
        found,
        sorts=SORTS,
        identity=lambda line: line.id,
        sort=order(request, SORTS),
        after=wanted.get("after"),
    )
    context = {
        "page": shown,
        "rows": _listed(facade.named_interfaces([line.id for line in shown.rows]), person),
        "owners": owners,
        "access": access,
    }
    return render(request, "exchange/interfaces.html", context)


def _export(rows: list[ListedInterface]) -> HttpResponseBase:
    head = [_("Identifier"), _("Title"), _("Dataset"), _("Department"), _("Rows"), _("Granted")]
    body = (
        (
            row.info.interface.id,
            row.info.interface.title.in_(active()),
            row.info.interface.dataset,
            row.owner.in_(active()),
            row.info.rows,
            _("yes") if row.granted else _("no"),
        )
        for row in rows
    )
    return csv_answer("interfaces", head, body)


@policy.staff
def interfaces_of(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Return the part of a dataset's page that names its interfaces."""
    found = facade.interfaces(dataset=dataset_id, limit=_MOST, viewer=person.viewer)
    return render(request, "exchange/interfaces_of.html", {"rows": _listed(found, person)})


@policy.staff
def interface(request: HttpRequest, person: Person, interface_id: str) -> HttpResponseBase:
    """Show one interface, what my grant leaves of each column, examples and the try.

    :raises NotFound: there is no such interface.
    """
    info = facade.interface(interface_id, viewer=person.viewer)
    mine = facade.grants(department=person.department, interface=interface_id)
    live = [grant for grant in mine if grant.state == "active"]
    chosen = chosen_grant(live, info, request.GET.get("grant", ""))
    base = request.build_absolute_uri("/").rstrip("/")
    owner = departments().get(info.interface.owner)
    context = {
        "info": info,
        "interface": info.interface,
        "owner": owner or Text(info.interface.owner, info.interface.owner),
        "columns": shown_columns(info, chosen),
        "titles": json.dumps(
            {
                name: info.contract.by_name[name].title.in_(active())
                for name in info.interface.columns
            }
        ),
        "codes": json.dumps(
            {
                column.name: {code.value: code.title.in_(active()) for code in column.codes}
                for column in info.contract.columns
                if column.codes and column.name in info.interface.columns
            }
        ),
        "grants": [grant_card(grant) for grant in mine],
        "live": live,
        "chosen": chosen,
        "given": _given(person, info),
        "manual": manual(info, chosen, clock.now()),
        "wheel": f"{base}{reverse('client_wheel', args=[wheel.file_name() or 'none'])}",
        "examples": examples(call_of(base, info, chosen, samples(info))),
        "parameters": asked(info, chosen),
        "single": info.interface.shape in (Shape.LOOKUP, Shape.VERIFY),
    }
    return render(request, "exchange/interface.html", context)


@policy.anyone
def client_wheel(request: HttpRequest, name: str) -> HttpResponseBase:
    """Hand out the Python client; ``pip`` does not sign in.

    :raises NotFound: it was not installed here, or is another version.
    """
    folder = wheel.sources()
    if folder is None or name != wheel.file_name():
        raise NotFound(
            Text("没有该版本的客户端", "there is no such version of the client"),
            Text("请从接口页复制安装命令", "copy the command from the page of an interface"),
        )
    return HttpResponse(wheel.packed(folder), content_type="application/zip")


def _given(person: Person, info: InterfaceInfo) -> list[GrantCard] | None:
    """Return every grant on the interface to those who answer for it, ``None`` to others."""
    own = person.holds(Role.STEWARD, info.interface.owner)
    if not own and person.viewer is not None:
        return None
    everyone = facade.grants(interface=info.interface.id)
    return [grant_card(grant, metered=False) for grant in everyone]


@policy.staff
def try_it(request: HttpRequest, person: Person, interface_id: str) -> HttpResponseBase:
    """Set the short cookie with which the browser may call the gateway under one grant.

    :raises NotFound: the grant is not one of the person's department on this interface.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    wanted = request.POST.get("grant", "")
    mine = facade.grants(department=person.department, interface=interface_id)
    if wanted not in {info.grant.id for info in mine if info.state == "active"}:
        raise NotFound(
            Text("没有这项授权", "there is no such grant"),
            Text("请重新载入页面", "load the page again"),
        )
    token = facade.issue_try_token(person.username, person.department, wanted, now=clock.now())
    answer = JsonResponse({"seconds": TRY_S})
    answer.set_cookie(
        TRY_COOKIE, token, max_age=TRY_S, path="/data", httponly=True, samesite="Strict"
    )
    return answer
