"""Reads the manifest (清单) of a pack, ``pack.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.lang.scenario.manifest import Consumed, Manifest, PackRole
from duokua.lang.scenario.part import Part, key, shape, unlike
from duokua.lang.scenario.playbook import VERBS
from duokua.lang.yamlfile import Document

FILE = "pack.yaml"
TIERS = ("bronze", "silver", "gold")
# Roles of the platform that work on cases or see the pages of a scenario.
ROLES = ("handler", "head", "command", "steward", "bureau", "security", "auditor", "admin")
_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")
_BOUND = r"(>=|<=|==|<|>)\s*[0-9]{1,6}(\.[0-9]{1,6}){0,2}"
_RANGE = re.compile(rf"{_BOUND}(\s*,\s*{_BOUND})*")

MANIFEST = shape(
    FILE, "清单", "the manifest",
    key("pack", "word", "场景包标识，与文件夹同名", "id of the pack, the name of its folder", needed=True),
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("description", "{zh, en}", "一两句话说明它做什么", "what it does, in a sentence or two", needed=True),
    key("version", "1.0.0", "版本，三个数", "version, three numbers", needed=True),
    key("platform", '">=0.1,<2.0"', "适用的平台版本范围",
        "range of platform versions that it fits", needed=True),
    key("owner", "code", "负责部门的代码", "code of the department that answers for it", needed=True),
    key("tier", "bronze", "质量等级 bronze、silver 或 gold，与 quality.yaml 一致",
        "bronze, silver or gold, as quality.yaml comes to", needed=True),
    key("purpose", "text", "读取数据的用途", "the purpose for which it reads data", needed=True),
    key("basis", "{zh, en}", "读取数据的依据", "the legal basis of that reading", needed=True),
    key("requires", "[word]", "须先安装的其他场景包", "packs that have to be installed first"),
    key("consumes", "[table or {…}]", "规则读取的表", "tables that its rules read"),
    key("provides", "[word]", "自带的数据集，各有一份契约", "datasets of its own, each with a contract"),
    key("roles", "{id: {…}}", "场景的角色", "roles of the scenario"),
    key("demo", "true", "样例是虚构的演示数据", "its samples are made-up data"),
    key("domain", "word", "页面归入的领域", "the domain that its pages are linked under"),
)  # fmt: skip
CONSUMED = shape(
    "pack.yaml: consumes", "读取的表", "a table that is read",
    key("table", "word", "SQL 中的表名，有同名契约",
        "its name in SQL; a contract has that name", needed=True),
    key("interface", "word", "提供数据的数据接口，默认与表同名",
        "the data interface that gives its rows; by default of the table's name"),
    key("columns", "[column]", "要读的列，默认为契约的全部列",
        "columns asked for; by default all of the contract"),
    key("fresh", "10m", "数据旧于此时长则判为“无法判断”", "data older than that judge nothing: unknown"),
    key("recent", "30m", "感知流：规则只看最近多久的行（须同时写 by）",
        "of a stream: rules see only rows so young; `by` is needed with it"),
    key("newest", "[device_id]", "感知流：规则只看每台设备最新的一行（须同时写 by）",
        "of a stream: rules see only the newest row of each; `by` is needed with it"),
    key("by", "measured_at", "感知流：表示行的时刻的列", "of a stream: the column with a row's instant"),
)  # fmt: skip
ROLE = shape(
    "pack.yaml: roles", "角色", "a role",
    key("title", "{zh, en}", "角色名称", "title of the role", needed=True),
    key("role", "handler", "由持有哪个平台角色的人担任",
        "the role of the platform whose holders have it", needed=True),
    key("can", "[verb]", "可做的动作，默认不另限制",
        "verbs of cases that it may; by default no further limit"),
)  # fmt: skip


def read_manifest(document: Document, faults: Faults, folder: str | None = None) -> Manifest:
    """Read a manifest; ``folder`` is the name of the pack's folder where it is known."""
    top = Part(document.value, MANIFEST, document, faults)
    pack = top.word("pack")
    if folder is not None and pack and pack != folder:
        top.wrong("pack", f"“{pack}”与文件夹“{folder}”不同名", f"is {pack!r}, its folder {folder!r}",
                  "请改成同名", "give both the same name")  # fmt: skip
    return Manifest(
        pack=pack,
        title=top.both("title"),
        description=top.both("description"),
        version=_matching(top, "version", _VERSION),
        platform=_matching(top, "platform", _RANGE),
        owner=top.text("owner"),
        tier=top.choice("tier", TIERS, TIERS[0]),
        purpose=top.text("purpose"),
        basis=top.both("basis"),
        requires=_words(top, "requires"),
        consumes=tuple(_consumed(top)),
        provides=_words(top, "provides"),
        roles=tuple(_roles(top)),
        demo=top.flag("demo"),
        domain=top.text("domain"),
    )


def _matching(top: Part, name: str, pattern: re.Pattern[str]) -> str:
    told = top.text(name)
    if told and not pattern.fullmatch(told):
        top.wrong(name, f"“{told}”不合格式", f"is not written that way: {told!r}")
    return told


def _words(top: Part, name: str) -> tuple[str, ...]:
    found = top.words(name)
    for each in found:
        if not is_word(each):
            top.wrong(name, f"“{each}”不是合法标识", f"{each!r} is no word",
                      "请用小写字母、数字、下划线", "use lower case letters, digits and _")  # fmt: skip
    return found


def _consumed(top: Part) -> Iterator[Consumed]:
    value = top.told.get("consumes")
    if value is not None and not isinstance(value, list):
        top.wrong(
            "consumes", "须是列表", "has to be a list", "请写 [表, 表]", "write [table, table]"
        )
        return
    taken: list[tuple[str, str]] = []
    for at, each in enumerate(value or ()):
        told = {"table": each} if isinstance(each, str) else each
        part = Part(told, CONSUMED, top.document, top.faults, ("consumes", at))
        table = part.word("table")
        by = part.word("by")
        if (part.has("recent") or part.has("newest")) != bool(by):
            part.wrong("by", "须与 recent 或 newest 同时写", "goes with recent or newest, and they with it",
                       "请同时写，或都不写", "write it with one of them, or none")  # fmt: skip
        taken.append((table, part.place()))
        yield Consumed(
            table=table,
            interface=part.word("interface", table),
            columns=part.words("columns"),
            fresh=_seconds(part, "fresh"),
            recent=_seconds(part, "recent"),
            newest=part.words("newest"),
            by=by,
        )
    unlike(taken, top.faults)


def _seconds(part: Part, name: str) -> int | None:
    span = part.span(name)
    if span is None:
        return None
    if span.working or not span.amount:
        part.wrong(name, "须是大于零的时长，不能是工作日", "has to be above zero, not working days",
                   "请写 10m、2h、1d", "write 10m, 2h or 1d")  # fmt: skip
        return None
    return int(span.length.total_seconds())


def _roles(top: Part) -> Iterator[PackRole]:
    for name, part in top.named("roles", ROLE):
        if not is_word(name):
            part.tell(f"“{name}”不是合法标识", f"{name!r} is no word",
                      "请用小写字母、数字、下划线", "use lower case letters, digits and _")  # fmt: skip
        if name in ROLES and part.told.get("role") not in (None, name):
            part.tell(f"“{name}”是平台角色的名称", f"{name!r} is a role of the platform",
                      "请换名", "choose another name")  # fmt: skip
        yield PackRole(
            id=name,
            title=part.both("title"),
            role=part.choice("role", ROLES, ROLES[0]),
            can=part.some_of("can", VERBS),
        )
