"""Taking over the rules of a pack (启用规则集), and letting them go; earlier versions stay readable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.kernel.errors import Conflict, NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.reading import digest_of, read_pack
from duokua.loop.models import Case, Finding, Ruleset
from duokua.loop.selectors import packs
from duokua.loop.signals import rules_adopted

audit.register(
    {
        "loop.rules.adopted": Text("启用场景规则", "rules of a pack taken over"),
        "loop.rules.retired": Text("停用场景规则", "rules of a pack retired"),
    }
)


@transaction.atomic
def adopt(
    files: Mapping[str, str],
    *,
    client: str,
    owner: str,
    by: str,
    now: datetime,
    signed: bool = False,
) -> tuple[Ruleset, Pack]:
    """Take over a version of a pack: from now on its rules run, under the grants of ``client``.

    The same again changes nothing. Functions of it run only if the files were ``signed`` by a key
    that is trusted.

    :raises Invalid: naming everything that is wrong with the files.
    :raises Conflict: that version stands with other content, and something was found by it.
    """
    pack, digest = read_pack(files), digest_of(files)
    name, version = pack.manifest.pack, pack.manifest.version
    rows = Ruleset.objects.select_for_update().filter(pack=name)
    known = rows.filter(version=version).first()
    if known is not None and known.digest != digest:
        _check_unused(name, version)
    same = known is not None and known.digest == digest
    code = pack.functions.digest if signed and pack.functions.by_name else ""
    if known is not None and same and known.active and (
        known.client, known.owner_id, known.code,
    ) == (client, owner, code):  # fmt: skip
        return known, pack
    rows.filter(active=True).update(active=False)
    row, _ = Ruleset.objects.update_or_create(
        pack=name,
        version=version,
        defaults={
            "digest": digest, "files": dict(files), "client": client, "owner_id": owner,
            "active": True, "taken_at": now, "code": code,
        },
    )  # fmt: skip
    packs.remember(digest, pack)
    detail = {"version": version, "digest": digest, "client": client}
    audit.record("loop.rules.adopted", by=by, of=name, at=now, detail=detail)
    transaction.on_commit(lambda: rules_adopted.send(sender=Ruleset, pack=name))
    return row, pack


def forget_code(names: Iterable[str]) -> int:
    """Let the functions of packs run no more, in any version; return of how many they did."""
    return Ruleset.objects.filter(pack__in=list(names)).exclude(code="").update(code="")


@transaction.atomic
def retire(pack: str, *, by: str, now: datetime) -> None:
    """Let the rules of a pack run no more; what they found stays as it is.

    :raises NotFound: no version of it is in force.
    """
    if not Ruleset.objects.filter(pack=pack, active=True).update(active=False):
        raise NotFound(
            Text(f"场景包“{pack}”未启用", f"the pack {pack!r} is not in force"),
            Text("无需停用", "there is nothing to retire"),
        )
    audit.record("loop.rules.retired", by=by, of=pack, at=now)


def _check_unused(pack: str, version: str) -> None:
    told = {"pack": pack, "version": version}
    if Finding.objects.filter(**told).exists() or Case.objects.filter(**told).exists():
        raise Conflict(
            Text(f"版本 {version} 已有预警，内容不得更改",
                 f"something was found by version {version}: its content cannot change"),
            Text("请提高 pack.yaml 中的版本号", "raise the version in pack.yaml"),
        )  # fmt: skip
