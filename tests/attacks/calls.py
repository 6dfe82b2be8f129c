"""A seeded generator of calls: every shape, format, operator and limit, sound ones and bad ones."""

from __future__ import annotations

import json
import random
from urllib.parse import quote, urlencode

from attacks.wire import Ask
from attacks.worlds import COLUMNS, INTERFACES, NAMES, OPS, PARAMETERS, ROWS, SEEN
from duokua.lang.interface import Shape
from engines import Row

FORMATS = ("json", "csv", "arrow", "parquet")
_ACCEPTS = ("*/*", "text/csv", "application/json", "application/vnd.apache.arrow.stream", "x/y")
_PAGES = tuple(i.id for i in INTERFACES if i.shape is Shape.PAGE)
_KINDS = {column.name: column.kind for column in COLUMNS}
_OPS = {parameter.name: parameter.op for parameter in PARAMETERS}
_JUNK = (
    "'", "' or 1=1 --", "1e400", "9223372036854775808", "-9223372036854775809", "NaN", "%", "_",
    "\\", '"', "null", "true", "2026-02-30", "0x10", "１", "１00", " 1", "1 ", "", "姓名1", "a" * 300,
    "1970-01-01T00:00:00Z", "0001-01-01", "9999-12-31", "\u202e", "{{7*7}}", "${7}", "1;select 1",
)  # fmt: skip


class Calls:
    """Makes calls with a generator of its own; ``worlds`` lend values that might be guessed."""

    def __init__(self, rng: random.Random, worlds: list[list[Row]]) -> None:
        self._rng, self._worlds = rng, worlds
        self.cursor: tuple[str, Ask] | None = None  # put back by whoever read an answer

    def next(self) -> Ask:
        """Return one more call."""
        rng = self._rng
        if self.cursor is not None and rng.random() < 0.5:
            return self._onwards()
        makers = {
            self._lookup: 27, self._page: 29, self._query: 21, self._check: 7, self._feed: 7,
            self._listing: 3, self._odd: 6,
        }  # fmt: skip
        return rng.choices(list(makers), list(makers.values()))[0]()

    def _headers(self) -> dict[str, str]:
        rng, told = self._rng, {}
        if rng.random() < 0.15:
            told["Accept"] = rng.choice(_ACCEPTS)
        if rng.random() < 0.1:
            told["Accept-Language"] = rng.choice(("zh-CN", "en", "fr;q=0.1"))
        if rng.random() < 0.05:
            told["Duokua-Purpose"] = rng.choice(("inspection", "other", "%E6%A0%B8"))
        return told

    def value(self, column: str) -> object:
        """Return a value to compare with: of a row of a world, near one, or junk."""
        rng = self._rng
        chance = rng.random()
        row = rng.choice(rng.choice(self._worlds))
        value = row[column]
        if chance < 0.12 or value is None:
            return rng.choice(_JUNK)
        if isinstance(value, str) and chance < 0.6:
            return value[: rng.randint(1, len(value))]
        if isinstance(value, int) and not isinstance(value, bool) and chance < 0.4:
            return value + rng.choice((-1, 1, 1000))
        return value

    def _id(self) -> object:
        rng = self._rng
        seen = rng.randrange(ROWS // SEEN) * SEEN + 1
        return rng.choice((seen, rng.randrange(ROWS), rng.randrange(ROWS), -1, ROWS + 5))

    def _lookup(self) -> Ask:
        fields = [("id", _text(self._id()))]
        if self._rng.random() < 0.2:
            fields.append(("format", self._rng.choice((*FORMATS, "xml"))))
        return Ask("GET", f"/data/one?{urlencode(fields)}", self._headers())

    def _page(self) -> Ask:
        rng = self._rng
        chosen = rng.sample(PARAMETERS, rng.choice((0, 1, 1, 1, 2, 2, 3)))
        fields = [(p.name, _text(self.value(p.column))) for p in chosen]
        fields += self._common()
        rng.shuffle(fields)
        return Ask("GET", f"/data/{rng.choice(_PAGES)}?{urlencode(fields)}", self._headers())

    def _common(self) -> list[tuple[str, str]]:
        rng, told = self._rng, []
        if rng.random() < 0.4:
            told.append(("format", rng.choice(FORMATS)))
        if rng.random() < 0.8:
            told.append(("limit", str(rng.choice((1, 1, 2, 3, 5, 10, 39, 40, 41, 100, 0, 10_001)))))
        elif rng.random() < 0.1:
            told.append(("limit", rng.choice(("all", "1001", "10000"))))
        if rng.random() < 0.03:
            told.append(("cursor", rng.choice(("AAAA", "%", "x" * 60, "=="))))
        return told

    def _onwards(self) -> Ask:
        """Return the next page of the last answer, as it was or under another question."""
        assert self.cursor is not None
        (cursor, ask), self.cursor = self.cursor, None
        if ask.method == "POST":
            body = {**json.loads(ask.body), "cursor": cursor}
            return Ask("POST", ask.target, ask.headers, json.dumps(body).encode())
        target = f"{ask.target}&cursor={quote(cursor)}"
        if self._rng.random() < 0.1:
            target += f"&{self._rng.choice(PARAMETERS).name}=1"
        return Ask("GET", target, ask.headers)

    # --- JSON queries ------------------------------------------------------------------------

    def _query(self) -> Ask:
        rng = self._rng
        body: dict[str, object] = {}
        if rng.random() < 0.8:
            body["where"] = self._where(3)
        interface = rng.choice(_PAGES)
        if interface == "figures" and rng.random() < 0.7:
            body |= self._groups()
        else:
            if rng.random() < 0.5:
                body["select"] = rng.sample(NAMES[:-1], rng.randint(1, 4))
            body["order"] = self._order(rng.sample(NAMES, rng.choice((0, 1, 1, 2))))
        if rng.random() < 0.8:
            body["limit"] = rng.choice((1, 2, 5, 40, 100, 0, "all", "1"))
        format_ = f"?format={rng.choice(FORMATS)}" if rng.random() < 0.3 else ""
        headers = {**self._headers(), "Content-Type": "application/json"}
        told = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode()
        return Ask("POST", f"/data/{interface}/query{format_}", headers, told)

    def _groups(self) -> dict[str, object]:
        rng = self._rng
        fns = [
            {"fn": rng.choice(("count", "sum", "min", "max", "avg")), "field": rng.choice(NAMES),
             "as": f"f{at}"}
            for at in range(rng.randint(0, 3))
        ]  # fmt: skip
        group = rng.sample(NAMES, rng.choice((0, 1, 1, 2)))
        names = [*group, *(f"f{at}" for at in range(len(fns)))]
        order = self._order(rng.sample(names, min(len(names), rng.choice((0, 1, 2)))))
        return {"group": group, "aggregate": [*fns, {"fn": "count", "as": "n"}], "order": order}

    def _order(self, names: list[str]) -> list[dict[str, str]]:
        return [{"field": name, "dir": self._rng.choice(("asc", "desc"))} for name in names]

    def _where(self, depth: int) -> dict[str, object]:
        rng = self._rng
        if depth and rng.random() < 0.5:
            if rng.random() < 0.25:
                return {"not": self._where(depth - 1)}
            parts = [self._where(depth - 1) for _ in range(rng.randint(0, 3))]
            return {rng.choice(("and", "or")): parts}
        column = rng.choice(NAMES)
        op = rng.choice((*OPS, "in", "prefix", "is_null"))
        if op == "is_null":
            return {"field": column, "op": op}
        value = self.value(column)
        if op == "in":
            return {"field": column, "op": op, "value": [value, self.value(column)]}
        return {"field": column, "op": op, "value": _text(value) if op == "prefix" else value}

    # --- the rest ----------------------------------------------------------------------------

    def _check(self) -> Ask:
        rng = self._rng
        names = rng.sample(
            ("area", "score", "active", "changed_at", "kept_back"), rng.randint(1, 2)
        )
        told = {"id": self._id(), **{name: self.value(name) for name in names}}
        if rng.random() < 0.5:
            fields = {name: _text(value) for name, value in told.items()}
            return Ask("GET", f"/data/check?{urlencode(fields)}", self._headers())
        return Ask("POST", "/data/check", self._headers(), json.dumps(told).encode())

    def _feed(self) -> Ask:
        fields = self._common()
        if self._rng.random() < 0.8:
            fields.append(("since", str(self._rng.choice((1, 1, 1, 2, 0, 3, -1, "x")))))
        return Ask("GET", f"/data/feed?{urlencode(fields)}", self._headers())

    def _listing(self) -> Ask:
        targets = ("/data/", "/data/?q=m", "/data/?limit=1", "/data/openapi.json", "/data")
        return Ask("GET", self._rng.choice(targets), self._headers())

    def _odd(self) -> Ask:
        """Return what no client should send."""
        rng = self._rng
        name, column = rng.choice(PARAMETERS).name, rng.choice(NAMES)
        told = quote(_text(self.value(column)))
        query = rng.choice(
            (
                f"{name}={told}&{name}={told}", f"{column}={told}", "%ff=%fe", "limit=-1", "&&&",
                f"{name}[]={told}", f"{name}=%00", "limit=1&limit=2", "format=", "order=kept_back",
                f"columns={column}", f"id={told}", f"select={column}", f"{name}=%f0%9f",
            )
        )  # fmt: skip
        interface = rng.choice(("one", "many", "by_area", "check", "figures", "absent", "many@1"))
        part = rng.choice(("", "", "", "/", "/query", "/changes", "/exports", "/x"))
        method = rng.choices(("GET", "HEAD", "OPTIONS", "DELETE", "PUT"), (8, 1, 1, 1, 1))[0]
        return Ask(method, f"/data/{interface}{part}?{query}", self._headers())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
