"""Tables of a real PostgreSQL and a real MariaDB come into the lake: whole, in increments, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from psycopg import sql

from duokua.kernel import clock
from duokua.kernel.errors import Invalid, Unavailable
from duokua.lake import facade as lake
from duokua.lake import landing
from sources import DATASET, add, register, rows, run

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
FIRST = datetime(2026, 5, 6, 0, 0, tzinfo=UTC)
PASSWORD = "se:c'r@t /"


@dataclass(frozen=True, slots=True)
class Other:
    """Another system's database."""

    kind: str
    url: str
    execute: Callable[..., None]
    quote: str

    def name(self, name: str) -> str:
        """Quote a name."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def create(self, at: str = "timestamptz") -> None:
        """Make an empty table of readings."""
        if self.kind == "mysql":
            at = {"timestamptz": "timestamp(6) null", "timestamp": "datetime(6)"}[at]
        names = [self.name(n) for n in ("No.", 'sta"ti`on', "at", "level%", "fine")]
        kinds = ("bigint", "varchar(40)", at, "numeric(12,3)", "boolean")
        columns = ", ".join(f"{n} {k}" for n, k in zip(names, kinds, strict=True))
        self.execute(f"drop table if exists {self.name('my readings')}", ())
        self.execute(f"create table {self.name('my readings')} ({columns}, extra integer)", ())

    def put(self, *numbers: int, level: str = "1.250", at: datetime = FIRST) -> None:
        """Put rows whose times follow their numbers."""
        for number in numbers:
            told = at + timedelta(seconds=number)
            value = told if self.kind == "postgresql" else told.replace(tzinfo=None)
            self.execute(
                f"insert into {self.name('my readings')} values (%s, %s, %s, %s, %s, 0)",
                (number, f"站'{number}", value, level, True),
            )


def source(other: Other, mode: str, more: str = "cursor: at") -> str:
    """Return the declaration of a source."""
    return (
        f"source: pull\ndataset: {DATASET}\nkind: {other.kind}\nurl: '{other.url}'\n"
        f"secret: {{env: TEST_SOURCE_PASSWORD}}\ntable: my readings\nmode: {mode}\n{more}\n"
    )


@pytest.fixture
def postgresql(server: Path, database_url: str) -> Other:
    """The real PostgreSQL, with an account that needs no password on its socket."""

    def execute(statement: str, values: tuple[Any, ...]) -> None:
        with psycopg.connect(
            database_url, autocommit=True, options="-c TimeZone=UTC"
        ) as connection:
            text = statement if values else statement.replace("%", "%%")
            connection.execute(sql.SQL(text), values or None if values else ())

    return Other("postgresql", database_url, execute, '"')


@pytest.fixture
def mysql(mariadb: Path) -> Other:
    """The real MariaDB."""

    def execute(statement: str, values: tuple[Any, ...]) -> None:
        connection = pymysql.connect(
            unix_socket=str(mariadb), user="reader", password=PASSWORD, database="water",
            autocommit=True, charset="utf8mb4", init_command="set time_zone='+00:00'",
        )  # fmt: skip
        try:
            connection.cursor().execute(statement, values or None)
        finally:
            connection.close()

    return Other("mysql", f"mysql://reader@localhost/water?unix_socket={mariadb}", execute, "`")


@pytest.fixture(params=["postgresql", "mysql"])
def other(request: pytest.FixtureRequest) -> Other:
    """Each of them."""
    found: Other = request.getfixturevalue(request.param)
    return found


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a lake of its own."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_SOURCE_PASSWORD", PASSWORD)
    register()
    return tmp_path


def numbers() -> list[int]:
    """Return the numbers that have landed."""
    return [row[0] for row in rows()]


def test_a_table_is_replaced_as_a_whole(other: Other) -> None:
    other.create()
    other.put(1, 2, 3)
    add(source(other, "replace", ""))
    assert run(key="one").rows == 3
    assert rows()[1] == (2, "站'2", FIRST + timedelta(seconds=2), 1.25, True)
    other.execute(f"delete from {other.name('my readings')}", ())
    other.put(4)
    assert run(key="one").rows == 0  # the same run again has landed already
    assert run(key="two").rows == 1
    assert numbers() == [4]


def test_only_what_is_new_is_fetched(other: Other) -> None:
    other.create()
    other.put(1, 2, 3)
    add(source(other, "append"))
    assert run().rows == 3
    assert run().rows == 0
    other.put(4, 5)
    assert run().rows == 2
    assert numbers() == [1, 2, 3, 4, 5]
    upto = lake.source("pull").upto
    assert upto.startswith("2026-05-06 00:00:05")


def test_slices_keep_rows_of_one_cursor_value_together(other: Other) -> None:
    other.create()
    other.put(1, 2)
    for number in (3, 4, 5):
        other.put(number, at=FIRST - timedelta(seconds=number - 3))  # all at second 3
    other.put(6)
    add(source(other, "append", "cursor: at\nslice_rows: 3"))
    done = run()
    assert (done.rows, len(done.batches)) == (6, 2)
    assert numbers() == [1, 2, 3, 4, 5, 6]


def test_a_changed_row_takes_the_place_of_the_old(other: Other) -> None:
    other.create()
    other.put(1, 2)
    add(source(other, "upsert"))
    run()
    other.execute(f"delete from {other.name('my readings')} where {other.name('No.')} = %s", (1,))
    other.put(1, level="9.5", at=FIRST + timedelta(hours=1))
    assert run().rows == 1
    assert [(row[0], row[3]) for row in rows()] == [(1, 9.5), (2, 1.25)]


def test_a_naive_time_is_read_in_the_zone_of_the_contract(other: Other) -> None:
    other.create("timestamp")
    other.put(1)
    add(source(other, "append"))
    run()
    assert rows()[0][2] == FIRST + timedelta(seconds=1) - timedelta(hours=8)


def test_a_run_that_was_cut_short_goes_on_behind_what_has_landed(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.create()
    other.put(1, 2, 3, 4, 5)
    add(source(other, "append", "cursor: at\nslice_rows: 2"))
    landed = landing.ingest
    calls = []

    def cut(*args: Any, **told: Any) -> Any:
        calls.append(told["batch"])
        if len(calls) == 2:
            landed(*args, **told)  # it lands, and then the process is gone
            raise KeyboardInterrupt
        return landed(*args, **told)

    monkeypatch.setattr(landing, "ingest", cut)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.setattr(landing, "ingest", landed)
    other.put(6)  # what comes meanwhile moves no boundary
    assert run().rows == 2
    assert numbers() == [1, 2, 3, 4, 5, 6]


def test_a_query_is_a_source(other: Other) -> None:
    other.create()
    other.put(1, 2, 3)
    table = other.name("my readings")
    text = source(other, "append").replace(
        "table: my readings",
        f"query: |\n  select * from {table} where {other.name('No.')} % 2 = 1;",
    )
    add(text)
    run()
    assert numbers() == [1, 3]


def test_a_query_cannot_write(other: Other) -> None:
    other.create()
    other.put(1)
    text = source(other, "replace", "").replace(
        "table: my readings", f"query: delete from {other.name('my readings')}"
    )
    add(text)
    with pytest.raises(Invalid):
        run()


def test_a_missing_column_is_named(other: Other) -> None:
    other.create()
    other.execute(f"alter table {other.name('my readings')} drop column fine", ())
    add(source(other, "append"))
    with pytest.raises(Invalid) as caught:
        run()
    assert [fault.where for fault in caught.value.faults] == ["fine"]


def test_a_missing_table_is_refused_without_telling_values(other: Other) -> None:
    add(source(other, "replace", "").replace("my readings", "nowhere"))
    with pytest.raises(Invalid):
        run()


def test_no_password_is_told_by_an_error(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "wr0ng-secret"
    monkeypatch.setenv("TEST_SOURCE_PASSWORD", wrong)
    url = other.url.replace("reader@", "nobody@").replace("duokua@", "nobody@")
    add(source(other, "replace", "").replace(other.url, url))
    with pytest.raises(Unavailable) as caught:
        run()
    told = repr((caught.value, caught.value.what, caught.value.mend, caught.value.__cause__))
    assert wrong not in told
    monkeypatch.delenv("TEST_SOURCE_PASSWORD")
    with pytest.raises(Invalid, match="TEST_SOURCE_PASSWORD"):
        run()


def test_rows_that_may_not_have_settled_wait(other: Other) -> None:
    other.create()
    other.put(1)
    other.put(2, at=clock.now() + timedelta(hours=1))
    add(source(other, "append", "cursor: at\nsettle_s: 60"))
    assert run().rows == 1
    assert numbers() == [1]
