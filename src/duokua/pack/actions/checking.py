"""Whether a pack can be installed here (安装前检查): what its files cannot tell of themselves."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping

from duokua.identity import facade as identity
from duokua.kernel.errors import Faults, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.scenario.functions import FILE
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.reading import read_pack
from duokua.pack.models import Installation
from duokua.pack.states import PackState

_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9]+(?:\.[0-9]+){0,2})")
_WHAT = Text("场景包不能安装", "the pack cannot be installed")


def version_key(text: str) -> tuple[int, ...]:
    """Return a version as numbers that compare; what is no number counts as 0."""
    parts = [int(part) if part.isdecimal() else 0 for part in text.split(".")[:3]]
    return (*parts, 0, 0, 0)[:3]


def checked(files: Mapping[str, str], *, signed: bool) -> Pack:
    """Read a pack and check that it fits this house; Python stands in a ``signed`` one only.

    :raises Invalid: naming everything that is wrong with its files, or with it here.
    """
    pack = read_pack(files)
    refuse_unsigned(pack, signed=signed)
    faults = Faults()
    manifest = pack.manifest
    if not fits(manifest.platform, importlib.metadata.version("duokua")):
        faults.add("pack.yaml", f"需要平台 {manifest.platform}", f"needs platform {manifest.platform}",
                   "请更换平台或场景包版本", "take another version of either")  # fmt: skip
    if not identity.department_exists(manifest.owner):
        faults.add("pack.yaml", f"没有部门“{manifest.owner}”", f"no department {manifest.owner!r}",
                   "请在 owner 中填写本区部门代码", "name a department of the district as owner")  # fmt: skip
    _check_required(pack, faults)
    _check_provided(pack, faults)
    faults.raise_if_any(_WHAT)
    return pack


def refuse_unsigned(pack: Pack, *, signed: bool) -> None:
    """Refuse the functions of a pack that nobody trusted has signed.

    :raises Invalid: it has some.
    """
    faults = Faults()
    if pack.functions.source and not signed:
        faults.add(
            FILE, "未签名的场景包不能带函数", "an unsigned pack has no functions",
            "请用 duokua pack export 签名，再安装签名包",
            "sign it by duokua pack export, then install the bundle",
        )  # fmt: skip
    faults.raise_if_any(_WHAT)


def fits(wanted: str, version: str) -> bool:
    """Tell whether a version lies in a range such as ``>=0.1,<2.0``; one that is no range fits nothing."""
    parts = [part.strip() for part in wanted.split(",")]
    bounds = [_BOUND.fullmatch(part) for part in parts]
    return all(bound is not None and _holds(bound[1], version, bound[2]) for bound in bounds)


def _holds(sign: str, version: str, bound: str) -> bool:
    mine, theirs = version_key(version), version_key(bound)
    told = {">=": mine >= theirs, "<=": mine <= theirs, "==": mine == theirs,
            "<": mine < theirs, ">": mine > theirs}  # fmt: skip
    return told[sign]


def _check_required(pack: Pack, faults: Faults) -> None:
    standing = set(
        Installation.objects.filter(state=PackState.INSTALLED).values_list("pack", flat=True)
    )
    for name in sorted(set(pack.manifest.requires) - standing):
        faults.add("pack.yaml", f"需要先安装场景包“{name}”", f"needs pack {name!r}",
                   "请先安装它", "install that one first")  # fmt: skip


def _check_provided(pack: Pack, faults: Faults) -> None:
    """A pack brings its own datasets; it never takes over those of another department."""
    for table in pack.manifest.provides:
        try:
            owner = lake.contract(table).owner
        except NotFound:
            owner = pack.manifest.owner
        if owner != pack.manifest.owner or pack.contracts[table].owner != pack.manifest.owner:
            faults.add(f"contracts/{table}.odcs.yaml", "该数据集属于其他部门",
                       "the dataset is another department's",
                       "请改用自己的数据集名称与部门", "choose a name and owner of one's own")  # fmt: skip
