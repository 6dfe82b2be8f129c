"""``duokua pack install|upgrade|remove|list|show|export|trust``: packs as they run here."""

from __future__ import annotations

import base64
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.pack.facade import InstallationInfo, Need, Outcome, Upgrade

_PATH = click.Path(exists=True, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("install")
@click.argument("path", type=_PATH)
@_JSON
@guarded
def install(path: Path, as_json: bool) -> None:
    """Install the pack in the folder or signed bundle PATH; doing it again changes nothing.

    Its sentences have to hold. Grants on what its department owns are opened; for the rest it says
    what to apply for.

    Example: duokua pack install packs/my_scenario
    """
    start()
    _told(_bring_in(*_read(path), upgrade=False), as_json)


def _read(path: Path) -> tuple[dict[str, str], str]:
    """Return the files of a folder or a bundle, and the key that signed it.

    :raises NotAllowed: nobody here trusts the key of a bundle.
    """
    from duokua.pack import facade
    from duokua.pack.folder import files_of

    if path.is_dir():
        return files_of(path), ""
    found = facade.opened(_content(path))
    return found.files, found.key


def _bring_in(files: dict[str, str], key: str, *, upgrade: bool) -> Outcome:
    from duokua.pack import facade

    facade.check_sentences(files, signed=bool(key))
    return facade.install(
        files, by=getpass.getuser(), now=clock.now(), origin="bundle" if key else "folder",
        signed_by=key, upgrade=upgrade,
    )  # fmt: skip


def _content(path: Path) -> bytes:
    from duokua.pack.bundle import MOST_BYTES

    if path.stat().st_size > MOST_BYTES:
        raise Invalid(
            Text(f"{path.name} 过大", f"{path.name} is too large"),
            Text("请核对文件", "check the file"),
        )
    return path.read_bytes()


def _told(outcome: Outcome, as_json: bool) -> None:
    info = outcome.info
    done = ("已安装", "installed") if outcome.changed else ("没有变化", "unchanged")
    lines = [
        Text(f"{done[0]} {info.pack} {info.version}", f"{done[1]}: {info.pack} {info.version}")
    ]
    lines += [_lacking(each) for each in outcome.missing]
    told = {**_info(info), "changed": outcome.changed, "needs": [_need(e) for e in outcome.needs]}
    Tell(as_json).answer(told, lines)


def _lacking(need: Need) -> Text:
    if need.standing == "absent":
        return Text(
            f"  {need.table}：本区还没有接口 {need.interface}，其规则等到有为止",
            f"  {need.table}: no interface {need.interface} here yet; its rules wait for it",
        )
    where = f"/store/listings/{need.listing}/" if need.listing else need.interface
    if need.request:
        where = f"/store/requests/{need.request}/"
        return Text(f"  {need.table}：已起草申请 {where}", f"  {need.table}: drafted, see {where}")
    return Text(
        f"  {need.table}：尚无授权，请申请 {where}",
        f"  {need.table}: not granted, apply for {where}",
    )


def _info(info: InstallationInfo) -> dict[str, Any]:
    names = ("pack", "version", "owner", "domain", "demo", "state", "origin", "signed_by", "client",
             "digest", "installed_by")  # fmt: skip
    told = {name: getattr(info, name) for name in names}
    at = iso(info.installed_at) if info.installed_at else None
    return told | {"title": {"zh": info.title.zh, "en": info.title.en}, "installed_at": at}


def _need(need: Need) -> dict[str, Any]:
    names = ("table", "interface", "standing", "owner", "listing", "request", "grant")
    return {name: getattr(need, name) for name in names}


@click.command("upgrade")
@click.argument("path", type=_PATH)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--simulate", is_flag=True, help="Also run changed rules over the data as they are.")
@_JSON
@guarded
def upgrade(path: Path, dry_run: bool, simulate: bool, as_json: bool) -> None:
    """Bring an installed pack to the version in PATH; first shows what changes.

    Example: duokua pack upgrade packs/my_scenario --dry-run --simulate
    """
    start()
    from duokua.pack import facade

    files, key = _read(path)
    plan = facade.preview_upgrade(files, now=clock.now())
    told, lines = _changes(plan)
    if simulate:
        told["simulated"], more = _simulated(files, plan)
        lines += more
    if dry_run:
        Tell(as_json).answer(told, lines)
        return
    if not as_json:
        Tell(as_json).answer(None, lines)
    _told(_bring_in(files, key, upgrade=True), as_json)


def _changes(plan: Upgrade) -> tuple[dict[str, Any], list[Text]]:
    from duokua.pack.values import CHANGE_WORDS

    head = f"{plan.pack} {plan.before} → {plan.after}"
    lines = [Text(head, head)]
    for each in plan.changes:
        kind, what = CHANGE_WORDS[each.kind], CHANGE_WORDS[each.what]
        told = f" ({each.before or '–'} → {each.after or '–'})"
        more = told if each.kind in ("parameter", "grant") else ""
        lines.append(
            Text(
                f"  {kind.zh} {each.name}：{what.zh}{more}",
                f"  {kind.en} {each.name}: {what.en}{more}",
            )
        )
    names = ("kind", "name", "what", "before", "after")
    changes = [{name: getattr(each, name) for name in names} for each in plan.changes]
    return {
        "pack": plan.pack,
        "before": plan.before,
        "after": plan.after,
        "changes": changes,
    }, lines


def _simulated(files: dict[str, str], plan: Upgrade) -> tuple[list[dict[str, Any]], list[Text]]:
    """Run what decides otherwise beside what stands: changed rules, all of them on a changed figure."""
    from duokua.pack import facade

    told, lines = [], []
    for rule in facade.concerned(files, plan):
        found = facade.simulate(files, rule, now=clock.now())
        told.append({"rule": rule, "total": found.total, "raised": found.raised,
                     "lowered": found.lowered, "before": dict(found.before),
                     "after": dict(found.after)})  # fmt: skip
        lines.append(
            Text(f"  模拟 {rule}：{found.total} 个对象等级改变，升 {found.raised}，降 {found.lowered}",
                 f"  {rule}, simulated: {found.total} change level, {found.raised} up, {found.lowered} down")
        )  # fmt: skip
    return told, lines


@click.command("remove")
@click.argument("pack")
@click.option("--data", is_flag=True, help="Take its made-up sample rows out, too.")
@_JSON
@guarded
def remove(pack: str, data: bool, as_json: bool) -> None:
    """Remove PACK: its rules stop and its grants are given back; cases and data stay.

    Example: duokua pack remove my_scenario
    """
    start()
    from duokua.pack import facade

    left = facade.remove(pack, data=data, by=getpass.getuser(), now=clock.now())
    lines = [Text(f"已移除 {pack}", f"removed {pack}")]
    lines += [
        Text(f"  {each} 的样例数据已被替换，未取出", f"  rows of {each} were replaced and stay")
        for each in left
    ]
    Tell(as_json).answer({"pack": pack, "removed": True, "data_left": list(left)}, lines)


@click.command("list")
@click.option("--removed", is_flag=True, help="Also those that were removed.")
@_JSON
@guarded
def list_packs(removed: bool, as_json: bool) -> None:
    """List installed packs.

    Example: duokua pack list --json
    """
    start()
    from duokua.pack import facade
    from duokua.pack.values import STATE_WORDS

    tell, found = Tell(as_json), facade.installations(removed=removed)
    if as_json:
        tell.answer([_info(each) for each in found], [])
        return
    heads = [Text("场景包", "pack"), Text("版本", "version"), Text("部门", "owner"),
             Text("状态", "state"), Text("标题", "title")]  # fmt: skip
    rows = [
        [e.pack, e.version, e.owner, STATE_WORDS[e.state].in_(tell.language),
         e.title.in_(tell.language)]
        for e in found
    ]  # fmt: skip
    tell.table(heads, rows)


@click.command("show")
@click.argument("pack")
@_JSON
@guarded
def show(pack: str, as_json: bool) -> None:
    """Show an installed PACK: its rules with their last run, and what it may not read yet.

    Example: duokua pack show my_scenario --json
    """
    start()
    from duokua.pack import facade
    from duokua.pack.values import RULE_STANDINGS, STATE_WORDS

    now = clock.now()
    tell, info = Tell(as_json), facade.installation(pack)
    needs, rules = facade.needs(pack, now=now), facade.rule_states(pack, now=now)
    told = [
        {
            "rule": each.rule,
            "standing": each.standing,
            "ran_at": iso(each.ran_at) if each.ran_at else None,
            "open": each.open,
            "missing": list(each.missing),
            "told": each.told,
        }
        for each in rules
    ]
    if as_json:
        tell.answer({**_info(info), "rules": told, "needs": [_need(e) for e in needs]}, [])
        return
    tell.line(
        Text(
            f"{info.pack} {info.version}（{STATE_WORDS[info.state].zh}）",
            f"{info.pack} {info.version} ({STATE_WORDS[info.state].en})",
        )
    )
    heads = [Text("规则", "rule"), Text("状态", "standing"), Text("上次运行", "last run"),
             Text("发现", "open"), Text("缺少", "missing")]  # fmt: skip
    rows = [
        [
            e.rule,
            RULE_STANDINGS[e.standing].in_(tell.language),
            clock.district_time(e.ran_at),
            str(e.open),
            ", ".join(e.missing),
        ]
        for e in rules
    ]
    tell.table(heads, rows)
    for each in needs:
        if each.standing in ("missing", "absent"):
            tell.line(_lacking(each))


@click.command("export")
@click.argument("source")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--key", type=click.Path(exists=True, path_type=Path, dir_okay=False),
              help="An Ed25519 key in PEM; by default this home's own.")  # fmt: skip
@_JSON
@guarded
def export(source: str, to: Path, key: Path | None, as_json: bool) -> None:
    """Write the folder SOURCE, or the installed pack of that name, as a signed bundle.

    Example: duokua pack export packs/my_scenario --to my_scenario.pack
    """
    start()
    from duokua.pack import facade
    from duokua.pack.folder import files_of

    folder = Path(source)
    files = files_of(folder) if folder.is_dir() else facade.installed_files(source)
    content = facade.export(files, key=key)
    fresh = to.with_name(f".{to.name}.new")
    fresh.write_bytes(content)
    fresh.replace(to)
    public = base64.b64encode(facade.public_key(key)).decode()
    told = {"bundle": str(to), "bytes": len(content), "public_key": public}
    lines = [
        Text(f"已写出 {to}（{len(content):,} 字节）", f"wrote {to} ({len(content):,} bytes)"),
        Text(f"对方需信任公钥 {public}", f"whoever installs it trusts the key {public}"),
    ]
    Tell(as_json).answer(told, lines)


@click.command("trust")
@click.argument("key", required=False)
@click.option("--title", default="", help="Whose key it is.")
@click.option("--remove", "gone", is_flag=True, help="Trust the key of this id no longer.")
@_JSON
@guarded
def trust(key: str | None, title: str, gone: bool, as_json: bool) -> None:
    """Trust packs signed by KEY (base64); without KEY list the trusted ones.

    Example: duokua pack trust 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= --title 区数据局
    """
    start()
    from duokua.pack import facade

    tell, by, now = Tell(as_json), getpass.getuser(), clock.now()
    if key is None:
        found = facade.trusted()
        told = [{"id": e.id, "title": e.title, "since": iso(e.since), "by": e.by} for e in found]
        tell.answer(told, [Text(f"{e.id} {e.title}", f"{e.id} {e.title}") for e in found])
    elif gone:
        facade.distrust(key, by=by, now=now)
        tell.answer(
            {"id": key, "trusted": False}, [Text(f"不再信任 {key}", f"{key} is not trusted")]
        )
    else:
        info = facade.trust(key, title, by=by, now=now)
        line = Text(f"已信任 {info.id} {info.title}", f"trusted {info.id} {info.title}")
        tell.answer({"id": info.id, "title": info.title, "trusted": True}, [line])


COMMANDS = (install, upgrade, remove, list_packs, show, export, trust)
