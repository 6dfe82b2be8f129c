"""Whether a pack fits this house (适配检查): departments, packs, datasets and interfaces that it names.

It is asked before anything is written, so that no installation stops half-way over what could have
been known.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial

from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict, Fault, Faults, Invalid, NotFound
from duokua.lake import facade as lake
from duokua.lang import yamlfile
from duokua.lang.scenario.manifest_file import FILE
from duokua.lang.scenario.pack import Pack
from duokua.pack.actions import datasets
from duokua.pack.models import Installation
from duokua.pack.states import PackState

_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9]+(?:\.[0-9]+){0,2})")


def version_key(text: str) -> tuple[int, ...]:
    """Return a version as numbers that compare; what is no number counts as 0."""
    parts = [int(part) if part.isdecimal() else 0 for part in text.split(".")[:3]]
    return (*parts, 0, 0, 0)[:3]


def misfits(pack: Pack, files: Mapping[str, str], *, now: datetime) -> Faults:
    """Return everything about a pack that does not fit here, by file and line."""
    fit = _Fit(pack, files, now)
    fit.manifest()
    fit.departments()
    fit.datasets()
    fit.interfaces()
    return fit.faults


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


class _Fit:
    def __init__(self, pack: Pack, files: Mapping[str, str], now: datetime) -> None:
        self.pack, self.files, self.now = pack, files, now
        self.faults = Faults()

    def _place(self, path: str, *at: str | int) -> str:
        return yamlfile.load(self.files[path], source=path).place(*at)

    def manifest(self) -> None:
        """The platform's version, and the packs that have to stand."""
        wanted = self.pack.manifest.platform
        if not fits(wanted, importlib.metadata.version("duokua")):
            self.faults.add(self._place(FILE, "platform"), f"需要平台 {wanted}", f"needs platform {wanted}",
                            "请更换平台或场景包版本", "take another version of either")  # fmt: skip
        installed = Installation.objects.filter(state=PackState.INSTALLED)
        standing = set(installed.values_list("pack", flat=True))
        for at, name in enumerate(self.pack.manifest.requires):
            if name not in standing:
                self.faults.add(self._place(FILE, "requires", at), f"需要先安装场景包“{name}”",
                                f"needs pack {name!r}", "请先安装它", "install that one first")  # fmt: skip

    def departments(self) -> None:
        """Nobody would be there to act for a department that the district does not have."""
        known = identity.departments()
        for place, code in self._named():
            if code not in known:
                self.faults.add(place, f"没有部门“{code}”", f"no department {code!r}",
                                "请填写本区部门代码，见 /departments/",
                                "name a department of the district, see /departments/")  # fmt: skip

    def _named(self) -> Iterator[tuple[str, str]]:
        yield self._place(FILE, "owner"), self.pack.manifest.owner
        for playbook in self.pack.playbooks.values():
            told: list[tuple[tuple[str | int, ...], str]] = [
                *(
                    (("tasks", at, "department"), e.department)
                    for at, e in enumerate(playbook.tasks)
                ),
                *(
                    (("ladder", at, "department"), e.department)
                    for at, e in enumerate(playbook.ladder)
                ),
                *((("verify", "sign"), code) for code in playbook.verify.sign),
            ]
            for place, code in told:
                if code and not code.startswith("$"):
                    yield self._place(playbook.file, *place), code

    def datasets(self) -> None:
        """A pack brings its own datasets; it never takes over those of another department."""
        for table in self.pack.manifest.provides:
            path = f"contracts/{table}.odcs.yaml"
            try:
                owner = lake.contract(table).owner
            except NotFound:
                owner = self.pack.manifest.owner
            if owner != self.pack.manifest.owner:
                self.faults.add(f"{path}:1", f"数据集 {table} 已经有了，属于 {owner}",
                                f"the dataset {table} is there: it is {owner}'s",
                                "请改用自己的数据集名称", "choose a name of one's own")  # fmt: skip
            elif table not in self.pack.datasets and identity.department_exists(owner):
                self._try(path, partial(datasets.check, self.pack, table, now=self.now))

    def interfaces(self) -> None:
        """What it publishes is its own, and takes nothing away from grants that stand."""
        for name, each in self.pack.interfaces.items():
            contract = self.pack.contracts[each.dataset]
            check = partial(exchange.check_interface, each, contract, now=self.now)
            self._try(f"interfaces/{name}.yaml", check)

    def _try(self, path: str, check: Callable[[], object]) -> None:
        """Note what a check raises as faults of a file."""
        try:
            check()
        except (Invalid, Conflict) as error:
            for each in error.faults or (Fault("", error.what, error.mend),):
                before = f"{each.where}: " if each.where else ""
                self.faults.add(f"{path}:1", f"{before}{each.what.zh}", f"{before}{each.what.en}",
                                each.mend.zh, each.mend.en)  # fmt: skip
