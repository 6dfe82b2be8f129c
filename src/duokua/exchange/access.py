"""What one department may do with one interface, ready to be shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from duokua.exchange import facade
from duokua.exchange.values import GrantInfo, InterfaceInfo, QuotaUse
from duokua.exchange.words import PLAIN, SIGNS, STATES, filter_words, mask_words
from duokua.kernel.text import Text
from duokua.lang.contract import Code, Column, Kind
from duokua.lang.grant import OPEN
from duokua.lang.interface import Shape

_HINTS = {
    Kind.DATE: "2026-01-31",
    Kind.TIMESTAMP: "2026-01-31T08:00:00+08:00",
    Kind.BOOLEAN: "true / false",
    Kind.INTEGER: "0",
    Kind.NUMBER: "0.0",
}
NOT_GRANTED = Text("未授权", "not granted")
_LIMITS = (
    ("calls_per_day", "calls_today", Text("今日调用", "Calls today")),
    ("rows_per_day", "rows_today", Text("今日行数", "Rows today")),
    ("calls_total", "calls_total", Text("累计调用", "Calls in total")),
    ("rows_total", "rows_total", Text("累计行数", "Rows in total")),
)


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of one limit is used."""

    title: Text
    used: int
    limit: int

    @property
    def left(self) -> int:
        """What may still be called."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class GrantCard:
    """A grant with its state, row filter and meters in words."""

    info: GrantInfo
    state: Text
    filter: Text
    meters: tuple[Meter, ...]

    @property
    def live(self) -> bool:
        """Whether calls are answered under it now."""
        return self.info.state == "active"


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of an interface and what a grant leaves of it."""

    column: Column
    seen: Text
    masked: bool
    granted: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter as the form of the try asks for it."""

    name: str
    title: Text
    sign: str
    required: bool
    codes: tuple[Code, ...]
    hint: str


def asked(info: InterfaceInfo, grant: GrantInfo | None) -> list[Asked]:
    """Return the parameters that may be used under ``grant``: a look-up's key, or its columns'."""
    columns = info.contract.by_name
    lookup = info.interface.shape is Shape.LOOKUP
    keyed = lookup or info.interface.shape is Shape.VERIFY
    granted = set(grant.grant.columns) if grant else set(info.interface.columns)
    return _of_shape(info) + [
        Asked(
            name=one.name,
            title=columns[one.column].title,
            sign=SIGNS.get(one.op, "=…"),
            required=one.required,
            codes=columns[one.column].codes,
            hint=_HINTS.get(columns[one.column].kind, ""),
        )
        for one in info.interface.parameters
        if (keyed and (one.required or lookup)) or one.column in granted
    ]


def _of_shape(info: InterfaceInfo) -> list[Asked]:
    """Return what an interface asks for by its shape, beside its declared parameters."""
    if info.interface.cube is not None:
        dimensions = info.interface.cube.dimensions
        told = Text("分组维度", "Group by")
        return [Asked("group", told, "=", False, (), ",".join(dimensions))]
    if info.interface.shape is Shape.CHANGES:
        return [Asked("since", Text("上次的 version", "version of last time"), "=", False, (), "0")]
    return []


def chosen_grant(live: list[GrantInfo], info: InterfaceInfo, wanted: str) -> GrantInfo | None:
    """Return the grant to show: the wanted one, else the first; ``None`` is calling without one."""
    if wanted == OPEN and info.interface.open:
        return None
    return next((one for one in live if one.grant.id == wanted), next(iter(live), None))


def grant_card(info: GrantInfo, *, metered: bool = True) -> GrantCard:
    """Prepare one grant for its card; without meters it costs no further reading."""
    return GrantCard(
        info=info,
        state=STATES.get(info.state, Text(info.state, info.state)),
        filter=filter_words(info.grant.row_filter),
        meters=meters_of([info])[info.grant.id] if metered else (),
    )


def meters_of(grants: Collection[GrantInfo]) -> dict[str, tuple[Meter, ...]]:
    """Return the meters of several grants by their ids, without asking for each of them."""
    used = facade.quotas_used(grants)
    return {info.grant.id: _metered(info, used[info.grant.id]) for info in grants}


def _metered(info: GrantInfo, used: QuotaUse) -> tuple[Meter, ...]:
    return tuple(
        Meter(title, getattr(used, counted), limit)
        for name, counted, title in _LIMITS
        if (limit := getattr(info.grant.quota, name)) is not None
    )


def shown_columns(info: InterfaceInfo, grant: GrantInfo | None) -> list[ShownColumn]:
    """Return each column of the interface with what ``grant`` shows of it."""
    masks = dict(grant.grant.masks) if grant else {}
    granted = set(grant.grant.columns) if grant else set()
    if grant is None and info.interface.open:
        granted = set(info.interface.columns)
    return [
        ShownColumn(
            column=info.contract.by_name[name],
            seen=_seen(name in granted, name in masks, mask_words(masks.get(name))),
            masked=name in masks,
            granted=name in granted,
        )
        for name in info.interface.columns
    ]


def _seen(granted: bool, masked: bool, words: Text) -> Text:
    if not granted:
        return NOT_GRANTED
    return words if masked else PLAIN
