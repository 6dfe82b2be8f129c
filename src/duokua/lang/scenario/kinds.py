"""Which files a pack may have (文件种类): by folder and ending; anything else belongs to no kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file; ``{}`` in ``form`` is its name."""

    id: str
    form: str
    told: Text

    def name_of(self, path: str) -> str | None:
        """Return what a file of this kind is named; ``None``: it is of another kind."""
        before, _, after = self.form.partition("{}")
        if "{}" not in self.form:
            return path if path == self.form else None
        if not path.startswith(before) or not path.endswith(after):
            return None
        name = path[len(before) : len(path) - len(after)]
        return name if _NAME.fullmatch(name) else None


_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")
KINDS = (
    FileKind("manifest", "pack.yaml", Text("清单", "the manifest")),
    FileKind("quality", "quality.yaml", Text("质量等级", "the quality of the pack")),
    FileKind("contracts", "contracts/{}.odcs.yaml", Text("数据契约（ODCS 3.1）",
             "data contracts in ODCS 3.1")),
    FileKind("parameters", "parameters/{}.yaml", Text("分时参数", "dated parameters")),
    FileKind("tables", "tables/{}.csv", Text("参考表", "reference tables")),
    FileKind("datasets", "datasets/{}.sql", Text("派生表", "derived tables")),
    FileKind("functions", "functions.py", Text("函数（须签名）", "functions, in a signed pack only")),
    FileKind("rules", "rules/{}.sql", Text("规则", "rules")),
    FileKind("playbooks", "playbooks/{}.yaml", Text("处置预案", "playbooks")),
    FileKind("forms", "forms/{}.yaml", Text("表单", "forms")),
    FileKind("views", "views/{}.yaml", Text("视图", "views")),
    FileKind("interfaces", "interfaces/{}.yaml", Text("对外的数据接口", "data interfaces that it publishes")),
    FileKind("indicators", "indicators/{}.yaml", Text("指标", "indicators")),
    FileKind("tests", "tests/{}.yaml", Text("规则用例", "sentences")),
    FileKind("samples", "samples/{}.csv", Text("演示数据", "samples")),
    FileKind("readme_zh", "README.zh.md", Text("说明（中文）", "about it, in Chinese")),
    FileKind("readme", "README.md", Text("说明（英文）", "about it, in English")),
)  # fmt: skip


def kind_of_file(path: str) -> str | None:
    """Return the id of a file's kind; ``None``: it belongs to no kind."""
    return next((each.id for each in KINDS if each.name_of(path) is not None), None)


def by_kind(files: Mapping[str, str], faults: Faults) -> dict[str, dict[str, str]]:
    """Return path → text by kind of file; every file that belongs to none is noted."""
    found: dict[str, dict[str, str]] = {each.id: {} for each in KINDS}
    for path in sorted(files):
        kind = kind_of_file(path)
        if kind is not None:
            found[kind][path] = files[path]
            continue
        listed = ", ".join(each.form.replace("{}", "*") for each in KINDS)
        faults.add(f"{path}:1", "不属于任何一类文件", "belongs to no kind of file",
                   f"请删去或改名；可用：{listed}", f"remove or rename it; there are: {listed}")  # fmt: skip
    return found


def name_of(path: str) -> str:
    """Return what a file of a pack is named."""
    for each in KINDS:
        name = each.name_of(path)
        if name is not None:
            return name
    return path
