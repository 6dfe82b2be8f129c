"""What the loop offers about rules: taking packs over, running, simulating, looking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.reading import read_pack
from duokua.loop.actions import adopting as _adopting
from duokua.loop.actions import evaluation as _evaluation
from duokua.loop.actions.evaluation import caring as _caring
from duokua.loop.actions.evaluation.simulating import DAYS, MOST
from duokua.loop.actions.evaluation.tables import AsProgram
from duokua.loop.selectors import packs as _packs
from duokua.loop.selectors import rules as _selectors
from duokua.loop.selectors.calendar import calendar
from duokua.loop.values.rules import (
    Adopted,
    Again,
    FindingInfo,
    RunInfo,
    SentenceResult,
    Shift,
    Simulation,
)

__all__ = [
    "Adopted",
    "Again",
    "FindingInfo",
    "RunInfo",
    "SentenceResult",
    "Shift",
    "Simulation",
    "adopt",
    "adopted",
    "check_sentences",
    "evaluate",
    "finding",
    "findings",
    "forget_code",
    "forget_runs",
    "pack",
    "recompute",
    "retire",
    "runs",
    "runs_code",
    "simulate",
    "to_evaluate",
]


def adopt(
    files: Mapping[str, str],
    *,
    client: str,
    owner: str,
    by: str,
    now: datetime,
    signed: bool = False,
) -> Adopted:
    """Take over a version of a pack; its rules run from now on, under the grants of ``client``.

    Its functions run only if the files were ``signed`` by a key that is trusted.

    :raises Invalid: naming everything that is wrong with the files.
    :raises Conflict: that version stands with other content, and something was found by it.
    """
    row, read = _adopting.adopt(files, client=client, owner=owner, by=by, now=now, signed=signed)
    return _selectors.adopted_info(row, read)


def runs_code(read: Pack) -> bool:
    """Tell whether the functions of a pack run: a trusted signature stands for exactly them."""
    return _evaluation.is_trusted(read)


def forget_code(names: Iterable[str]) -> None:
    """Let the functions of packs run no more: nobody trusts their signature any longer."""
    _adopting.forget_code(names)


def retire(pack_id: str, *, by: str, now: datetime) -> None:
    """Let the rules of a pack run no more; findings and cases stay.

    :raises NotFound: no version of it is in force.
    """
    _adopting.retire(pack_id, by=by, now=now)


def adopted() -> list[Adopted]:
    """Return the packs in force, by name."""
    return [_selectors.adopted_info(row) for row in _selectors.adopted_rows()]


def pack(pack_id: str) -> Pack:
    """Return a pack in force as it was read.

    :raises NotFound: no version of it is in force.
    """
    row = _selectors.active(pack_id)
    return _packs.pack_of(pack_id, row.version)


def packs_on(dataset: str) -> list[str]:
    """Return the packs in force whose rules read a dataset."""
    return _caring.packs_on(dataset)


def versions(pack_id: str) -> dict[str, int]:
    """Return which version of each interface that a pack reads is served now.

    :raises NotFound: no version of it is in force.
    """
    return _caring.versions(_selectors.active(pack_id))


def to_evaluate(now: datetime) -> list[str]:
    """Return the packs whose data moved, or of which a rule's time has come."""
    return _caring.to_evaluate(now)


def evaluate(
    pack_id: str, *, rules: Sequence[str] = (), whole: bool = False, now: datetime
) -> list[RunInfo]:
    """Run the rules of a pack, by default all, over what has changed; ``whole``: over everything.

    Rules that had nothing to do leave no run.

    :raises NotFound: no version of the pack is in force.
    :raises Unavailable: the worker that runs rules cannot be started.
    """
    return _caring.evaluate(pack_id, rules=rules, whole=whole, now=now)


def simulate(
    pack_id: str, files: Mapping[str, str], rule: str, *, now: datetime, days: int = DAYS,
    most: int = MOST,
) -> Simulation:  # fmt: skip
    """Tell who would change level under a rule of a changed pack; nothing is written.

    Of events, those of the last ``days`` are gone through again; at most ``most`` are listed.

    :raises Invalid: naming everything that is wrong with the files; a query fails.
    :raises NotFound: no version of the pack is in force, or the changed one has no such rule.
    :raises NotAllowed: the pack's program may not read what the changed rule reads.
    :raises Unavailable: the gateway does not answer, or a rule takes too long.
    """
    row = _selectors.active(pack_id)
    present, changed = _packs.pack_of(pack_id, row.version), read_pack(files)
    reader = AsProgram(row.client, present.manifest.purpose, now)
    return _evaluation.simulate_rule(
        present, changed, rule, reader, calendar(), now=now, days=days, most=most
    )


def check_sentences(read: Pack, *, code: bool | None = None) -> list[SentenceResult]:
    """Run the sentences of a pack over the rows that they give; no data is read.

    ``code``: whether the caller answers for its functions; ``None``: a trusted signature has to.
    """
    return _evaluation.check_sentences(read, calendar(), code=code)


def recompute(number: int) -> Again:
    """Ask the rule as it stood when a finding was judged, over the data of today.

    :raises NotFound: there is no such finding, or its version of the pack is not known.
    :raises Unavailable: the gateway does not answer.
    """
    return _evaluation.recompute(_selectors.finding(number))


def runs(
    *,
    pack: str | None = None,
    rule: str | None = None,
    failed: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[RunInfo]:
    """Return runs newest first, those with numbers below ``before``."""
    found = _selectors.runs(pack, rule, failed, before, limit)
    return [_evaluation.run_info(row) for row in found]


def findings(
    *,
    pack: str | None = None,
    rule: str | None = None,
    level: str | None = None,
    open_: bool | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[FindingInfo]:
    """Return findings newest first, those with numbers below ``before``."""
    found = _selectors.findings(pack, rule, level, open_, before, limit)
    return [_selectors.finding_info(row) for row in found]


def finding(number: int) -> FindingInfo:
    """Return one finding.

    :raises NotFound: there is none.
    """
    return _selectors.finding_info(_selectors.finding(number))


def forget_runs(*, now: datetime) -> int:
    """Remove the records of runs older than 90 days; return how many."""
    return _caring.forget_runs(now=now)
