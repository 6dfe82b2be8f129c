"""``duokua receipts subject``: who used the data of one person or company."""

from __future__ import annotations

import getpass
import sys

import click

from duokua.cli.outcome import Tell, guarded
from duokua.cli.receipts import receipts
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.serving.receipt_search import ReceiptRow

_HEADS = (
    Text("凭证", "receipt"), Text("时间", "at"), Text("部门", "department"), Text("接口", "interface"),
    Text("用途", "purpose"), Text("依据", "basis"), Text("状态", "state"),
)  # fmt: skip
_CERTAIN = Text("读取过该主体的调用：{n}", "calls that showed this subject: {n}")
_POSSIBLE = Text(
    "可能读取过该主体的调用（未完成的导出，按授权范围全部计入）：{n}",
    "calls that may have shown it (exports that did not end; they count as all they were granted): {n}",
)
_STATISTICAL = Text(
    "近 90 日的统计类调用（不针对个人）：{n}",
    "calls of statistics within 90 days (about nobody in particular): {n}",
)


@receipts.command("subject")
@click.option("--reason", required=True, help="Why you search; it stands in the audit.")
@click.option("--department", help="Only interfaces of this department.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def by_subject(reason: str, department: str | None, as_json: bool) -> None:
    """Tell who used the data of one subject (主体).

    Its identity number or id is asked for without an echo, or read from the standard input: it
    would stay in the history of the shell. It becomes a pseudonym at once and is kept nowhere.

    Example: duokua receipts subject --reason 当事人申请查询 --json < id.txt
    """
    start()
    from duokua.exchange import tracing

    told = getpass.getpass("主体 subject: ") if sys.stdin.isatty() else sys.stdin.readline()
    found = tracing.search(
        told, reason=reason, owner=department, by=getpass.getuser(), now=clock.now()
    )
    uses, tell = found.uses, Tell(as_json)
    if as_json:
        statistical = [
            {"dataset": one.dataset, "interface": one.interface, "calls": one.calls}
            for one in found.statistical
        ]
        value = {
            "certain": list(map(_fields, uses.certain)),
            "possible": list(map(_fields, uses.possible)),
            "more": uses.more,
            "statistical": statistical,
            "audit": found.audit_seq,
        }
        tell.answer(value, [])
        return
    for title, rows in ((_CERTAIN, uses.certain), (_POSSIBLE, uses.possible)):
        tell.line(title.format(n=f"{len(rows)}{'+' if uses.more else ''}"))
        if rows:
            tell.table(_HEADS, [_line(row) for row in rows])
    tell.line(_STATISTICAL.format(n=str(sum(one.calls for one in found.statistical))))


def _fields(row: ReceiptRow) -> dict[str, object]:
    return {
        "id": row.id,
        "at": clock.iso(row.at),
        "department": row.department,
        "client": row.client,
        "person": row.person,
        "interface": row.interface,
        "purpose": row.purpose,
        "basis": row.basis,
        "columns": list(row.columns),
        "grant": row.grant,
        "status": row.status,
        "reserved": row.reserved,
    }


def _line(row: ReceiptRow) -> tuple[str, ...]:
    at = row.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return row.id, at, row.department, row.interface, row.purpose, row.basis, row.status
