"""What a verdict needs (审批意见校验): reasons, a ground of refusal, a narrowing that narrows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from duokua.exchange import orders
from duokua.kernel.errors import Fault, Faults, Invalid
from duokua.kernel.text import Text
from duokua.store.models import Request, Step
from duokua.store.selectors import law
from duokua.store.selectors.asking import Matter, matter
from duokua.store.states.request import StepState
from duokua.store.values.decision import MOST_COMMENT, Verdict
from duokua.store.values.disclosure import needed
from duokua.store.values.narrowing import LIMITS, apply
from duokua.store.values.ordering import order_of
from duokua.store.values.request import Ask

_LEAST = 4
_NEED_WORDS = (StepState.NARROWED, StepState.RETURNED, StepState.REFUSED)
_DECIDABLE = (StepState.AGREED, *_NEED_WORDS)


def words(name: str, text: str, faults: Faults | None = None) -> str:
    """Return what somebody says, trimmed.

    :raises Invalid: it is missing or too long, unless ``faults`` collects that.
    """
    told, found = text.strip(), Faults() if faults is None else faults
    if not _LEAST <= len(told) <= MOST_COMMENT or "\0" in told:
        found.add(name, "理由或意见缺失、过短或过长", "the words are missing, too short or too long",
                  f"请用 {_LEAST} 至 {MOST_COMMENT} 字写明",
                  f"write {_LEAST} to {MOST_COMMENT} characters")  # fmt: skip
    if faults is None:
        found.raise_if_any(Text("意见有误", "the words are wrong"))
    return told


def check(verdict: Verdict, row: Request, step: Step, left: Ask, now: datetime) -> None:
    """Check a verdict on what is left of what is asked.

    :raises Invalid: naming everything that is missing or wrong.
    """
    faults = Faults()
    if verdict.state not in _DECIDABLE:
        faults.add("state", "不是审批结论", "this is no decision", "请选择一种结论", "choose one")
    if verdict.state in _NEED_WORDS:
        words("comment", verdict.comment, faults)
    elif len(verdict.comment) > MOST_COMMENT or "\0" in verdict.comment:
        faults.add("comment", "意见过长", "the comment is too long", "请缩短", "shorten it")
    if verdict.state == StepState.REFUSED:
        _check_ground(verdict, row, step, faults, now)
    if verdict.state == StepState.NARROWED:
        faults.found += _narrowing_faults(verdict, matter(row), left, now)
    faults.raise_if_any(Text("审批意见有误", "the decision is wrong"))


def _check_ground(
    verdict: Verdict, row: Request, step: Step, faults: Faults, now: datetime
) -> None:
    if verdict.ground not in {each.id for each in law.grounds(now)}:
        faults.add("ground", "须选择规则包所列的理由", "a ground of the law pack is needed",
                   "请选择一项并写明理由", "choose one and say why")  # fmt: skip
    before = Step.objects.filter(
        request=row, kind=step.kind, round__lt=step.round, ground=verdict.ground,
        state=StepState.REFUSED,
    )  # fmt: skip
    if before.exists():
        faults.add("ground", "争议已支持申请方，不得再以同一理由拒绝",
                   "a dispute was upheld against this ground, it cannot be named again",
                   "请同意，或另列理由", "agree, or name another one")  # fmt: skip


def _narrowing_faults(verdict: Verdict, of: Matter, left: Ask, now: datetime) -> list[Fault]:
    faults, told, asked = Faults(), verdict.narrowing, of.info.ask
    _check_less(verdict, asked, faults)  # not with what others left: they may narrow the same
    if not told or apply(told, asked) == asked:
        faults.add("narrowing", "没有收窄任何内容", "nothing is taken away",
                   "请收窄字段、行、配额或期限，或直接同意",
                   "take fields, rows, quota or time away, or agree")  # fmt: skip
    if of.product is None or faults.found:
        return faults.found
    interface, contract = of.product.interface, of.product.contract
    for name in sorted((told.without | told.masked) & set(needed(interface))):
        faults.add("columns", f"字段 {name} 用于定位或排序，不能去掉或脱敏",
                   f"{name} finds or orders the rows and has to stay as it is",
                   "请保留该字段", "keep it")  # fmt: skip
    after = apply(told, left)
    if not after.columns:
        faults.add("columns", "没有留下任何字段", "no column is left",
                   "请保留字段，或不同意", "keep one, or refuse")  # fmt: skip
    if faults.found:
        return faults.found
    order = order_of(after, client=of.info.client, interface=interface.id, now=now)
    order = replace(order, basis=order.basis[:200])
    try:
        orders.check(orders.complete(order, interface, contract), interface, contract, now)
    except Invalid as error:
        return list(error.faults)
    return []


def _check_less(verdict: Verdict, left: Ask, faults: Faults) -> None:
    """Note everything in which a narrowing would be more than what is asked."""
    told = verdict.narrowing
    for name in LIMITS:
        asked, given = getattr(left.quota, name), getattr(told.quota, name)
        if given is not None and (given < 1 or (asked is not None and given > asked)):
            _wider(f"quota/{name}", faults)
    if told.row_cap is not None and not 1 <= told.row_cap <= left.row_cap:
        _wider("row_cap", faults)
    until = left.valid_until
    if told.valid_until is not None and until is not None and told.valid_until > until:
        _wider("valid_until", faults)
    if not told.without <= set(left.columns) or not told.masked <= set(left.plain):
        _wider("columns", faults)


def _wider(where: str, faults: Faults) -> None:
    faults.add(where, "只能收窄，不能超过所申请的", "it can only be less than what is asked",
               "请填不超过所申请的值", "give no more than what is asked")  # fmt: skip
