"""Two homes that a caller must not be able to tell apart.

They differ in the rows that the grants' row filter hides (nine of ten), in what the grants' masks
hide of the others, and in columns that were not granted. Whatever a caller must never see holds
``MARK``.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.grant import Grant, grant_to_json
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.mask import Hide, Keep, Pseudonym, Round, Truncate
from duokua.lang.predicate import And, Compare, In, IsNull, Not, Or, Predicate, Prefix
from duokua.serving.policy import Change
from engines import Row
from gateway.world import Home

MARK = "QX7CANARY"
KEY = "5e" * 32  # the secret of both homes: equal values have equal pseudonyms and cursors
ROWS = 400  # few enough that no statement is ever broken off for its time
SEEN = 10  # every tenth row is shown
LANES = 4
_LABEL = Text("测试", "test")


def _column(name: str, kind: Kind, *, required: bool = False, level: Level = Level.L1) -> Column:
    return Column(name, kind, Text(f"列{name}", name), required, level=level)


COLUMNS = (
    _column("id", Kind.INTEGER, required=True),
    _column("area", Kind.STRING, required=True),
    _column("name", Kind.STRING, level=Level.L3),
    _column("resident_id", Kind.STRING, required=True, level=Level.L3),
    _column("phone", Kind.STRING, level=Level.L3),
    _column("born", Kind.DATE, level=Level.L3),
    _column("income", Kind.INTEGER, level=Level.L3),
    _column("score", Kind.NUMBER),
    _column("active", Kind.BOOLEAN),
    _column("changed_at", Kind.TIMESTAMP),
    _column("remark", Kind.STRING, level=Level.L3),
    _column("kept_back", Kind.STRING, level=Level.L3),
)
NAMES = tuple(column.name for column in COLUMNS)
GRANTED = tuple(name for name in NAMES if name not in ("kept_back", "resident_id"))
MASKS = (
    ("phone", Keep(3, 4)),
    ("born", Truncate("year")),
    ("income", Round(1000)),
    ("remark", Hide()),
    ("name", Pseudonym()),
)
CONTRACT = Contract(
    "person", "1.0.0", _LABEL, _LABEL, "civil", Level.L3, COLUMNS, ("id",), subject="resident_id"
)
FILTERS: tuple[Predicate, ...] = (
    Compare("area", "eq", "D1"),
    In("area", ("D1", "Z9")),
    And((Prefix("area", "D1"), Not(IsNull("id")), Compare("area", "le", "D1"))),
    Not(Or((Compare("area", "ne", "D1"), IsNull("area")))),
)


def rows(seed: int) -> list[Row]:
    """Return the rows of one world: those that are shown come from their id alone."""
    rng = random.Random(seed)
    return [_shown(id_, rng) if id_ % SEEN == 1 else _hidden(id_, rng) for id_ in range(ROWS)]


def _shown(id_: int, rng: random.Random) -> Row:
    """Return a row whose masked cells differ in what their masks hide, and only there."""
    own = random.Random(id_)
    day = f"{own.randint(1950, 2024)}"
    gap = own.random()
    return {
        "id": id_,
        "area": "D1",
        "name": None if gap < 0.1 else f"姓名{id_ % 7}",
        "resident_id": f"9901{MARK}{rng.randrange(10**6)}",
        "phone": None if gap > 0.9 else f"100{MARK}{'5' * rng.randint(0, 4)}{id_:04d}",
        "born": None
        if 0.3 < gap < 0.4
        else f"{day}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "income": None if 0.5 < gap < 0.6 else own.randrange(50) * 1000 + rng.randrange(1000),
        "score": None if gap < 0.2 else own.choice([0.1, -3.5, 1e6, own.random()]),
        "active": own.choice([True, False, None]),
        "changed_at": f"{day}-03-0{own.randint(1, 9)}T08:00:01.{own.randrange(10**6):06d}Z",
        "remark": rng.choice([None, f"{MARK} {rng.random()}", "=1+1"]),
        "kept_back": rng.choice([None, f"{MARK}{rng.random()}", "x"]),
    }


def _hidden(id_: int, rng: random.Random) -> Row:
    """Return a row that nobody is shown, of values that tempt an engine into errors."""
    text = rng.choice([f"SECRET-{MARK}", "x", f"{rng.randrange(10**9)}{MARK}"])
    day = f"{rng.randint(1900, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    return {
        "id": id_,
        "area": rng.choice(["D0", "D2", "D3", "D9"]),
        "name": rng.choice([None, f"{MARK}{id_}", "姓名1"]),
        "resident_id": f"{text}{id_}",
        "phone": rng.choice([None, text, f"100{MARK}{id_:04d}", "1"]),
        "born": rng.choice([None, day]),
        "income": rng.choice([None, 0, 2**63 - 1, -(2**63), rng.randrange(2**31)]),
        "score": rng.choice([None, 0.0, 1e300, rng.random()]),
        "active": rng.choice([True, False, None]),
        "changed_at": rng.choice([None, f"{day}T23:00:01.{rng.randrange(10**6):06d}Z"]),
        "remark": rng.choice([None, text]),
        "kept_back": rng.choice([None, text]),
    }


OPS = ("eq", "ne", "lt", "le", "gt", "ge")
PARAMETERS = tuple(
    Parameter(f"{name}_{op}", name, op)
    for name in NAMES
    for op in (*OPS, *(("prefix",) if name in ("area", "name", "phone", "remark") else ()))
)


def interface(id_: str, shape: Shape, **more: object) -> Interface:
    """Return an interface over the people, otherwise plain."""
    plain = Interface(
        id_, "1.0.0", _LABEL, _LABEL, "person", "civil", shape, NAMES, PARAMETERS, ("id",)
    )
    return replace(plain, **more)  # type: ignore[arg-type]


LOOKUP = interface("one", Shape.LOOKUP, parameters=(Parameter("id", "id", "eq", True),))
PAGE = interface("many", Shape.PAGE)
BY_AREA = interface("by_area", Shape.PAGE, order=("area", "id"))
CHECK = interface(
    "check",
    Shape.VERIFY,
    columns=("area", "score", "active", "changed_at", "kept_back"),
    parameters=(
        Parameter("id", "id", "eq", True),
        *(Parameter(n, n) for n in ("area", "score", "active", "changed_at", "kept_back")),
    ),
    key=("id",),
)
# The same rows as a dataset without people in it, whose groups and sums anybody may ask for.
FIGURES = interface("figures", Shape.PAGE, dataset="plain")
PLAIN = Contract(
    "plain", "1.0.0", _LABEL, _LABEL, "civil", Level.L2,
    tuple(replace(column, level=Level.L2) for column in COLUMNS), ("id",),
)  # fmt: skip
FEED = interface("feed", Shape.CHANGES, parameters=())
INTERFACES: tuple[Interface, ...] = (LOOKUP, PAGE, BY_AREA, CHECK, FIGURES, FEED)


def later_rows(seed: int) -> list[Row]:
    """Return the second load of a world: some rows come into sight, some leave it or are gone.

    What is hidden has all become otherwise in worlds of an even seed, and has stayed in the others.
    """
    hidden = rows(seed if seed % 2 else seed + 1000)
    found = []
    for id_, row in enumerate(hidden):
        if id_ % 40 == 1:
            continue  # was shown
        if id_ % 40 == 11:
            row = {**row, "score": id_ / 7}  # is shown otherwise
        if id_ % 40 == 21:
            row = {**row, "area": "D8"}  # leaves what is shown
        if id_ % 40 == 5:
            row = _shown(id_, random.Random(seed))  # comes into it
        if not (id_ % 40 == 6 and seed % 2):
            found.append(row)
    return found


def grants(lane: int) -> list[Grant]:
    """Return what the client of a lane may do, under ids that are the same in both homes."""
    made = [_grant(lane, interface) for interface in INTERFACES]
    # Whether a claim holds is answered by the plain value: only what is the same may be claimed.
    return [replace(g, columns=GRANTED, masks=()) if g.interface == CHECK.id else g for g in made]


def _grant(lane: int, interface: Interface) -> Grant:
    plain = Home.order(interface, client=client(lane))
    return replace(
        plain,
        id=f"g-{lane}-{interface.id}",
        columns=GRANTED,
        masks=MASKS,
        row_filter=FILTERS[lane % len(FILTERS)],
    )


def client(lane: int) -> str:
    """Return the id of the client of a lane."""
    return f"lane_{lane}"


LEAKS: dict[str, dict[str, object]] = {
    "no_mask": {"masks": tuple(each for each in MASKS if each[0] != "phone")},
    "no_filter": {"row_filter": None},
    "a_column_more": {"columns": (*GRANTED, "kept_back")},
    "a_filter_too_wide": {"row_filter": Or((FILTERS[0], Compare("id", "eq", 12)))},
}


def leaky(name: str) -> Grant:
    """Return a grant of pages that shows what the worlds differ in, to prove that it is found."""
    plain = replace(_grant(0, PAGE), id=f"g-{name}", client=f"leak_{name}")
    return replace(plain, **LEAKS[name])  # type: ignore[arg-type]


def build(path: Path, seed: int) -> Home:
    """Build one world."""
    path.mkdir(parents=True)
    home = Home(path)
    home.settings.secret_file.parent.mkdir(parents=True, exist_ok=True)
    home.settings.secret_file.write_text(KEY)
    made = rows(seed)
    for interface in INTERFACES:
        home.serve(interface, PLAIN if interface is FIGURES else CONTRACT, made)
    home.index(FEED, CONTRACT, later_rows(seed), 2, 2.0)
    ordered = [grant for lane in range(LANES) for grant in grants(lane)]
    ordered += [leaky(name) for name in LEAKS]
    for id_ in dict.fromkeys(grant.client for grant in ordered):
        home.client(id_)
    home.publish(*(Change("grant", grant.id, grant_to_json(grant)) for grant in ordered))
    return home
