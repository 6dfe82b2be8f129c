"""Reading the demonstration's catalogue (演示目录): a line for each column of each dataset.

A column is ``name 中文 | English | how it is drawn ; mark ; …``, or a bare name: one of the shared
data elements (数据元) of ``terms.yaml``, or a column of the dataset from which the rows are taken;
``name @dataset`` takes it from a row of another one. Marks are ``L1``…``L4``, ``personal kind``,
``unit code`` and ``? share``, which may be empty. What is drawn how stands in :mod:`.drawing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from duokua.kernel.text import Text
from duokua.lang.contract import Code, Kind

POOLS = ("person", "child", "company", "community", "site")  # latent, not datasets
_KINDS = {
    "serial": Kind.STRING,
    "int": Kind.INTEGER,
    "num": Kind.NUMBER,
    "day": Kind.DATE,
    "after": Kind.DATE,
    "time": Kind.TIMESTAMP,
    "yes": Kind.BOOLEAN,
    "code": Kind.STRING,
    "pick": Kind.STRING,
    "make": Kind.STRING,
    "plate": Kind.STRING,
    "attr": Kind.STRING,
}
_TICKS = {"day": Kind.DATE, "hour": Kind.TIMESTAMP, "year": Kind.INTEGER, "no": Kind.INTEGER}
_ATTRS = {
    "birth_date": Kind.DATE,
    "founded_on": Kind.DATE,
    "employees": Kind.INTEGER,
    "longitude": Kind.NUMBER,
    "latitude": Kind.NUMBER,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A declared column: what it is, and how its values are drawn."""

    name: str
    title: Text
    how: str
    args: str
    kind: Kind
    level: str = ""  # empty: the dataset's
    personal: str | None = None
    unit: str | None = None
    empty: float = 0.0
    by: str = ""  # the latent trait that shapes it
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared dataset: ``rows`` says how many of what, ``serve`` as which interfaces."""

    id: str
    owner: str
    title: Text
    level: str
    every: int
    rows: str
    key: tuple[str, ...]
    subject: str | None
    columns: tuple[Drawn, ...]
    serve: tuple[str, ...]

    @property
    def by_name(self) -> dict[str, Drawn]:
        """The columns by name."""
        return {column.name: column for column in self.columns}


@dataclass(frozen=True, slots=True)
class Joined:
    """A declared dataset that is made of two departments' data.

    With ``on`` each row of ``left`` finds its row of ``right``; without, both are counted by street.
    """

    id: str
    owner: str
    title: Text
    left: str
    right: str
    on: str
    where: tuple[str, str] | None
    take: tuple[str, ...]
    with_take: tuple[str, ...]
    counts: tuple[tuple[str, Text], ...]
    serve: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bureau:
    """A declared department."""

    code: str
    name: Text
    short: str
    parent: str | None
    purpose: str  # of its program; empty: it has none


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is declared, in the order of the files; ``datasets`` in that of need."""

    bureaus: tuple[Bureau, ...]
    datasets: dict[str, Declared]
    joins: dict[str, Joined]


@cache
def catalogue() -> Catalogue:
    """Read the catalogue, once."""
    folder = files(__package__).joinpath("catalogue")
    terms = {each.name: each for each in map(_column, _load(folder.joinpath("terms.yaml")))}
    raw = [_load(path) for path in _pages(folder)]
    told = {id_: (doc["department"], body) for doc in raw for id_, body in doc["datasets"].items()}
    datasets: dict[str, Declared] = {}
    for id_ in told:
        _declare(id_, told, terms, datasets)
    joins = {
        id_: _join(id_, doc["department"], body)
        for doc in raw
        for id_, body in doc.get("joins", {}).items()
    }
    bureaus = tuple(_bureau(line) for line in _load(folder.joinpath("departments.yaml")))
    return Catalogue(bureaus, datasets, joins)


def _pages(folder: Traversable) -> Iterator[Traversable]:
    for part in sorted(folder.iterdir(), key=lambda each: each.name):
        if part.is_dir():
            yield from sorted(
                (each for each in part.iterdir() if each.name.endswith(".yaml")),
                key=lambda each: each.name,
            )


def _load(path: Traversable) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)


def _bureau(line: str) -> Bureau:
    head, en, short, parent, purpose = (part.strip() for part in line.split("|"))
    code, _, zh = head.partition(" ")
    return Bureau(code, Text(zh, en), short, parent or None, purpose)


def _declare(
    id_: str,
    told: dict[str, tuple[str, dict[str, Any]]],
    terms: dict[str, Drawn],
    done: dict[str, Declared],
) -> Declared | None:
    """Declare a dataset after those it takes rows from; ``None``: it is not of the catalogue."""
    if id_ in done or id_ not in told:
        return done.get(id_)
    owner, body = told[id_]
    words = str(body["rows"]).split()
    base = None
    if "of" in words and source_of(body["rows"]) not in POOLS:
        base = _declare(source_of(body["rows"]), told, terms, done)
    columns = []
    for line in body["columns"]:
        name, _, rest = line.partition(" ")
        if rest.startswith("@"):
            other = _declare(rest[1:], told, terms, done)
            if other is None:
                raise KeyError(f"{id_}.{name}: no dataset {rest[1:]}")
            columns.append(replace(other.by_name[name], how="other", args=rest[1:], empty=0.0))
        elif rest:
            columns.append(_column(line))
        elif name in terms and name not in (base.by_name if base else {}):
            columns.append(terms[name])
        else:
            assert base is not None, f"{id_}.{name}"  # noqa: S101 - the catalogue is our own
            columns.append(replace(base.by_name[name], how="attr", args="", by=""))
    zh, en = (part.strip() for part in body["title"].split("|"))
    names = [column.name for column in columns]
    key = tuple(body.get("key", names[:1]))
    subject = body.get("subject", "resident_id" if "resident_id" in names else None)
    done[id_] = Declared(
        id_, owner, Text(zh, en), body.get("level", "L2"), int(body["every"]), str(body["rows"]),
        key, subject, tuple(columns), tuple(body["serve"]),
    )  # fmt: skip
    return done[id_]


def source_of(rows: str) -> str:
    """Return what a ``rows`` line takes its rows from: ``3 each of company first 9``."""
    words = rows.split()
    return words[words.index("of") + 1]


def _column(line: str) -> Drawn:
    told, *marks = (part.strip() for part in line.split(" ; "))
    head, en, draw = (part.strip() for part in told.split("|", 2))
    name, _, zh = head.partition(" ")
    how, _, args = draw.partition(" ")
    args, _, by = args.partition(" by ")
    kind = _TICKS.get(args, Kind.STRING) if how == "tick" else _KINDS[how]
    if how == "attr":
        kind = _ATTRS.get(name, Kind.STRING)
    coded = how == "code" or (how == "attr" and "=" in args)
    column = Drawn(
        name, Text(zh, en), how, args.strip(), kind, by=by.strip(),
        codes=_codes(args) if coded else (),
    )  # fmt: skip
    return _marked(column, marks)


def _marked(column: Drawn, marks: list[str]) -> Drawn:
    for mark in marks:
        word, _, value = mark.partition(" ")
        if word in ("L1", "L2", "L3", "L4"):
            column = replace(column, level=word)
        elif word == "?":
            column = replace(column, empty=float(value))
        elif word == "unit":
            column = replace(column, unit=value)
        else:
            column = replace(column, personal=value)
    return column


def _codes(args: str) -> tuple[Code, ...]:
    """Read ``a=甲/A long name b=乙/B``: a new code begins at each word with an equals sign."""
    found: list[list[str]] = []
    for word in args.split():
        if "=" in word:
            found.append([word])
        else:
            found[-1].append(word)
    codes = []
    for words in found:
        value, _, titles = " ".join(words).partition("=")
        zh, _, en = titles.partition("/")
        codes.append(Code(value, Text(zh, en)))
    return tuple(codes)


def _join(id_: str, owner: str, body: dict[str, Any]) -> Joined:
    zh, en = (part.strip() for part in body["title"].split("|"))
    told, _, condition = str(body.get("pair", body.get("count"))).partition(" where ")
    column, _, value = condition.partition(" = ")
    where = (column, value) if condition else None
    serve = tuple(body["serve"])
    if "pair" in body:
        left, _, rest = told.partition(" with ")
        right, _, on = rest.partition(" on ")
        return Joined(
            id_, owner, Text(zh, en), left, right.partition(".")[2], on, where,
            tuple(body["take"].split()), tuple(body["with_take"].split()), (), serve,
        )  # fmt: skip
    left = told.partition(" by ")[0]
    right, _, name = body["beside"].partition(" as ")
    head, en_count = (part.strip() for part in body["counted"].split("|"))
    own, _, zh_count = head.partition(" ")
    counts = ((own, Text(zh_count, en_count)), (name, Text("", "")))
    return Joined(
        id_, owner, Text(zh, en), left, right.partition(".")[2], "", where, (), (), counts, serve
    )
