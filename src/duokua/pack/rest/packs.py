"""Installed packs for programs: the same as on the pages, for whom they may be seen by."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.pack import facade
from duokua.pack.facade import InstallationInfo
from duokua.shell.door import staff

_OFFICE = frozenset({Role.BUREAU, Role.AUDITOR})
_OWNERS = (Role.STEWARD, Role.HEAD)


@staff("GET", "HEAD")
def packs(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the packs that a person may know of."""
    found = [each for each in facade.installations() if _may(person, each)]
    return JsonResponse({"packs": [_line(each) for each in found]})


def _may(person: Person, info: InstallationInfo) -> bool:
    if person.hats & _OFFICE:
        return True
    return any(person.holds(role, info.owner) for role in _OWNERS)


def _line(info: InstallationInfo) -> dict[str, Any]:
    names = ("pack", "version", "owner", "domain", "demo", "state", "origin", "signed_by")
    told = {name: getattr(info, name) for name in names}
    at = iso(info.installed_at) if info.installed_at else None
    return told | {"title": {"zh": info.title.zh, "en": info.title.en}, "installed_at": at}


@staff("GET", "HEAD")
def pack(request: HttpRequest, person: Person, pack_id: str) -> HttpResponseBase:
    """Return one pack with the state of its rules and what its program may not read yet."""
    info = facade.installation(pack_id)
    if not _may(person, info):
        raise NotFound(
            Text(f"没有场景包“{pack_id}”", f"there is no pack {pack_id!r}"),
            Text("请查看 /api/v1/packs", "see /api/v1/packs"),
        )
    now = clock.now()
    rules = [
        {
            "rule": each.rule, "title": {"zh": each.title.zh, "en": each.title.en},
            "kind": each.kind, "standing": each.standing, "open": each.open,
            "ran_at": iso(each.ran_at) if each.ran_at else None,
            "missing": list(each.missing), "reads": list(each.tables),
        }
        for each in facade.rule_states(pack_id, now=now)
    ]  # fmt: skip
    needs = [
        {
            "table": each.table, "interface": each.interface, "standing": each.standing,
            "owner": each.owner, "listing": each.listing, "request": each.request,
        }
        for each in facade.needs(pack_id, now=now)
    ]  # fmt: skip
    return JsonResponse(_line(info) | {"rules": rules, "reads": needs})
