"""Packs as they were adopted: the version by which a case is handled stays readable."""

from __future__ import annotations

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import Playbook
from duokua.lang.scenario.reading import read_pack
from duokua.loop.models import Case, Ruleset

_MOST_KNOWN = 256
_KNOWN: dict[str, Pack] = {}


def pack_of(pack: str, version: str) -> Pack:
    """Return a version of a pack.

    :raises NotFound: it was never adopted.
    """
    row = Ruleset.objects.filter(pack=pack, version=version).values_list("digest", "id").first()
    if row is None:
        raise NotFound(
            Text(f"没有场景包 {pack} {version}", f"there is no pack {pack} {version}"),
            Text("请先安装", "install it first"),
        )
    digest, id_ = row
    if digest not in _KNOWN:
        files = Ruleset.objects.values_list("files", flat=True).get(id=id_)
        remember(digest, read_pack(files))
    return _KNOWN[digest]


def remember(digest: str, pack: Pack) -> None:
    """Keep a pack that was read, by the digest of its files."""
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[digest] = pack


def playbook_of(case: Case) -> Playbook | None:
    """Return the playbook by which a case is handled."""
    return pack_of(case.pack, case.version).playbooks.get(case.playbook)


def owner_of(pack: str) -> str | None:
    """Return the code of the department that answers for a pack; ``None``: it is not adopted."""
    row = Ruleset.objects.filter(pack=pack).order_by("-active", "-id").values_list("owner_id")
    found = row.first()
    return str(found[0]) if found else None
