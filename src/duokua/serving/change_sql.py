"""The statements of a change feed (变更流): what a grant saw of a key then, and what it sees now.

Then is the image kept in the feed, now is the index; masks and row filter are applied to both. What
differs in neither is not told: a change of a hidden row or behind a mask cannot be learnt. Each row
of a result is: the key, what is shown, whether it is seen now, the subject.
"""

from __future__ import annotations

from dataclasses import replace

from duokua.engine.feed import IMAGE, INDEX, UNTIL, WAS, WHOSE
from duokua.engine.index import SUBJECT
from duokua.lang.mask import mask_sql
from duokua.lang.predicate import Value, predicate_sql
from duokua.serving.plan import Binds, Plan

Query = tuple[str, tuple[Value, ...]]
_ROWS = f"{INDEX}.rows"


class ChangeSql:
    """Compiles the statements of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._key = plan.served.interface.order
        self.names = tuple(name for name in plan.names if name not in self._key)

    def whole(self, after: tuple[Value, ...] | None, limit: int) -> Query:
        """Return the query of everything that is seen now."""
        binds = Binds(first=1)
        shown = [self._shown("", name, binds) for name in self.names]
        keys = [f'"{name}"' for name in self._key]
        conditions = [self._filter("", binds), *self._beyond(keys, after, binds)]
        sql = (
            f'select {", ".join([*keys, *shown])}, 1, "{SUBJECT}" from {_ROWS} '  # noqa: S608
            f"where {' and '.join(conditions)} order by {', '.join(keys)} limit {limit}"
        )
        return sql, tuple(binds.values)

    def since(self, version: int, after: tuple[Value, ...] | None, limit: int) -> Query:
        """Return the query of what is seen otherwise than at ``version``."""
        binds = Binds(first=1)
        since = binds.add(version)
        keys = [f'p."{IMAGE}{name}"' for name in self._key]
        now = [self._shown("", name, binds) for name in self.names]
        then = [self._shown(IMAGE, name, binds) for name in self.names]
        seen_now = f'(r."{self._key[0]}" is not null and coalesce({self._filter("", binds)}, 0))'
        seen_then = f"(p.{WAS} = 1 and coalesce({self._filter(IMAGE, binds)}, 0))"
        differ = " or ".join(f"({a}) is not ({b})" for a, b in zip(now, then, strict=True)) or "0"
        conditions = [
            f"p.{UNTIL} > {since}",
            f"not exists (select 1 from past q where {self._same('q', 'p')} "  # noqa: S608
            f"and q.{UNTIL} > {since} and q.{UNTIL} < p.{UNTIL})",
            f"({seen_now} <> {seen_then} or ({seen_now} and ({differ})))",
            *self._beyond(keys, after, binds),
        ]
        joined = " and ".join(f'r."{n}" = p."{IMAGE}{n}"' for n in self._key)
        sql = (
            f'select {", ".join([*keys, *now])}, {seen_now}, coalesce(r."{SUBJECT}", p.{WHOSE}) '  # noqa: S608
            f"from past p left join {_ROWS} r on {joined} "
            f"where {' and '.join(conditions)} order by {', '.join(keys)} limit {limit}"
        )
        return sql, tuple(binds.values)

    def _same(self, one: str, other: str) -> str:
        names = [f'"{IMAGE}{name}"' for name in self._key]
        return " and ".join(f"{one}.{name} = {other}.{name}" for name in names)

    def _shown(self, prefix: str, name: str, binds: Binds) -> str:
        column = self._plan.served.contract.by_name[name]
        mask = self._plan.masks.get(name)
        expression = mask_sql(mask, replace(column, name=f"{prefix}{name}"), "sqlite")
        if ":mask_key" in expression:
            expression = expression.replace(":mask_key", binds.add(self._plan.pseudonym_key))
        return expression

    def _filter(self, prefix: str, binds: Binds) -> str:
        predicate = self._plan.grant.row_filter
        if predicate is None:
            return "1"
        told = predicate_sql(
            predicate,
            self._plan.visible,
            lambda value, _: binds.add(value),
            lambda column: f'"{prefix}{column}"',
        )
        return f"({told})"

    @staticmethod
    def _beyond(keys: list[str], after: tuple[Value, ...] | None, binds: Binds) -> list[str]:
        if after is None:
            return []
        return [f"({', '.join(keys)}) > ({', '.join(binds.add(value) for value in after)})"]
