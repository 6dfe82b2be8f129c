"""``duokua rule``: run the rules of packs, see what they found, simulate a change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.clock import district_time, iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.level import TITLES, Level

if TYPE_CHECKING:
    from duokua.loop.facade.rules import FindingInfo, RunInfo, Simulation

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_LIMIT = click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
_PACK = click.option("--pack", default=None, help="Of one pack only.")
_RULE = click.option("--rule", default=None, help="Of one rule only.")
_SHOWN = ("red", "orange", "yellow", "blue", "unknown")


@click.group()
def rule() -> None:
    """Rules (规则) of scenario packs: run, simulate, see runs and findings.

    Example: duokua rule run safe_site
    """
    import django  # takes most of a second, which `--help` does not need

    django.setup()


@rule.command()
@click.argument("pack")
@click.argument("rules", nargs=-1)
@click.option("--whole", is_flag=True, help="Over everything, not only what has changed.")
@_JSON
@guarded
def run(pack: str, rules: tuple[str, ...], whole: bool, as_json: bool) -> None:
    """Run the rules of a pack now, by default all, over what has changed.

    Example: duokua rule run safe_site expired_certificate --whole
    """
    from duokua.loop.facade import rules as facade

    tell, now = Tell(as_json), clock.now()
    unknown = [each for each in rules if each not in facade.pack(pack).rules]
    if unknown:
        raise Invalid(
            Text(f"场景包没有规则：{'、'.join(unknown)}", f"no such rules: {', '.join(unknown)}"),
            Text("请更正规则名称", "correct the names"),
        )
    _tell_runs(tell, facade.evaluate(pack, rules=rules, whole=whole, now=now))


@rule.command()
@_PACK
@_RULE
@click.option("--failed", is_flag=True, help="Only those that failed.")
@_LIMIT
@_JSON
@guarded
def runs(pack: str | None, rule: str | None, failed: bool, limit: int, as_json: bool) -> None:
    """List runs, the newest first.

    Example: duokua rule runs --pack safe_site --failed
    """
    from duokua.loop.facade import rules as facade

    found = facade.runs(pack=pack, rule=rule, failed=failed, limit=limit)
    _tell_runs(Tell(as_json), found)


@rule.command()
@_PACK
@_RULE
@click.option("--level", type=click.Choice(_SHOWN), default=None, help="Of one level only.")
@click.option("--open/--cleared", "open_", default=None, help="Only lasting, or only past ones.")
@_LIMIT
@_JSON
@guarded
def findings(
    pack: str | None,
    rule: str | None,
    level: str | None,
    open_: bool | None,
    limit: int,
    as_json: bool,
) -> None:
    """List what rules found, the newest first, with JSON also why.

    Example: duokua rule findings --pack safe_site --open --json
    """
    from duokua.loop.facade import rules as facade

    tell = Tell(as_json)
    found = facade.findings(pack=pack, rule=rule, level=level, open_=open_, limit=limit)
    if as_json:
        tell.answer([_json(each) for each in found], [])
        return
    heads = [Text("编号", "number"), Text("规则", "rule"), Text("主体", "subject"),
             Text("等级", "level"), Text("状态", "state"), Text("发现时间", "found")]  # fmt: skip
    tell.table(heads, [_finding(tell, each) for each in found])


@rule.command()
@click.argument("pack")
@click.argument("rule")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366),
              help="Of events, how many days are gone through again.")  # fmt: skip
@_LIMIT
@_JSON
@guarded
def simulate(pack: str, rule: str, folder: Path, days: int, limit: int, as_json: bool) -> None:
    """Show who would change level under a rule as it stands in FOLDER; nothing is written.

    Example: duokua rule simulate safe_site expired_certificate packs/safe_site
    """
    from duokua.loop.facade import rules as facade
    from duokua.pack.folder import files_of

    tell = Tell(as_json)
    made = facade.simulate(pack, files_of(folder), rule, now=clock.now(), days=days, most=limit)
    if as_json:
        tell.answer(_json(made), [])
        return
    _tell_simulation(tell, made)


def _tell_runs(tell: Tell, found: list[RunInfo]) -> None:
    if tell.as_json:
        tell.answer([_json(each) for each in found], [])
        return
    if not found:
        tell.line(
            Text("没有需要运行的规则，也没有新数据", "nothing to do: no new data, nothing due")
        )
        return
    heads = [Text("规则", "rule"), Text("时间", "at"), Text("范围", "scope"),
             Text("各级", "levels"), Text("新增", "opened"), Text("消除", "cleared"),
             Text("毫秒", "ms"), Text("问题", "trouble")]  # fmt: skip
    tell.table(heads, [_run(tell, each) for each in found])


def _run(tell: Tell, run: RunInfo) -> list[str]:
    scope = Text("全部", "all") if run.whole else Text("变化部分", "changes")
    levels = " ".join(
        f"{TITLES[Level(name)].in_(tell.language)} {count:,}" for name, count in run.counts.items()
    )
    trouble = run.error.in_(tell.language) if run.error else ", ".join(run.stale)
    return [f"{run.pack}/{run.rule}", district_time(run.started_at), scope.in_(tell.language), levels,
            str(run.opened), str(run.cleared), f"{run.took_ms:,}", trouble]  # fmt: skip


def _finding(tell: Tell, found: FindingInfo) -> list[str]:
    state = Text("持续", "lasting") if found.open else Text("已消除", "cleared")
    return [str(found.id), f"{found.pack}/{found.rule}", found.name or found.subject,
            TITLES[found.level].in_(tell.language), state.in_(tell.language),
            district_time(found.opened_at)]  # fmt: skip


def _tell_simulation(tell: Tell, made: Simulation) -> None:
    tell.line(
        Text(
            f"{made.total} 个主体将改变等级：{made.raised} 个升级，{made.lowered} 个降级",
            f"{made.total} subjects would change level: {made.raised} up, {made.lowered} down",
        )
    )
    heads = [Text("主体", "subject"), Text("现在", "now"), Text("改后", "then")]
    tell.table(
        heads,
        [
            [shift.name or shift.subject, TITLES[shift.before].in_(tell.language),
             TITLES[shift.after].in_(tell.language)]
            for shift in made.shifts
        ],
    )  # fmt: skip


def _json(value: Any) -> dict[str, Any]:
    return {name: _plain(each) for name, each in asdict(value).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
