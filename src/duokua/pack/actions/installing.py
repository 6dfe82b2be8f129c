"""Installing a pack and bringing it to a later version (安装与升级).

What is to stand is written down first, with the files; each step then does what is not done yet, so
that an installation which was cut short is finished by doing it again. Rules are taken over last:
whatever they read is there by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.lock import exclusive
from duokua.exchange import facade as exchange
from duokua.kernel import environment
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.loop.facade import rules
from duokua.pack import selectors
from duokua.pack.actions import datasets, reading_grants
from duokua.pack.actions.checking import checked
from duokua.pack.actions.fitting import version_key
from duokua.pack.actions.trusting import LOCK, check_trusted
from duokua.pack.models import Installation
from duokua.pack.states import PackState
from duokua.pack.values import Outcome

audit.register(
    {
        "pack.installed": Text("安装场景包", "pack installed"),
        "pack.upgraded": Text("升级场景包", "pack upgraded"),
        "pack.removed": Text("移除场景包", "pack removed"),
    }
)
_P = PackState


def install(
    files: Mapping[str, str],
    *,
    by: str,
    now: datetime,
    origin: str = "folder",
    signed_by: str = "",
    upgrade: bool = False,
) -> Outcome:
    """Install (安装) a pack from its files, or with ``upgrade`` bring it to a later version.

    Doing it again changes nothing; what was cut short is finished.

    :raises Invalid: naming everything that is wrong with the files, or with them here.
    :raises NotAllowed: the key ``signed_by`` is trusted no longer.
    :raises Conflict: another version stands, or these files differ under the same version.
    """
    pack = checked(files, signed=bool(signed_by), now=now)
    with exclusive(environment.read().home / LOCK):
        if signed_by:
            check_trusted(signed_by)
        before = Installation.objects.filter(pack=pack.manifest.pack).first()
        stood = (_P.INSTALLED, pack.digest, signed_by)
        done = before is not None and (before.state, before.digest, before.signed_by) == stood
        row = _begin(pack, files, before, by, now, (origin, signed_by), upgrade)
        carry_out(pack, row, by=by, now=now)
        if not done:
            verb = "pack.upgraded" if upgrade else "pack.installed"
            _finish(row, verb, by, now)
    return Outcome(selectors.info(row), selectors.needs(pack, row, now), not done)


def _begin(
    pack: Pack,
    files: Mapping[str, str],
    before: Installation | None,
    by: str,
    now: datetime,
    source: tuple[str, str],
    upgrade: bool,
) -> Installation:
    """Write down what is to stand."""
    manifest = pack.manifest
    if before is not None and before.state != _P.REMOVED:
        _check_step(before, pack, upgrade)
        if (before.digest, before.signed_by) == (pack.digest, source[1]):
            return before
    again = before is not None and before.state in (_P.REMOVED, _P.REMOVING)
    serial = (before.serial + again) if before else 1
    row, _ = Installation.objects.update_or_create(
        pack=manifest.pack,
        defaults={
            "version": manifest.version,
            "digest": pack.digest,
            "title_zh": manifest.title.zh,
            "title_en": manifest.title.en,
            "domain": manifest.domain,
            "owner_id": manifest.owner,
            "demo": manifest.demo,
            "state": _P.INSTALLING,
            "origin": source[0],
            "signed_by": source[1],
            "serial": serial,
            "client": f"pack_{manifest.pack}" + (f"_{serial}" if serial > 1 else ""),
            "files": dict(files),
            "installed_by": by,
            "changed_at": now,
        },
    )
    return row


def _check_step(before: Installation, pack: Pack, upgrade: bool) -> None:
    name, wanted = before.pack, pack.manifest.version
    if before.state == _P.REMOVING:
        raise Conflict(
            Text(f"“{name}”正在移除", f"{name} is being removed"),
            Text(f"请先完成 duokua pack remove {name}", f"finish duokua pack remove {name} first"),
        )
    if before.digest == pack.digest:
        return
    if version_key(wanted) == version_key(before.version) and before.state == _P.INSTALLED:
        raise Conflict(
            Text(
                f"版本 {wanted} 已安装，但内容不同", f"version {wanted} stands with other content"
            ),
            Text("请提高 pack.yaml 中的版本号", "raise the version in pack.yaml"),
        )
    if version_key(wanted) < version_key(before.version):
        raise Conflict(
            Text(f"已安装更高版本 {before.version}", f"a later version {before.version} stands"),
            Text("请提高版本号后升级", "raise the version, then upgrade"),
        )
    if before.state == _P.INSTALLED and not upgrade:
        raise Conflict(
            Text(f"已安装版本 {before.version}", f"version {before.version} is installed"),
            Text("请用 duokua pack upgrade 升级", "use duokua pack upgrade"),
        )
    if before.owner_id != pack.manifest.owner:
        raise Conflict(
            Text("升级不能更换责任部门", "an upgrade cannot change the owning department"),
            Text("请先移除再安装", "remove it, then install it anew"),
        )


def carry_out(pack: Pack, row: Installation, *, by: str, now: datetime) -> None:
    """Do every step that is not done yet."""
    datasets.register(pack, by=by, now=now)
    datasets.load_samples(pack, by=by, now=now)
    _publish(pack, row, by, now)
    _register_program(pack, row, by, now)
    reading_grants.open_own(pack, row, by=by, now=now)
    reading_grants.draft_others(pack, row, now=now)
    rules.adopt(
        row.files, client=row.client, owner=row.owner_id, by=by, now=now, signed=bool(row.signed_by)
    )
    kept = selectors.kept_interfaces(pack)
    reading_grants.give_back(row, kept, reason="pack upgraded 升级场景包", by=by, now=now)


def _publish(pack: Pack, row: Installation, by: str, now: datetime) -> None:
    texts = [
        (name, text)
        for name, text in sorted(row.files.items())
        if name.startswith("interfaces/") and name.endswith(".yaml")
    ]
    exchange.publish_interfaces(texts, by=by, now=now)


def _register_program(pack: Pack, row: Installation, by: str, now: datetime) -> None:
    """Register the pack's program; its secret is kept by nobody: its tokens name its key."""
    if any(each.id == row.client for each in exchange.clients_of(row.owner_id)):
        return
    title = f"场景包 {pack.manifest.title.zh}"
    exchange.create_client(
        title=title, department=row.owner_id, by=by, now=now, client_id=row.client
    )


def _finish(row: Installation, verb: str, by: str, now: datetime) -> None:
    with transaction.atomic():
        changed = Installation.objects.filter(
            pack=row.pack, digest=row.digest, state=_P.INSTALLING
        ).update(state=_P.INSTALLED, installed_at=now, changed_at=now)
        if changed:
            detail = {"version": row.version, "digest": row.digest, "signed_by": row.signed_by}
            audit.record(verb, by=by, of=row.pack, at=now, detail=detail)
    row.refresh_from_db()
