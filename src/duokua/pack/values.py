"""What the floor of packs hands to pages, programs and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.text import Text

GRANTED, OPEN, MISSING, ABSENT = "granted", "open", "missing", "absent"
STANDINGS: dict[str, Text] = {
    GRANTED: Text("已授权", "Granted"),
    OPEN: Text("无条件开放", "Open to all"),
    MISSING: Text("待申请", "To be applied for"),
    ABSENT: Text("接口不存在", "No such interface"),
}


RULE_STANDINGS: dict[str, Text] = {
    "ran": Text("已运行", "Ran"),
    "failed": Text("运行失败", "Failed"),
    "stale": Text("数据过旧，无法判断", "Data too old: cannot judge"),
    "waiting": Text("缺少授权，无法判断", "A grant is missing: cannot judge"),
    "never": Text("尚未运行", "Not run yet"),
}
STATE_WORDS = {
    "installing": Text("安装中", "being installed"), "installed": Text("已安装", "installed"),
    "removing": Text("移除中", "being removed"), "removed": Text("已移除", "removed"),
}  # fmt: skip
CHANGE_WORDS = {
    "grant": Text("读取授权", "grant"), "rule": Text("规则", "rule"),
    "parameter": Text("参数", "parameter"), "playbook": Text("预案", "playbook"),
    "view": Text("视图", "view"), "indicator": Text("指标", "indicator"),
    "dataset": Text("派生表", "dataset"), "contract": Text("数据契约", "contract"),
    "interface": Text("数据接口", "interface"), "form": Text("表单", "form"),
    "table": Text("参考表", "table"), "functions": Text("函数", "functions"),
    "added": Text("新增", "added"), "removed": Text("删去", "removed"),
    "changed": Text("改变", "changed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """A table that rules read, and whether the pack's program may: by grant, or what is to be done."""

    table: str
    interface: str
    standing: str  # a key of STANDINGS
    owner: str = ""  # department of the data
    listing: str = ""  # to be applied for
    request: str = ""  # what was drafted there
    grant: str = ""


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule and how its last run ended."""

    rule: str
    title: Text
    kind: str
    standing: str  # ran | failed | stale | waiting (a grant is missing) | never
    ran_at: datetime | None = None
    open: int = 0  # findings
    told: str = ""  # of a failure
    missing: tuple[str, ...] = ()  # tables
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstallationInfo:
    """An installed pack."""

    pack: str
    version: str
    title: Text
    owner: str
    domain: str
    demo: bool
    state: str
    origin: str
    signed_by: str
    client: str
    digest: str
    installed_at: datetime | None
    installed_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions of a pack."""

    kind: str  # rule | parameter | grant | playbook | view | indicator | dataset | functions
    name: str
    what: str  # added | removed | changed
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade would change (升级预览)."""

    pack: str
    before: str
    after: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an installation or upgrade did."""

    info: InstallationInfo
    needs: tuple[Need, ...]
    changed: bool  # False: everything was there already

    @property
    def missing(self) -> tuple[Need, ...]:
        """The tables that no rule can read yet."""
        return tuple(each for each in self.needs if each.standing in (MISSING, ABSENT))


@dataclass(frozen=True, slots=True)
class TrustInfo:
    """A trusted key."""

    id: str
    title: str
    since: datetime
    by: str
