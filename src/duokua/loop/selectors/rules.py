"""Rule sets, their runs, and what they found."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.loop.models import Cursor, Finding, RuleRun, Ruleset, Standing
from duokua.loop.selectors.packs import pack_of
from duokua.loop.states.finding import FindingState
from duokua.loop.values.rules import Adopted, FindingInfo

UNREADABLE = "unreadable"  # the reason of a finding about a table that no grant opens
OF_TABLE = '{"table": '  # begins the key of a finding about a table instead of a subject


def active(pack: str) -> Ruleset:
    """Return the version of a pack that is in force.

    :raises NotFound: none is.
    """
    row = Ruleset.objects.filter(pack=pack, active=True).first()
    if row is None:
        raise NotFound(
            Text(f"场景包“{pack}”未启用", f"the pack {pack!r} is not in force"),
            Text("请先安装：duokua pack install", "install it first: duokua pack install"),
        )
    return row


def adopted_rows() -> Sequence[Ruleset]:
    """Return every version that is in force."""
    return list(Ruleset.objects.filter(active=True).defer("files").order_by("pack"))


def adopted_info(row: Ruleset, pack: Pack | None = None) -> Adopted:
    """Return a version of a pack as its readers see it."""
    read = pack or pack_of(row.pack, row.version)
    return Adopted(
        row.pack, row.version, row.digest, read.manifest.title, row.client, row.owner_id, row.active,
        row.taken_at, tuple(read.rules),
    )  # fmt: skip


def cursors(pack: str) -> dict[str, int]:
    """Return up to which version the rules of a pack have read each table."""
    return dict(Cursor.objects.filter(pack=pack).values_list("table", "data_version"))


def stale_tables(pack: str) -> set[str]:
    """Return the tables by which a rule of a pack cannot judge, as it was found."""
    rows = Standing.objects.filter(pack=pack, subject__startswith=OF_TABLE)
    return {json.loads(subject)["table"] for subject in rows.values_list("subject", flat=True)}


def unreadable(pack: str, stale: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return by rule those tables, of the ones it could not judge by, that no grant opens."""
    keys = {of_table(name) for names in stale.values() for name in names}
    rows = Finding.objects.filter(
        pack=pack, rule__in=list(stale), subject__in=keys, state=FindingState.OPEN,
        why__reason__code=UNREADABLE,
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for rule, subject in rows.values_list("rule", "subject"):
        found.setdefault(rule, []).append(json.loads(subject)["table"])
    return found


def of_table(name: str) -> str:
    """Return the subject of a finding about a table."""
    return f'{OF_TABLE}"{name}"}}'


def runs(
    pack: str | None, rule: str | None, failed: bool, before: int | None, limit: int
) -> list[RuleRun]:
    """Return runs, newest first."""
    rows = RuleRun.objects.order_by("-id")
    if pack:
        rows = rows.filter(pack=pack)
    if rule:
        rows = rows.filter(rule=rule)
    if failed:
        rows = rows.filter(error__isnull=False)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def findings(
    pack: str | None, rule: str | None, level: str | None, open_: bool | None,
    before: int | None, limit: int,
) -> list[Finding]:  # fmt: skip
    """Return findings, newest first."""
    rows = Finding.objects.order_by("-id")
    for name, value in (("pack", pack), ("rule", rule), ("level", level)):
        if value:
            rows = rows.filter(**{name: value})
    if open_ is not None:
        state = FindingState.OPEN if open_ else FindingState.CLEARED
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def finding(number: int) -> Finding:
    """Return one finding.

    :raises NotFound: there is none.
    """
    row = Finding.objects.filter(id=number).first()
    if row is None:
        raise NotFound(
            Text(f"没有预警 {number}", f"there is no finding {number}"),
            Text("请更正编号", "correct the number"),
        )
    return row


def finding_info(row: Finding) -> FindingInfo:
    """Return a finding as its readers see it."""
    return FindingInfo(
        row.id, row.pack, row.rule, row.version, row.kind, row.subject, row.name, Level(row.level),
        Level(row.worst), row.state == FindingState.OPEN, dict(row.why), row.occurred_at,
        row.opened_at, row.seen_at, row.cleared_at, row.times, row.case, row.lon, row.lat,
    )  # fmt: skip
