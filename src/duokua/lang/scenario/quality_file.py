"""Reads ``quality.yaml`` (质量等级): each rule of the scale done, still to do, or exempt for a reason."""

from __future__ import annotations

from collections.abc import Mapping

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.scenario.manifest_file import TIERS
from duokua.lang.scenario.part import Part, key, shape
from duokua.lang.yamlfile import Document

FILE = "quality.yaml"
STATUS = ("done", "todo", "exempt")
# The scale: what each tier asks for besides those below it.
SCALE: dict[str, dict[str, Text]] = {
    "bronze": {
        "sentences": Text("每条规则有触发与不触发的用例", "every rule has a firing and a clearing sentence"),
        "parameters": Text("数值都是有出处的分时参数", "figures are dated parameters with a source"),
        "playbooks": Text("每条规则有预案与时限", "every rule has a playbook with limits"),
    },
    "silver": {
        "unknown": Text("缺数或过旧判为“无法判断”，有用例",
        "missing or old input is unknown, shown by a sentence"),
        "fresh": Text("读取的表都写明新鲜度", "every table that is read says how fresh it has to be"),
        "evidence": Text("预案都要求证据", "every playbook asks for evidence"),
        "ladder": Text("预案都有督办", "every playbook has a ladder"),
        "view": Text("有视图", "there is a view"),
        "readme": Text("有中英文 README", "there is a README in zh and en"),
    },
    "gold": {
        "sources": Text("规则的依据与参数都已核对来源", "bases and parameters were read in their sources"),
        "indicators": Text("有指标", "there are indicators"),
        "samples": Text("有演示数据", "there are samples"),
        "drill": Text("预案演练过", "the playbooks were drilled"),
    },
}  # fmt: skip

QUALITY = shape(
    FILE, "质量等级", "the quality of the pack",
    key("rules", "{rule: done}", "各条要求：done、todo 或 {status: exempt, reason: {zh, en}}；未写的为 todo",
        "each rule of the scale: done, todo or {status: exempt, reason: {zh, en}}; else it is todo",
        needed=True),
)  # fmt: skip
EXEMPT = shape(
    "quality.yaml: rules", "要求的完成情况", "how a rule of the scale stands",
    key("status", "exempt", "done、todo 或 exempt", "done, todo or exempt", needed=True),
    key("reason", "{zh, en}", "豁免的理由（exempt 时必填）", "why it is exempt; needed with exempt"),
)  # fmt: skip


def read_quality(
    document: Document, *, tier: str, standing: Mapping[str, bool], faults: Faults
) -> dict[str, str]:
    """Return how each rule of the scale stands.

    ``tier`` is the manifest's; ``standing`` tells of rules that can be seen from the files whether
    they hold: what is said to be done has to be.
    """
    top = Part(document.value, QUALITY, document, faults)
    found = {name: "todo" for rules in SCALE.values() for name in rules}
    for name in top.names("rules"):
        if name not in found:
            listed = ", ".join(found)
            top.tell(f"没有要求“{name}”", f"the scale has no rule {name!r}",
                     f"可用：{listed}", f"use one of {listed}", "rules", name)  # fmt: skip
            continue
        found[name] = _status(top, name)
        if found[name] == "done" and not standing.get(name, True):
            told = next(rules[name] for rules in SCALE.values() if name in rules)
            top.tell(f"写了 done，但没有做到：{told.zh}", f"is said to be done, but is not: {told.en}",
                     "请补齐，或写 todo", "complete it, or write todo", "rules", name)  # fmt: skip
    reached = tier_of(found)
    if tier != reached:
        top.tell(f"达到的是 {reached or '–'}，pack.yaml 写的是 {tier}",
                 f"comes to {reached or 'no tier'}, pack.yaml says {tier}",
                 "请使两处一致，或完成余下的要求", "make them agree, or do what is left",
                 "rules")  # fmt: skip
    return found


def tier_of(status: Mapping[str, str]) -> str:
    """Return the highest tier of which nothing is left to do; empty: not even the first."""
    reached = ""
    for tier in TIERS:
        if any(status[name] == "todo" for name in SCALE[tier]):
            return reached
        reached = tier
    return reached


def _status(top: Part, name: str) -> str:
    told = top.told["rules"]
    value = told[name] if isinstance(told, dict) else None
    if isinstance(value, str):
        value = {"status": value}
    part = Part(value, EXEMPT, top.document, top.faults, ("rules", name))
    status = part.choice("status", STATUS, "todo")
    reason = part.both("reason")
    if status == "exempt" and not reason.zh and not part.has("reason"):
        part.wrong("reason", "：豁免须写理由", "is needed: why it is exempt")
    return status
