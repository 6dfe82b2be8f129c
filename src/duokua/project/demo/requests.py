"""Requests of the demonstration (演示申请), walked by the right people through the store's own acts.

Each act is told the day on which it is supposed to have been done, over the last three months; what
is probed is probed for real, while the district is built. That the history is made up is written
into the audit ledger before and after it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from duokua.audit import facade as audit
from duokua.exchange import facade as exchange
from duokua.identity.facade import Person
from duokua.kernel import clock
from duokua.kernel.errors import Conflict
from duokua.kernel.text import Text
from duokua.lang.grant import Quota
from duokua.lang.interface import Shape
from duokua.project.demo.filling import BY
from duokua.project.demo.listings import Posts
from duokua.store import facade as store
from duokua.store.facade import asking, deciding, using

audit.register(
    {
        "demo.history.begun": Text(
            "以下为演示办理记录", "what follows is made up for a demonstration"
        ),
        "demo.history.ended": Text("演示办理记录到此", "the made-up history ends here"),
    }
)
_AGREED = deciding.Verdict(deciding.StepState.AGREED, "材料齐备，同意")
_RETURNED = deciding.Verdict(
    deciding.StepState.RETURNED, "请补充检查计划与使用范围", fields=("explanation",)
)
_REFUSED = deciding.Verdict(
    deciding.StepState.REFUSED, "与申请用途无直接关系", ground="not_needed_for_duty"
)
_PATH = ("draft", "signoff", "compliance", "deciding", "provisioning", "in_use")
_STAGES = 3  # sign-off, compliance, the provider
_STOPS = {"signoff": 0, "compliance": 1, "deciding": 2, "returned": 1, "refused": 2, "disputed": 2}
_ENDS = ("suspended", "revoked", "given_back", "expired")
_TRIAL = "trial"  # the program of the case that fails: switched off before it was provisioned
_BRIEF = timedelta(seconds=12)  # of the grant that expired: while the district was built
_QUESTIONS = {
    Shape.VERIFY: "fact",
    Shape.AGGREGATE: "figures",
    Shape.LOOKUP: "case",
    Shape.PAGE: "list",
    Shape.CHANGES: "list",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Who asks for what, since how many days, and how far it has come."""

    department: str
    listing: str
    product: str
    until: str
    days: int
    purpose: str


CASES = (
    Case("civil_affairs", "household_register", "household_register_stats", "expired", 50,
         "养老服务设施布局研究"),
    Case("health", "elder_person", "elder_person_check", "in_use", 88, "老年人健康管理资格核对"),
    Case("emergency", "special_equipment", "special_equipment_list", "in_use", 80, "特种设备安全巡查"),
    Case("service_centre", "household_register", "household_register_check", "in_use", 75,
         "办事免交户籍证明"),
    Case("urban_management", "hotline_call", "hotline_call_stats", "in_use", 60, "城市治理热点分析"),
    Case("education", "child_record", "child_record_stats", "in_use", 45, "学前学位需求预测"),
    Case("statistics", "investment_project", "investment_project_list", "suspended", 70,
         "投资统计数据核对"),
    Case("finance", "industrial_firm", "industrial_firm_stats", "revoked", 65, "惠企政策效果评估"),
    Case("commerce", "taxpayer", "taxpayer_check", "given_back", 55, "外贸企业纳税状态核对"),
    Case("transport", "handled_case", "handled_case_list", "failed", 20, "货运许可办件跟踪"),
    Case("market_supervision", "handled_case", "handled_case_stats", "provisioning", 12,
         "开办企业办件效率分析"),
    Case("human_resources", "tax_month", "tax_month_check", "deciding", 9, "稳岗返还资格核对"),
    Case("justice", "low_income_family", "low_income_family_check", "deciding", 16,
         "法律援助经济困难核对"),
    Case("puyan_street", "residence_permit", "residence_permit_stats", "compliance", 5,
         "出租房人口结构分析"),
    Case("xixing_street", "low_income_family", "low_income_family_stats", "signoff", 2,
         "困难群众走访安排"),
    Case("culture_tourism", "hotel_premises", "hotel_premises_list", "returned", 14,
         "住宿业安全联合检查"),
    Case("transport", "claim_settlement", "claim_settlement_stats", "refused", 40,
         "驾驶员健康状况分析"),
    Case("economy_technology", "claim_settlement", "claim_settlement_list", "disputed", 35,
         "医药产业运行分析"),
    Case("water", "waste_manifest", "waste_manifest_list", "withdrawn", 30, "河道污染溯源协查"),
    Case("finance", "audit_finding", "audit_finding_list", "archived", 85, "预算整改情况跟踪"),
    Case("changhe_street", "taxpayer", "taxpayer_stats", "draft", 1, "楼宇税源分布分析"),
    Case("emergency", "site_inspection", "site_inspection_stats", "in_use", 82,
         "在建项目安全形势研判"),
    Case("emergency", "tower_crane", "tower_crane_list", "deciding", 6, "起重机械应急联动"),
    Case("emergency", "site_company", "site_company_list", "draft", 1, "企业安全画像"),
    Case("human_resources", "site_worker", "site_worker_check", "in_use", 70, "工资支付与在岗核对"),
    Case("health", "site_worker", "site_workforce", "deciding", 4, "职业健康检查安排"),
    Case("ecology", "site_inspection", "site_inspection_list", "in_use", 58, "工地扬尘联合检查"),
    Case("fire_rescue", "dangerous_works", "dangerous_works_list", "returned", 10,
         "动火作业消防检查"),
    Case("housing_construction", "safety_hazard", "safety_hazard_list", "signoff", 1,
         "在建项目隐患闭环"),
    Case("housing_construction", "special_equipment", "special_equipment_by_key", "in_use", 62,
         "施工起重机械检验状态核对"),
)  # fmt: skip
IDLE = {("emergency", "site_inspection")}  # nobody calls it: it is proposed to be given back


def end_brief(now: datetime) -> None:
    """Let the grant that was brief expire (到期); this waits where the build was briefer still."""
    posts = Posts(now)
    for case in CASES:
        line = _found(case, posts) if case.until == "expired" else None
        if line is not None and line.state == "in_use" and line.ends_at is not None:
            time.sleep(max(0.0, (line.ends_at - clock.now()).total_seconds()))
            using.expire_due(clock.now())


def walk_all(now: datetime) -> int:
    """Walk every case to where it is to stand, also one that was cut short; return how many moved."""
    posts = Posts(now)
    left = [(case, line) for case in CASES if not _stands(case, line := _found(case, posts))]
    if not left:
        return 0
    audit.record("demo.history.begun", by=BY, of="demo", at=now, detail={"cases": len(left)})
    for case, line in left:
        _walk(case, line, posts, now)
    audit.record("demo.history.ended", by=BY, of="demo", at=now, detail={"cases": len(left)})
    return len(left)


def _found(case: Case, posts: Posts) -> asking.RequestLine | None:
    """Return the request of a case, if an earlier build made it."""
    lines = asking.request_lines(posts.of("developer", case.department), {})
    return next((line for line in lines if line.listing == case.listing), None)


def _stands(case: Case, line: asking.RequestLine | None) -> bool:
    """Tell whether a case stands where it is to, or somebody has gone on with it."""
    if line is None:
        return False
    after = {"archived": ("withdrawn",)} | dict.fromkeys(_ENDS, ("in_use",))
    steps = _PATH[: _PATH.index(case.until)] if case.until in _PATH else _PATH[:-1]
    if case.until in ("returned", "refused", "disputed"):
        steps = _PATH[: _STOPS[case.until] + 2]
    return line.state not in (*steps, *after.get(case.until, ()))


def _walk(case: Case, line: asking.RequestLine | None, posts: Posts, now: datetime) -> None:
    at = now - timedelta(days=case.days)
    asker = posts.of("developer", case.department)
    state = line.state if line else "draft"
    request = line.id if line else asking.draft_request(case.listing, case.product, asker, now=at)
    if state == "draft":
        _fill(case, request, asker, at, now)
        if case.until == "draft":
            return
        asking.submit_request(request, asker, now=at + timedelta(hours=2))
        state = "signoff"
    if case.until in ("withdrawn", "archived"):
        reason = "需求有变，另行申请"
        if state != "withdrawn":
            asking.withdraw_request(request, asker, reason=reason, now=at + timedelta(hours=3))
        if case.until == "archived":
            asking.archive_request(request, asker, now=at + timedelta(days=20))
        return
    _decide(case, request, state, posts, at, now)


def _fill(case: Case, request: str, asker: Person, at: datetime, now: datetime) -> None:
    matter = asking.own_draft(request, asker)
    interface = exchange.interface(case.product).interface
    ask = replace(
        matter.info.ask,
        purpose=case.purpose,
        explanation=f"{case.purpose}，用于本部门日常业务，不作他用。",
        basis="《政务数据共享条例》",
        scenario="业务系统自动核对",
        without="需由群众和企业重复提交材料",
        columns=interface.columns,
        quota=Quota(calls_per_day=5_000, rows_per_day=200_000),
        valid_until=clock.now() + _BRIEF if case.until == "expired" else now + timedelta(days=300),
        duty=True,
        disposal="到期后删除，不留副本",
        question=_QUESTIONS[interface.shape],
        more="逐项业务核对需要这些数据项",
    )
    asking.save_step(matter, ask, asker, interface=case.product, client=_program(case, at), now=at)


def _program(case: Case, at: datetime) -> str:
    """Return the program for which a case asks; the one that is switched off later is its own."""
    if case.until != "failed":
        return f"{case.department}_app"
    id_ = f"{case.department}_{_TRIAL}"
    with suppress(Conflict):  # an earlier build was cut short
        exchange.create_client(
            title="试点小程序", department=case.department, by=BY, now=at, client_id=id_
        )
    return id_


def _decide(
    case: Case, request: str, state: str, posts: Posts, at: datetime, now: datetime
) -> None:
    """Let the right people decide, stage by stage, as far as the case goes."""
    done = _PATH.index(state) - 1 if state in _PATH else _STAGES
    stops = _STOPS.get(case.until, _STAGES)
    for stage in range(stops):
        at += timedelta(hours=20)
        if stage >= done:
            _decided(request, case, stage, posts, _AGREED, at)
    if case.until == "returned":
        _decided(request, case, stops, posts, _RETURNED, at + timedelta(hours=9))
    elif case.until in ("refused", "disputed"):
        _decided(request, case, stops, posts, _REFUSED, at + timedelta(hours=30))
        if case.until == "disputed":
            _dispute(case, request, posts, at + timedelta(days=4))
    elif case.until == "failed":
        exchange.disable_client(_program(case, at), by=BY, now=at)
        using.carry_out(request, by="store", now=at + timedelta(minutes=1))
    elif case.until in ("in_use", *_ENDS):
        using.carry_out(request, by="store", now=at + timedelta(minutes=1))
        _afterwards(case, request, posts, now)


def _decided(
    request: str, case: Case, stage: int, posts: Posts, verdict: deciding.Verdict, at: datetime
) -> bool:
    """Let everybody whose turn it is at a stage decide; return whether it was anybody's."""
    owner = store.listing(case.listing).owner
    posts_of = (
        (("head", case.department),),
        (("bureau", "data_bureau"),),
        (("steward", owner), ("security", "data_bureau"), ("bureau", "data_bureau"),
         ("head", owner)),
    )[stage]  # fmt: skip
    people = [each for role, place in posts_of for each in posts.every(role, place)]
    turns = {
        line.step: (person, line.revision)
        for person in people
        for line in deciding.inbox(person, {}, now=at)
        if line.request == request
    }
    for step, (person, revision) in turns.items():
        deciding.decide(step, verdict, person, revision=revision, now=at)
        if verdict.state != deciding.StepState.AGREED:
            break
    return bool(turns)


def _dispute(case: Case, request: str, posts: Posts, at: datetime) -> None:
    asker = posts.of("developer", case.department)
    deciding.open_dispute(
        request, "汇总后不含个人信息，用途与职责直接相关，请复核。", asker, now=at
    )


def _afterwards(case: Case, request: str, posts: Posts, now: datetime) -> None:
    owner = posts.of("steward", store.listing(case.listing).owner)
    asker = posts.of("developer", case.department)
    if case.until == "suspended":
        using.act(request, "suspend", owner, reason="调用异常，待核实", now=now)
    elif case.until == "revoked":
        using.act(request, "revoke", owner, reason="用途已终止", now=now)
    elif case.until == "given_back":
        using.act(request, "give_back", asker, now=now)
