"""What has to be seen (应见结果): computed from what was agreed, over the index itself.

It reads neither the grant as it is stored nor the policy that gateways hold: those are what the
probe is to find out about.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from duokua.engine.index import open_index
from duokua.engine.manifest import Manifest
from duokua.engine.sqlite import Reader
from duokua.exchange import selectors
from duokua.exchange.values import GrantOrder
from duokua.kernel import environment
from duokua.lang.contract import Contract, Kind
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import mask_sql, masked_kind
from duokua.lang.predicate import Value, predicate_sql
from duokua.serving.keys import pseudonym_key

Row = dict[str, Any]


@dataclass(slots=True)
class Truth:
    """The rows of one interface as an order, complete with its masks, lets them be seen."""

    interface: Interface
    contract: Contract
    order: GrantOrder
    pseudonym: str
    manifest: Manifest
    _reader: Reader

    @classmethod
    def of(
        cls, interface: Interface, contract: Contract, order: GrantOrder, grant_id: str
    ) -> Truth | None:
        """Open the index that is served now; ``None``: no data were published yet."""
        manifest = selectors.manifest_of(interface.id)
        if manifest is None:
            return None
        settings = environment.read()
        reader = open_index(settings.indexes / interface.id / manifest.index)
        key = pseudonym_key(settings.secret(), grant_id)
        return cls(interface, contract, order, key, manifest, reader)

    def close(self) -> None:
        """Release the index."""
        with suppress(Exception):  # it is only read; what was found has been taken
            self._reader.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The granted columns in the order of the interface."""
        return tuple(name for name in self.interface.columns if name in self.order.columns)

    def shown(self, limit: int, key: Row | None = None) -> list[Row]:
        """Return the first rows as they have to be seen, or those of a key."""
        masks = dict(self.order.masks)
        binds: dict[str, Value] = {"mask_key": self.pseudonym}
        select = ", ".join(
            mask_sql(masks.get(name), self.contract.by_name[name], "sqlite") for name in self.names
        )
        where = [self._range(binds), *self._keyed(key or {}, binds)]
        sql = f"select {select} from rows where {' and '.join(where)} {self._order()} limit {limit}"  # noqa: S608
        return [self._typed(row, masks) for row in self._fetch(sql, binds)]

    def raw(self, *, within: bool, whole: Sequence[str] = ()) -> Row | None:
        """Return the plain row that the agreed range lets through, or one that it keeps out.

        ``whole`` are columns that have to have a value in it.
        """
        binds: dict[str, Value] = {}
        test = self._range(binds)
        if not within and self.order.row_filter is None:
            return None
        where = [f"({test}) is {'' if within else 'not '}true"]
        where += [f'"{name}" is not null' for name in whole]
        sql = f"select * from rows where {' and '.join(where)} {self._order()} limit 1"  # noqa: S608
        cursor = self._reader.cursor()
        for row in cursor.execute(sql, binds):
            heads = [head[0] for head in cursor.getdescription()]
            return dict(zip(heads, row, strict=True))
        return None

    def more_than(self, most: int) -> bool:
        """Tell whether the agreed range has more rows than ``most``."""
        binds: dict[str, Value] = {}
        sql = f"select 1 from rows where {self._range(binds)} limit {most + 1}"  # noqa: S608
        return len(self._fetch(sql, binds)) > most

    def _range(self, binds: dict[str, Value]) -> str:
        if self.order.row_filter is None:
            return "1 = 1"
        columns = self.contract.by_name
        return predicate_sql(self.order.row_filter, columns, lambda value, _: _bind(binds, value))

    @staticmethod
    def _keyed(key: Row, binds: dict[str, Value]) -> list[str]:
        return [f'"{name}" = {_bind(binds, value)}' for name, value in key.items()]

    def _order(self) -> str:
        names = ", ".join(f'"{name}"' for name in self.interface.order)
        return f"order by {names}" if names and self.interface.shape is not Shape.LOOKUP else ""

    def _typed(self, row: tuple[Any, ...], masks: dict[str, Any]) -> Row:
        told = dict(zip(self.names, row, strict=True))
        for name, value in told.items():
            kind = masked_kind(masks.get(name), self.contract.by_name[name].kind)
            if kind is Kind.BOOLEAN and value is not None:
                told[name] = bool(value)
        return told

    def _fetch(self, sql: str, binds: dict[str, Value]) -> list[tuple[Any, ...]]:
        return list(self._reader.cursor().execute(sql, binds))


def _bind(binds: dict[str, Value], value: Value) -> str:
    name = f"v{len(binds)}"
    binds[name] = value
    return f":{name}"
