"""The security officer's questionnaire (保密与个人信息评估), and what it makes of level × audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Contract
from duokua.store.states.listing import ShareClass
from duokua.store.values.listing import ListingBody


class Audience(StrEnum):
    """Who is to use a listing (共享对象)."""

    OWN = "own"
    DEPARTMENTS = "departments"
    ENTERPRISES = "enterprises"
    PUBLIC = "public"


AUDIENCES: dict[Audience, Text] = {
    Audience.OWN: Text("仅本部门", "the own department only"),
    Audience.DEPARTMENTS: Text("政务部门", "departments of the government"),
    Audience.ENTERPRISES: Text("企业与社会组织", "enterprises and organisations"),
    Audience.PUBLIC: Text("社会公众", "the public"),
}
QUESTIONS: dict[str, Text] = {
    "state_secret": Text("含国家秘密或工作秘密", "It holds state or official secrets"),
    "personal": Text("含个人信息", "It holds personal data"),
    "important": Text("含重要数据", "It holds important data"),
    "level_right": Text("分级正确", "The level is right"),
}


class Risk(StrEnum):
    """What a level comes to with an audience."""

    NONE = "none"
    WARN = "warn"  # possible, when the officer says why
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Findings:
    """The answers of an assessment."""

    state_secret: bool
    personal: bool
    important: bool
    level_right: bool
    audience: Audience


_FREE: dict[str, Audience] = {  # the widest audience without a warning
    "L1": Audience.PUBLIC,
    "L2": Audience.DEPARTMENTS,
    "L3": Audience.OWN,
    "L4": Audience.OWN,
}
_WIDEST: dict[str, Audience] = {  # the widest one at all
    "L1": Audience.PUBLIC,
    "L2": Audience.PUBLIC,
    "L3": Audience.ENTERPRISES,
    "L4": Audience.OWN,
}


def risk(level: str, audience: Audience, *, share_class: str, personal: bool) -> Risk:
    """Return what a level × audience comes to; personal data count as one level more."""
    wide = list(Audience).index(audience)
    if wide > list(Audience).index(_WIDEST[level]) or (personal and audience is Audience.PUBLIC):
        return Risk.FORBIDDEN
    free = list(Audience).index(_FREE[level])
    # On conditions each use is decided by itself, so departments may be among the audience.
    if share_class != ShareClass.UNCONDITIONAL and audience is Audience.DEPARTMENTS:
        return Risk.NONE
    return Risk.WARN if wide > free or (personal and wide > 1) else Risk.NONE


def risk_words(level: str, audience: Audience) -> Text:
    """Say what is risky."""
    to = AUDIENCES[audience]
    return Text(f"{level} 级数据面向{to.zh}，泄露风险高", f"{level} data for {to.en} are risky")


def check(found: Findings, body: ListingBody, contract: Contract, comment: str) -> Faults:
    """Collect what keeps an officer from agreeing with these findings.

    With a warning or important data they must say in ``comment`` why it is all right.
    """
    faults = Faults()
    if found.state_secret:
        faults.add("state_secret", "涉密数据不得上架", "secrets cannot be listed",
                   "请退回", "return it")  # fmt: skip
    if not found.level_right:
        faults.add("level_right", "分级有误，不能同意", "with a wrong level nobody can agree",
                   "请退回并说明应有的级别", "return it and name the right level")  # fmt: skip
    if contract.personal and not found.personal:
        faults.add("personal", "契约中有个人信息列", "the contract names personal columns",
                   "请核对契约", "look at the contract")  # fmt: skip
    personal = found.personal or contract.personal
    told = risk(body.level, found.audience, share_class=body.share_class, personal=personal)
    words = risk_words(body.level, found.audience)
    if told is Risk.FORBIDDEN:
        faults.add("audience", words.zh, f"{words.en}: forbidden",
                   "请缩小共享对象或退回", "narrow the audience or return it")  # fmt: skip
    if (told is Risk.WARN or found.important) and not comment.strip():
        faults.add("comment", f"{words.zh}，须说明理由", f"{words.en}: say why it is all right",
                   "请在意见中说明防护措施", "name the safeguards in your comment")  # fmt: skip
    return faults


def findings_to_json(found: Findings) -> dict[str, object]:
    """Return findings as plain values."""
    return {name: getattr(found, name) for name in Findings.__slots__}


def findings_from_json(told: Mapping[str, object]) -> Findings:
    """Read findings.

    :raises ValueError: there is no such audience.
    """
    answers = {name: bool(told.get(name)) for name in QUESTIONS}
    return Findings(**answers, audience=Audience(str(told.get("audience"))))
