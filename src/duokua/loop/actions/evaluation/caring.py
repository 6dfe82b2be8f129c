"""Which packs are to be evaluated (待评估): new data, a rule whose time has come; and telling of errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from duokua.exchange import facade as exchange
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Rule
from duokua.loop.actions.evaluation.evaluating import evaluate_pack
from duokua.loop.actions.evaluation.tables import AsProgram, needed_by, tables_read
from duokua.loop.actions.evaluation.terms import by_clock, length_of
from duokua.loop.models import RuleRun, Ruleset, Standing
from duokua.loop.selectors import rules as selectors
from duokua.loop.selectors.packs import pack_of
from duokua.loop.values.rules import RunInfo
from duokua.notify import facade as notify

KEEP = timedelta(days=90)  # runs that found nothing
_HOURLY = timedelta(hours=1)
_HEAD = "head"
_LETTERS = 900  # of a notice


def to_evaluate(now: datetime) -> list[str]:
    """Return the packs whose data moved, or of which a rule's time has come; cheap."""
    return [row.pack for row in selectors.adopted_rows() if is_due(row, now)]


def packs_on(dataset: str) -> list[str]:
    """Return the packs in force whose rules read a dataset."""
    interfaces = set(exchange.interface_ids([dataset]))
    return [
        row.pack
        for row in selectors.adopted_rows()
        if any(
            each.interface in interfaces
            for each in pack_of(row.pack, row.version).manifest.consumes
        )
    ]


def versions(row: Ruleset) -> dict[str, int]:
    """Return which version of each interface that a pack reads is served now."""
    names = [each.interface for each in pack_of(row.pack, row.version).manifest.consumes]
    told = {name: exchange.version_of(name) for name in names}
    return {name: found[0] for name, found in told.items() if found is not None}


def is_due(row: Ruleset, now: datetime) -> bool:
    """Tell whether a pack is to be evaluated."""
    pack = pack_of(row.pack, row.version)
    if not pack.rules:
        return False
    known, old = selectors.cursors(row.pack), selectors.stale_tables(row.pack)
    names = needed_by(pack, (name for rule in pack.rules.values() for name in tables_read(rule)))
    for name in names:
        consumed = pack.manifest.consumed(name)
        told = exchange.version_of(consumed.interface) if consumed else None
        if consumed is None or told is None:
            continue
        too_old = consumed.fresh is not None and (now - told[1]).total_seconds() > consumed.fresh
        if told[0] != known.get(name) or too_old != (name in old):
            return True
    return _time_has_come(pack, row, now)


def _time_has_come(pack: Pack, row: Ruleset, now: datetime) -> bool:
    runs = RuleRun.objects.filter(pack=row.pack, since__isnull=False, whole=True)
    last = {each["rule"]: each["at"] for each in runs.values("rule").annotate(at=Max("until"))}
    if any(_due(rule, last.get(rule.id, row.taken_at), now) for rule in pack.rules.values()):
        return True
    return Standing.objects.filter(pack=row.pack, due_at__lte=now).exists()


def _due(rule: Rule, last: datetime, now: datetime) -> bool:
    if not by_clock(rule):
        return False  # what hangs on the data alone says the same until they change
    return now - last >= (length_of(rule.every) if rule.every else _HOURLY)


def evaluate(
    pack_id: str, *, rules: Sequence[str] = (), whole: bool = False, now: datetime
) -> list[RunInfo]:
    """Run the rules of a pack as its program; the owner is told of those that fail.

    :raises NotFound: no version of it is in force.
    """
    row = selectors.active(pack_id)
    pack = pack_of(pack_id, row.version)
    reader = AsProgram(row.client, pack.manifest.purpose, now)
    runs = evaluate_pack(pack, reader, rules=rules, whole=whole, now=now)
    stale = {run.rule: run.stale for run in runs if run.stale}
    shut = selectors.unreadable(pack_id, stale) if stale else {}
    for run in runs:
        _tell(pack, row, run, shut.get(run.rule, ()), now)
    return runs


def _tell(pack: Pack, row: Ruleset, run: RunInfo, shut: Sequence[str], now: datetime) -> None:
    """Tell the head of the pack's owner of a rule that fails, or that may not read a table."""
    cause = f"loop.rule:{run.pack}/{run.rule}"
    if run.error is None and not shut:
        notify.clear(cause, now=now)
        return
    name, error = pack.rules[run.rule].title, run.error
    if error is None:
        names = ", ".join(sorted(shut))
        error = Text(
            f"没有读取 {names} 的授权：请为场景包申请，或请数据所属部门恢复",
            f"no grant opens {names}: apply for the pack, or ask the owner to resume it",
        )
    title = Text(f"规则“{name.zh}”未能运行", f"The rule {name.en!r} did not run")
    body = Text(error.zh[:_LETTERS], error.en[:_LETTERS])
    note = notify.Note(cause, title, body, department=row.owner_id, role=_HEAD)
    notify.tell(note, now=now)


def forget_runs(*, now: datetime) -> int:
    """Remove the records of runs of long ago; findings name their receipts themselves."""
    last = RuleRun.objects.values("pack", "rule").annotate(n=Max("id")).values("n")
    count, _ = RuleRun.objects.filter(until__lt=now - KEEP).exclude(id__in=last).delete()
    return count
