"""What a probe finds, and the words of its checks; never a value of the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from duokua.kernel.text import Text

GATEWAY, IN_PROCESS = "gateway", "in_process"
WORDS: dict[str, Text] = {
    "allowed": Text("以授权用途调用", "a call for the granted purpose"),
    "columns": Text("只返回已授权字段", "exactly the granted columns"),
    "rows": Text("行与脱敏与审批一致", "rows and masks as they were agreed"),
    "other_purpose": Text("以其他用途调用", "a call for another purpose"),
    "stated_purpose": Text("调用时声明其他用途", "a call that states another purpose"),
    "other_column": Text("读取未授权字段", "a column that was not granted"),
    "outside": Text("读取数据范围以外的行", "a row outside the agreed range"),
    "row_cap": Text("超过行数上限", "more rows than the cap"),
    "other_interface": Text("调用同一数据集的其他接口", "another interface of the dataset"),
    "no_token": Text("不带令牌调用", "a call without a token"),
    "not_yet": Text("生效前调用", "a call before it begins"),
    "credential": Text("以本应用凭据调用", "a call with the program's own credential"),
    "bound": Text("以绑定该授权的令牌调用", "a call with a token bound to this grant"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried: what was to be seen and what was, in short words."""

    what: str  # a key of WORDS
    expected: str
    seen: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """One governed call: its interface, query string, and a JSON body where it has one."""

    interface: str
    query: str = ""
    body: dict[str, Any] | None = None  # a JSON query, or what is claimed
    part: str = ""  # `query`: a JSON query
    token: str | None = None
    purpose: str | None = None  # as the call states it


@dataclass(frozen=True, slots=True)
class Seen:
    """What a call answered: status, code of a refusal, and rows that nobody keeps."""

    status: int
    code: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    as_of: str = ""
    most: int | None = None  # of an answer of all rows: how many came, or may come

    @property
    def short(self) -> str:
        """Status and code."""
        return f"{self.status} {self.code}".strip()


@dataclass(frozen=True, slots=True)
class Probed:
    """The verdict of a probe: by which way it was made and what each check saw."""

    way: str  # gateway | in_process
    checks: tuple[Check, ...]
    took_ms: int

    @property
    def passed(self) -> bool:
        """Whether everything was as it has to be; a probe that saw nothing has not passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


def refused(what: str, seen: Seen, *statuses: int) -> Check:
    """Return the check that a call was refused with one of ``statuses``."""
    told = "/".join(str(status) for status in statuses)
    return Check(what, told, seen.short, seen.status in statuses)
