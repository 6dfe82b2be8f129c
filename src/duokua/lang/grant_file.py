"""Grants (授权) as YAML files.

::

    client: safety_watch
    interface: site_worker_by_id
    purpose: 安全生产监督
    basis: 《安全生产法》第六十五条
    valid_until: 2027-12-31T00:00:00+08:00
    columns: [worker_id, name, trade]          # empty: all of the interface
    masks: {name: {keep: [1, 0]}, phone: {kind: phone}, trade: none}  # others: by their level
    row_filter: {field: site_id, op: eq, value: S001}
    quota: {calls_per_day: 10000, rows_per_day: 100000, calls_per_second: 50}
    row_cap: 100000
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duokua.kernel.clock import from_iso
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang import yamlfile
from duokua.lang.contract import Contract
from duokua.lang.grant import Quota
from duokua.lang.mask import Mask, mask_from_json
from duokua.lang.predicate import Predicate, predicate_from_json

_WHAT = Text("授权文件有误", "the grant file is wrong")
_REQUIRED = ("client", "interface", "purpose", "basis", "valid_until")
_OPTIONAL = ("valid_from", "columns", "masks", "row_filter", "quota", "row_cap")
DEFAULT_ROW_CAP = 1_000_000
NONE = "none"  # instead of a mask: shown as it is, also where the default is a mask


@dataclass(frozen=True, slots=True)
class GrantFile:
    """What a grant file says."""

    client: str
    interface: str
    purpose: str
    basis: str
    valid_until: datetime
    valid_from: datetime | None
    columns: tuple[str, ...]
    masks: tuple[tuple[str, Mask], ...]
    plain: tuple[str, ...]  # columns of which ``masks`` says ``none``
    row_filter: Predicate | None
    quota: Quota
    row_cap: int


def named_interface(text: str, *, source: str) -> str:
    """Return the interface that a grant file names, so that its contract can be looked up.

    :raises Invalid: it names none.
    """
    document = yamlfile.load(text, source=source)
    value = document.value
    if isinstance(value, dict) and isinstance(value.get("interface"), str):
        return str(value["interface"])
    faults = Faults()
    faults.add(document.place("interface"), "缺少 interface", "interface is missing",
               "请写明接口名称", "name the interface")  # fmt: skip
    faults.raise_if_any(_WHAT)
    raise AssertionError


def load_grant(text: str, *, source: str, contract: Contract) -> GrantFile:
    """Read a grant over the dataset of ``contract``.

    :raises Invalid: naming every fault with its line.
    """
    document = yamlfile.load(text, source=source)
    faults = Faults()
    fields = document.value if isinstance(document.value, dict) else {}
    for name in _REQUIRED:
        if not isinstance(fields.get(name), str):
            faults.add(document.place(name), f"缺少 {name}", f"{name} is missing",
                       "请补充该项", "state it")  # fmt: skip
    for name in fields:
        if name not in (*_REQUIRED, *_OPTIONAL):
            faults.add(document.place(name), f"不认识 {name}", f"{name} is not known here",
                       "请删去或改正", "remove or mend it")  # fmt: skip
    faults.raise_if_any(_WHAT)
    reader = _Reader(document, fields, contract, faults)
    made = reader.read()
    faults.raise_if_any(_WHAT)
    return made


class _Reader:
    def __init__(
        self,
        document: yamlfile.Document,
        fields: dict[str, Any],
        contract: Contract,
        faults: Faults,
    ) -> None:
        self._document, self._fields = document, fields
        self._contract, self._faults = contract, faults

    def read(self) -> GrantFile:
        fields = self._fields
        until = self._instant("valid_until")
        return GrantFile(
            client=fields["client"],
            interface=fields["interface"],
            purpose=fields["purpose"],
            basis=fields["basis"],
            valid_until=until or datetime.max,  # noqa: DTZ901 - only when a fault was noted
            valid_from=self._instant("valid_from") if "valid_from" in fields else None,
            columns=self._columns(),
            masks=self._masks(),
            plain=self._plain(),
            row_filter=self._row_filter(),
            quota=self._quota(),
            row_cap=self._whole("row_cap", fields.get("row_cap", DEFAULT_ROW_CAP)),
        )

    def _note(self, *path: str | int, error: object) -> None:
        self._faults.add(self._document.place(*path), f"有误：{error}", f"wrong: {error}",
                         "请按说明改正", "mend it as the manual shows")  # fmt: skip

    def _instant(self, name: str) -> datetime | None:
        try:
            return from_iso(self._fields[name])
        except (ValueError, TypeError) as error:
            self._note(name, error=error)
            return None

    def _columns(self) -> tuple[str, ...]:
        value = self._fields.get("columns", [])
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
        self._note("columns", error="a list of names")
        return ()

    def _masks(self) -> tuple[tuple[str, Mask], ...]:
        value = self._fields.get("masks", {})
        if not isinstance(value, dict):
            self._note("masks", error="a table of columns and masks")
            return ()
        masks: list[tuple[str, Mask]] = []
        for name, told in value.items():
            if told == NONE:
                continue
            try:
                masks.append((name, mask_from_json(told)))
            except ValueError as error:
                self._note("masks", name, error=error)
        return tuple(masks)

    def _plain(self) -> tuple[str, ...]:
        value = self._fields.get("masks", {})
        return tuple(n for n in value if value[n] == NONE) if isinstance(value, dict) else ()

    def _row_filter(self) -> Predicate | None:
        value = self._fields.get("row_filter")
        if value is None:
            return None
        try:
            return predicate_from_json(value, self._contract.by_name)
        except ValueError as error:
            self._note("row_filter", error=error)
            return None

    def _quota(self) -> Quota:
        value = self._fields.get("quota", {})
        if not isinstance(value, dict) or not set(value) <= set(Quota.__slots__):
            self._note("quota", error=f"a table of {', '.join(Quota.__slots__)}")
            return Quota()
        return Quota(**{name: self._whole(f"quota/{name}", told) for name, told in value.items()})

    def _whole(self, name: str, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self._note(*name.split("/"), error="a positive whole number")
        return 1
