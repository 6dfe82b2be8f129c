"""Who used my data (谁用了我的数据): the calls about one subject, for auditors and data stewards.

The number that is typed becomes a pseudonym at once and is kept nowhere: not in an address, a log,
a message or the audit, which holds the pseudonyms that were looked for and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.kernel import clock, environment
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.interface import Shape
from duokua.serving import receipt_index
from duokua.serving.receipt_search import totals
from duokua.serving.receipt_subjects import Reach, Uses, pseudonyms, uses_of

SHOWN = 500
_MOST = 10_000
_MOST_REASON = 200
_STATISTICS_DAYS = 90


@dataclass(frozen=True, slots=True)
class Statistical:
    """How often a dataset's statistics were called: they are about nobody in particular."""

    dataset: str
    interface: str
    title: Text
    calls: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and the number of its audit record."""

    uses: Uses
    statistical: tuple[Statistical, ...]
    audit_seq: int


def search(told: str, *, reason: str, owner: str | None, by: str, now: datetime) -> Found:
    """Return who used the data of the subject ``told``; ``owner`` restricts to its interfaces.

    :raises Invalid: nothing was told, or no reason.
    """
    settings = environment.read()
    wanted, reason = pseudonyms(settings.secret(), told), reason.strip()
    _check(bool(wanted), reason)
    infos = exchange.interfaces(department=owner, limit=_MOST)
    personal = frozenset(i.interface.id for i in infos if i.contract.subject is not None)
    allowed = None if owner is None else frozenset(info.interface.id for info in infos)
    folder = settings.ledger / "receipts"
    index = settings.ledger / "receipts-index.sqlite3"
    receipt_index.catch_up(folder, index)
    uses = uses_of(folder, index, wanted, Reach(allowed, personal), limit=SHOWN)
    seq = audit.record(
        "receipt.subject_searched",
        by=by,
        of="subject",
        at=now,
        detail={
            "reason": reason,
            "subjects": sorted(subject.hex() for subject in wanted),
            "among": owner or "all",
            "found": len(uses.certain),
        },
    )
    return Found(uses, _statistical(infos, now), seq)


def _check(named: bool, reason: str) -> None:
    faults = Faults()
    if not named:
        faults.add(
            "subject", "请填写证件号或主体编号", "tell an identity number or subject id",
            "与数据集中登记的一致", "as the dataset has it",
        )  # fmt: skip
    if not 0 < len(reason) <= _MOST_REASON or "\0" in reason:
        faults.add(
            "reason", "请填写查询事由", "tell why you search",
            f"不超过 {_MOST_REASON} 字", f"in up to {_MOST_REASON} characters",
        )  # fmt: skip
    faults.raise_if_any(Text("查询条件不完整", "the search is not complete"))


def _statistical(infos: list[exchange.InterfaceInfo], now: datetime) -> tuple[Statistical, ...]:
    known = {
        info.interface.id: info
        for info in infos
        if info.interface.shape is Shape.AGGREGATE and info.contract.subject is not None
    }
    index = environment.read().ledger / "receipts-index.sqlite3"
    counted = totals(
        index,
        by="interface",
        since=clock.days_from(now, 1 - _STATISTICS_DAYS),
        interfaces=frozenset(known),
    )
    return tuple(
        Statistical(
            known[total.key].interface.dataset,
            total.key,
            known[total.key].interface.title,
            total.calls,
        )
        for total in counted
    )
