"""The manual (接口文档) of an interface: what a developer of another bureau needs to call it.

Everything is told from what serves: the contract, the declaration, the grant, the kinds of refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from duokua.exchange.examples.call import sample
from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.exchange.words import SIGNS
from duokua.identity.facade import Person, stewards
from duokua.kernel.clock import from_iso
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT, Shape
from duokua.serving.possible import general, possible
from duokua.serving.problems import KINDS
from duokua.serving.state import OPEN_QUOTA, OPEN_ROW_CAP
from duokua.serving.tokens import LIFETIME_S

SHAPES = {
    Shape.LOOKUP: (
        "key",
        Text("按键查询", "By key"),
        Text("给出键，返回最多一行。", "Give the key, get one row at most."),
    ),
    Shape.PAGE: (
        "table",
        Text("分页查询", "By page"),
        Text(
            "按参数筛选，逐页读取：把返回的 next 作为下一次的 cursor，直到 next 为空。",
            "Filter by parameters and read page by page: send next of the answer as cursor "
            "until it is null.",
        ),
    ),
    Shape.AGGREGATE: (
        "columns",
        Text("聚合统计", "Groups and figures"),
        Text(
            "用 group 选择维度，返回每组的统计值；人数过少的组不返回。",
            "Choose dimensions by `group`, get the figures of each group; too small ones are "
            "left out.",
        ),
    ),
    Shape.VERIFY: (
        "shield-check",
        Text("核验", "Yes or no"),
        Text(
            "给出键和要核验的内容，只返回属实与否，不返回任何值。",
            "Give the key and what you claim of it; the answer is true or false, never a value.",
        ),
    ),
    Shape.CHANGES: (
        "refresh",
        Text("变更流", "What changed"),
        Text(
            "首次读取全量；之后以返回的 version 作为 since，只读变化的行。",
            "Read everything once; then send the version you were told as since and get "
            "changed rows only.",
        ),
    ),
}
_OPS = {
    "eq": Text("等于", "equals"), "ne": Text("不等于", "is not"), "lt": Text("小于", "less than"),
    "le": Text("不大于", "at most"), "gt": Text("大于", "greater than"),
    "ge": Text("不小于", "at least"), "prefix": Text("以此开头", "begins with"),
}  # fmt: skip
_UNLIMITED = Text("不限", "unlimited")


@dataclass(frozen=True, slots=True)
class Asking:
    """One parameter in the manual."""

    name: str
    column: Column
    sign: str
    operator: Text
    required: bool
    example: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One kind of refusal that a call can meet."""

    status: int
    code: str
    title: Text
    mend: Text


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of calls with its value in words."""

    title: Text
    value: Text


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the served data are, and what was promised."""

    as_of: datetime | None
    promised_h: int | None
    due: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Manual:
    """The manual of one interface under one grant."""

    icon: str
    shape: Text
    plainly: Text
    method: str
    contacts: list[Person]
    freshness: Freshness
    score: float | None
    asks: list[Asking]
    refusals: list[Refused]
    limits: list[Limit]
    deprecated: float | None
    sunset: float | None
    successor: str | None


def manual(info: InterfaceInfo, grant: GrantInfo | None, now: datetime) -> Manual:
    """Return the manual of an interface as a caller under ``grant`` needs it."""
    interface = info.interface
    icon, shape, plainly = SHAPES[interface.shape]
    quality = lake.quality_history(interface.dataset, limit=1)
    return Manual(
        icon=icon,
        shape=shape,
        plainly=plainly,
        method="POST" if interface.shape is Shape.VERIFY else "GET",
        contacts=stewards(interface.owner),
        freshness=_freshness(info, now),
        score=quality[0].score if quality else None,
        asks=_asks(info, grant, samples(info)),
        refusals=_refusals(info),
        limits=_limits(info, grant),
        deprecated=interface.deprecated,
        sunset=interface.sunset,
        successor=interface.successor,
    )


def samples(info: InterfaceInfo) -> dict[str, str]:
    """Return a real value of each column that may be shown to anybody, for the examples."""
    found = lake.profile_of(info.interface.dataset)
    if found is None or not found.rows:
        return {}
    row = found.rows[0]
    told = zip(found.shown, row, strict=True)
    return {name: _plain(value) for name, value in told if value is not None}


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _freshness(info: InterfaceInfo, now: datetime) -> Freshness:
    as_of = from_iso(info.as_of) if info.as_of else None
    promised = info.contract.refresh_h
    due = as_of + timedelta(hours=promised) if as_of and promised else None
    return Freshness(as_of, promised, due, late=due is not None and due < now)


def _asks(info: InterfaceInfo, grant: GrantInfo | None, shown: dict[str, str]) -> list[Asking]:
    interface, columns = info.interface, info.contract.by_name
    granted = set(grant.grant.columns) if grant else set(interface.columns)
    keyed = interface.shape in (Shape.LOOKUP, Shape.VERIFY)
    return [
        Asking(
            name=each.name,
            column=columns[each.column],
            sign=SIGNS.get(each.op, "=…"),
            operator=_OPS[each.op],
            required=each.required,
            example=sample(columns[each.column], shown),
        )
        for each in interface.parameters
        if (keyed and each.required) or interface.shape is Shape.LOOKUP or each.column in granted
    ]


def _refusals(info: InterfaceInfo) -> list[Refused]:
    links = _links(info)
    page = f"/store/interfaces/{info.interface.id}/"
    return [
        Refused(
            KINDS[code].status,
            code,
            general(KINDS[code].title),
            general(KINDS[code].mend, link=links.get(code, page), allow=_methods(info)),
        )
        for code in possible(info.interface)
    ]


def _methods(info: InterfaceInfo) -> str:
    """Return the methods that the address of the interface itself takes."""
    return "GET, POST" if info.interface.shape is Shape.VERIFY else "GET"


def _links(info: InterfaceInfo) -> dict[str, str]:
    """Return where a refusal sends its caller, where that is not the interface's page."""
    call = f"/data/{info.interface.id}"
    successor = info.interface.successor
    return {
        "query_not_offered": call,
        "changes_too_old": call,
        "export_not_ready": f"{call}/exports/…",
        "cube_only": f"/store/datasets/{info.interface.dataset}/",
        "interface_ended": f"/data/{successor}" if successor else "/data/",
    }


def _limits(info: InterfaceInfo, grant: GrantInfo | None) -> list[Limit]:
    shape = info.interface.shape
    told = []
    if shape in (Shape.PAGE, Shape.CHANGES, Shape.AGGREGATE):
        rows = Text(f"缺省 {DEFAULT_LIMIT}，最多 {MAX_LIMIT:,} 行",
                    f"{DEFAULT_LIMIT} unless said, {MAX_LIMIT:,} rows at most")  # fmt: skip
        told.append(Limit(Text("每页 limit", "One page: limit"), rows))
    if shape is Shape.PAGE:
        cap = grant.grant.row_cap if grant else OPEN_ROW_CAP
        whole = Text(f"csv、arrow、parquet 可用，最多 {cap:,} 行",
                     f"with csv, arrow and parquet, {cap:,} rows at most")  # fmt: skip
        told.append(Limit(Text("一次取全部 limit=all", "All at once: limit=all"), whole))
    formats = "json" if shape is Shape.VERIFY else "json · csv · arrow · parquet"
    told.append(
        Limit(Text("格式 format 或 Accept", "Formats: format, Accept"), Text(formats, formats))
    )
    if grant is not None or info.interface.open:
        told += _quota(grant)
    minutes = LIFETIME_S // 60
    life = Text(f"{minutes} 分钟", f"{minutes} minutes")
    return [*told, Limit(Text("令牌有效期", "A token lives"), life)]


def _quota(grant: GrantInfo | None) -> list[Limit]:
    quota = grant.grant.quota if grant else OPEN_QUOTA
    named = (
        ("calls_per_second", Text("每秒调用", "Calls a second")),
        ("calls_per_day", Text("每日调用", "Calls a day")),
        ("rows_per_day", Text("每日行数", "Rows a day")),
    )
    return [Limit(title, _number(getattr(quota, name))) for name, title in named]


def _number(value: int | None) -> Text:
    return _UNLIMITED if value is None else Text(f"{value:,}", f"{value:,}")
