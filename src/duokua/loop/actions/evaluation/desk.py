"""Desks (执行台): what a process keeps of a pack between runs, so that only what changed is done.

A session with the pack's tables, and how its rules stand with their subjects. All of it can be made
anew from the lake and the database: a process that starts begins with a whole run.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from duokua.engine.scenario.session import Session
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import Baseline
from duokua.loop.actions.evaluation.judging import NEW, Standing, standing_from_json
from duokua.loop.actions.evaluation.sessions import is_trusted, session_of
from duokua.loop.actions.evaluation.tables import Tables
from duokua.loop.models import RuleRun
from duokua.loop.models import Standing as StandingRow

MOST = 4  # desks of a process


@dataclass(frozen=True, slots=True)
class Kept:
    """How a rule stands with a subject, the finding of it, and when time alone changes something."""

    standing: Standing = NEW
    finding: int | None = None
    due: datetime | None = None


@dataclass(slots=True)
class Memory:
    """What a desk knows of one rule since its last whole run."""

    whole_at: datetime | None = None
    held: dict[str, Any] = field(default_factory=dict)  # the values of its parameters


@dataclass(slots=True)
class Desk:
    """One pack as this process runs it."""

    pack: Pack
    tables: Tables
    rules: dict[str, Memory] = field(default_factory=dict)
    standings: dict[str, dict[str, Kept]] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)  # rule → end of its last window
    baselines: dict[str, tuple[Baseline, date]] = field(default_factory=dict)
    newest: int = -1  # the newest run that this desk knows of
    code: bool = False  # the functions of the pack may run

    @property
    def session(self) -> Session:
        """The worker."""
        return self.tables.session

    def memory(self, rule: str) -> Memory:
        """Return what is known of a rule."""
        return self.rules.setdefault(rule, Memory())

    def catch_up(self) -> None:
        """Learn what others wrote: another process may have run these rules meanwhile."""
        pack = self.pack.manifest.pack
        newest = RuleRun.objects.filter(pack=pack).aggregate(n=Max("id"))["n"] or 0
        if newest == self.newest:
            return
        self.newest = newest
        runs = RuleRun.objects.filter(pack=pack, error__isnull=True, since__isnull=False).values(
            "rule"
        )
        self.last = {each["rule"]: each["u"] for each in runs.annotate(u=Max("until"))}
        self.standings = {}
        rows = StandingRow.objects.filter(pack=pack).values_list(
            "rule", "subject", "state", "finding", "due_at"
        )
        for rule, subject, state, finding, due in rows.iterator(chunk_size=5000):
            kept = Kept(standing_from_json(state), finding, due)
            self.standings.setdefault(rule, {})[subject] = kept

    def of_rule(self, rule: str) -> dict[str, Kept]:
        """Return how a rule stands with each subject that it remembers."""
        return self.standings.setdefault(rule, {})


_DESKS: OrderedDict[str, Desk] = OrderedDict()


def desk_of(pack: Pack) -> Desk:
    """Return the desk of a pack in this process, a new one where it was changed or has died."""
    name = pack.manifest.pack
    found = _DESKS.pop(name, None)
    code = is_trusted(pack)
    same = found is not None and (found.pack.digest, found.code) == (pack.digest, code)
    if found is not None and not (same and found.session.alive):
        found.session.close()
        found = None
    if found is None:
        found = Desk(pack, Tables(pack, session_of(pack, code=code)), code=code)
    _DESKS[name] = found
    while len(_DESKS) > MOST:
        _DESKS.popitem(last=False)[1].session.close()
    return found


def clear_desk(pack: str) -> None:
    """Let the desk of a pack go."""
    found = _DESKS.pop(pack, None)
    if found is not None:
        found.session.close()


def clear_desks() -> None:
    """Let every desk of this process go."""
    for name in list(_DESKS):
        clear_desk(name)
