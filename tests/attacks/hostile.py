"""A grammar of hostile packs (恶意场景包): SQL that reaches out, YAML with trap doors, files that run.

Everything is drawn from a seed. What is hostile hides among what is plain, so that much of it gets
through the gate, and has to be harmless then.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from duokua.pack.scaffold import pack_files

TABLE, SECRET = "probe_reading", "secret_file"
MARK = "CANARY7f3a"  # in every value that nobody may see
VARIABLE = "DUOKUA_TEST_CANARY"


@dataclass(frozen=True, slots=True)
class Hostile:
    """A pack that means harm; ``sql`` is its statement, if that is where the harm is."""

    seed: int
    kind: str
    files: dict[str, str]
    sql: str = ""


class Maker:
    """Makes hostile packs; ``folder`` has the canary file, and is where things would be written."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.file = f"{folder}/canary.csv"
        self.out = f"{folder}/written"
        self.plain = pack_files("probe", owner="d-1")
        # The parameter is used, whatever becomes of the rule: that would be a fault of its own.
        self.plain["rules/plain.sql"] = self.plain["rules/too_high.sql"]
        told = self.plain["tests/too_high.yaml"].replace("too_high", "plain")
        self.plain["tests/plain.yaml"] = told

    def make(self, seed: int) -> Hostile:
        """Make the pack of a seed."""
        drawn = random.Random(seed)
        kinds: list[tuple[int, str, Callable[[random.Random], tuple[dict[str, str], str]]]] = [
            (10, "rule", self._rule), (3, "dataset", self._dataset), (3, "view", self._view),
            (2, "indicator", self._indicator), (2, "condition", self._condition),
            (3, "yaml", self._yaml), (2, "python", self._python), (3, "name", self._name),
        ]  # fmt: skip
        kind, make = drawn.choices(
            [(kind, make) for _, kind, make in kinds], [weight for weight, _, _ in kinds]
        )[0]
        files, sql = make(drawn)
        return Hostile(seed, kind, {**self.plain, **files}, sql)

    # where it stands

    def _rule(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        sql = self.statement(drawn)
        front = self.plain["rules/too_high.sql"].split("*/")[0]
        return {"rules/too_high.sql": f"{front}*/\n{sql}"}, sql

    def _dataset(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        sql = self.statement(drawn)
        return {"datasets/made.sql": sql}, sql

    def _view(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        sql = self.statement(drawn)
        panel = "\n".join(f"      {line}" for line in sql.splitlines())
        text = (
            "title: {zh: 页, en: Page}\npanels:\n  - id: one\n    kind: table\n"
            f"    title: {{zh: 表, en: Table}}\n    query: |\n{panel}\n"
        )
        return {"views/overview.yaml": text}, sql

    def _indicator(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        sql = self.statement(drawn)
        body = "\n".join(f"  {line}" for line in sql.splitlines())
        text = (
            "title: {zh: 指标, en: Indicator}\nunit: '1'\ndirection: up\n"
            f"numerator: select count(*) as value from {TABLE}\nrows: |\n{body}\n"
        )
        return {"indicators/one.yaml": text}, sql

    def _condition(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        inner = " ".join(self.value(drawn).split())
        told = drawn.choice([f"level <> {inner}", f"1 = 1) or ({inner} is null", f"{inner} = 'a'",
                             f"exists (select 1 from {self.source(drawn)})",
                             f"1 = 1; drop table {TABLE}", f"1 = 1 union select {inner}"])  # fmt: skip
        told = " ".join(told.split())
        quoted = told.replace("\\", "\\\\").replace('"', '\\"')
        front, _, query = self.plain["rules/too_high.sql"].partition("*/")
        return {"rules/too_high.sql": f'{front}applies_when: "{quoted}"\n*/{query}'}, ""

    def _yaml(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        path = drawn.choice(["pack.yaml", "playbooks/inspect.yaml", "parameters/limits.yaml",
                             "views/overview.yaml", "tests/too_high.yaml", "quality.yaml",
                             f"contracts/{TABLE}.odcs.yaml", f"interfaces/{TABLE}.yaml"])  # fmt: skip
        text = self.plain[path]
        run = f"touch {self.out}"
        trick = drawn.choice([
            f'\nx: !!python/object/apply:os.system ["{run}"]\n',
            f'\nx: !!python/object/new:subprocess.Popen [["sh", "-c", "{run}"]]\n',
            "\nx: !!python/name:os.system\n",
            "\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
            "\na: &a {k: *a}\n",
            "\n<<: {title: x}\n",
            "\ntitle: {zh: 二, en: two}\ntitle: {zh: 三, en: three}\n",
            "\nx: " + "[" * 3000 + "]" * 3000 + "\n",
            "\nx: !!binary aGVsbG8=\n",
            "\n--- \npack: other\n",
            "\n%TAG ! tag:other,2026:\n",
            "\nx: " + "a" * 2_000_000 + "\n",
            f"\n? {{a: b}}\n: {run}\n",
            "\n\tx: 1\n",
            "\nx: \x00\n",
            "\nx: \u202e{zh: a}\n",
            f"\ninclude: {self.file}\n",
        ])  # fmt: skip
        return {path: text + trick if drawn.random() < 0.7 else trick + text}, ""

    def _python(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        body = f"import pathlib\npathlib.Path({self.out!r}).write_text('run')\n"
        path = drawn.choice([
            "functions.py", "__init__.py", "conftest.py", "setup.py", "rules/too_high.py",
            "tests/test_it.py", "sitecustomize.py", "probe.pth", "rules/__init__.py",
            "functions.so", "functions.pyc", "Makefile", ".env", "rules/too_high.sql.py",
        ])  # fmt: skip
        return {path: body}, ""

    def _name(self, drawn: random.Random) -> tuple[dict[str, str], str]:
        path = drawn.choice([
            "../outside.sql", "rules/../../outside.sql", "/etc/outside.sql", "rules//too_high.sql",
            "rules/..\\..\\outside.sql", "rules/%2e%2e%2foutside.sql", "rules/\x00.sql",
            "rules/.sql", "rules/a b.sql", "rules/\u2024\u2024.sql", "rules/ａ.sql",
            "rules/" + "a" * 300 + ".sql", "rules/$(touch x).sql", "rules/too_high.sql/../a.sql",
            "~/outside.sql", "C:\\outside.sql", "rules/too_high.SQL", "rules/-rf.sql",
            f"tables/{TABLE}.csv", f"datasets/{TABLE}.sql", "datasets/case.sql", "rules/con.sql",
        ])  # fmt: skip
        return {path: self.plain["rules/too_high.sql"]}, ""

    # statements

    def statement(self, drawn: random.Random) -> str:
        """Return a statement that has what a rule's output needs, and something more."""
        if drawn.random() < 0.15:
            sql = self._other_statement(drawn)
        elif drawn.random() < 0.06:
            sql = self._bomb(drawn)
        else:
            sql = self._query(drawn)
        for _ in range(drawn.choice([0, 0, 1, 1, 2])):
            sql = self._disguised(sql, drawn)
        return sql

    def _query(self, drawn: random.Random) -> str:
        sql = f"select {self._columns(drawn)} from {self.source(drawn)} as s"
        for _ in range(drawn.choice([0, 0, 1, 1, 2, 3])):
            sql = self._more(sql, drawn)
        return sql

    def _columns(self, drawn: random.Random) -> str:
        told = ["point_id", "value", "'red' as level"]
        if drawn.random() < 0.35:
            told.append(f"{self.value(drawn)} as more")
        if drawn.random() < 0.1:
            told = [drawn.choice(["*", "s.*", "* exclude (read_at)", "columns('.*')", "s", "rowid",
                                  "* replace ('red' as level)", "s.*, 'red' as level"])]  # fmt: skip
        return ", ".join(told)

    def _more(self, sql: str, drawn: random.Random) -> str:
        source, value = self.source(drawn), self.value(drawn)
        return drawn.choice([
            f"{sql} where value > 1",
            f"{sql} where point_id in (select point_id from {source})",
            f"{sql} where exists (select 1 from {source} as e where e.point_id = s.point_id)",
            f"{sql} where point_id = {value}",
            f"{sql} order by (select max(point_id) from {source})",
            f"{sql} order by {value}",
            f"{sql} limit (select count(*) from {source})",
            f"{sql} qualify row_number() over (partition by point_id order by {value}) = 1",
            f"{sql} union all select point_id, value, level from ({sql})",
            f"{sql} union all select point_id, value, 'red' from {source}",
            f"{sql} except select point_id, value, 'red' from {source}",
            f"{sql} group by all having count(*) > {value}",
            f"with w as (select point_id, value from {source}) {sql.replace(TABLE, 'w', 1)}",
            f"with {TABLE} as (select * from {source}) {sql}",
            f"with {SECRET} as (select point_id, value from {TABLE}) {sql.replace(TABLE, SECRET, 1)}",
            f"with recursive r as (select 1 as n union all select n + 1 from r) {sql}",
            f"{sql} join {source} as j using (point_id)",
            f"{sql}, {source} as k",
            f"{sql}, lateral (select {value} as l) as lat",
            f"{sql} positional join {source}",
            f"{sql} anti join {source} as a on a.point_id = s.point_id",
            f"{sql} asof join {source} as a on a.point_id = s.point_id and s.read_at >= a.read_at",
            f"select point_id, value, level from ({sql}) as q",
            f"{sql}; {self._other_statement(drawn)}",
            f"{sql} -- {value}",
            f"{sql} /* {value} /* */ */",
            f"{sql} tablesample 50%",
            f"from ({sql}) select point_id, value, level",
            f"{sql} at (version => 1)",
            f"pivot ({sql}) on point_id using max(value)",
            f"select point_id, value, level from (with {SECRET} as (select 1 as x) {sql}) as z, {SECRET}",
        ])  # fmt: skip

    def source(self, drawn: random.Random) -> str:
        """Return something to read from: four times of five what is declared."""
        if drawn.random() < 0.8:
            return drawn.choice([TABLE, TABLE, TABLE.upper(), f"(select * from {TABLE})",
                                 f"(from {TABLE})", f"({TABLE})",
                                 "(values ('a', 1.5)) as v(point_id, value)"])  # fmt: skip
        name, file = SECRET, self.file
        reader = drawn.choice(["read_csv", "read_csv_auto", "read_text", "read_blob", "parquet_scan",
                               "read_parquet", "read_json", "read_json_auto", "glob", "sniff_csv",
                               "parquet_metadata", "READ_CSV", '"read_csv"', "read_ndjson"])  # fmt: skip
        return drawn.choice([
            name, name.upper(), f'"{name}"', f"main.{name}", f"memory.main.{name}", f"'{name}'",
            f'main."{name}"', f"(from {name})", f"(table {name})", f"(summarize {name})",
            f"(describe {name})", f"(show {name})", f"query('select * from {name}')",
            f"query_table('{name}')", f"query_table(['{name}', '{TABLE}'])",
            f"pragma_storage_info('{name}')", f"pragma_table_info('{name}')", "duckdb_tables()",
            "duckdb_settings()", "duckdb_views()", "duckdb_secrets()", "information_schema.columns",
            "sqlite_master", "pg_catalog.pg_class", f"{reader}('{file}')", f"'{file}'",
            f'"{file}"', f"{reader}(['{file}'])", f"{reader}('{self.folder}/*')",
            f"{TABLE[:6]}\u200b{TABLE[6:]}", name.replace("e", "е"), f"seq_scan('{name}')",
            f"(select * from {name})", f"(with {TABLE} as (select * from {name}) select * from {TABLE})",
            f"values_of('{name}')", "repeat_row('a', num_rows = 3)", "test_all_types()",
            f"(pivot {name} on point_id using count(*))", f"(unpivot {name} on value)",
            f"json_execute_serialized_sql(json_serialize_sql('select * from {name}'))",
            f"(delete from {name} returning *)", "icu_calendar_names()", "checkpoint()",
        ])  # fmt: skip

    def value(self, drawn: random.Random) -> str:
        """Return a value, plain or reaching out."""
        if drawn.random() < 0.6:
            return drawn.choice(["value", "point_id", "'a'", "1", "$today", "$value_limit", "null",
                                 "upper(point_id)", "read_at - interval 3 day"])  # fmt: skip
        name = SECRET
        return drawn.choice([
            f"(select max(point_id) from {name})", f"(select {name} from {name} limit 1)",
            f"getenv('{VARIABLE}')", f"'{VARIABLE}'.getenv()", f'"getenv"(\'{VARIABLE}\')',
            f"system.main.getenv('{VARIABLE}')", f"GETENV(concat('DUOKUA', '{VARIABLE[6:]}'))",
            "current_setting('home_directory')", "current_database()", "current_user", "version()",
            "stats(value)", "error(point_id)", "s", "rowid", "s.rowid", "columns('.*')", "random()",
            "now()", "current_date", "uuid()", "nextval('q')", "pg_typeof(value)", "typeof(s)",
            f"(select content from read_text('{self.file}'))",
            f"list_transform([1], x -> getenv('{VARIABLE}'))", f"[x for x in query_table('{name}')]",
            "{'a': point_id}", "point_id ->> '$.a'", "point_id::json", "repeat('a', 100000)",
            "lpad('a', 100000, 'b')", "format('{:>100000}', 'a')", "printf('%100000d', 1)",
            "unnest(range(10))", "$secret", "$1", "?", "#1", "s.*", "struct_pack(a := point_id)",
            "to_json(s)", "row(s)", "hash(s)", "md5(point_id)", "E'\\x43'", "$$CANARY$$", "X'43'",
            f"(select count(*) from duckdb_tables() where table_name = '{name}')",
            f"try((select max(point_id) from {name}))", f"coalesce(null, (table {name}))",
            f"exists (select 1 from '{self.file}')", f"point_id in (from {name})",
            f"point_id = any (select point_id from {name})", "getvariable('x')",
            "write_log('note')", "pragma_version()", "in_search_path('a', 'b')",
            f"({name}).point_id", f"{name}.point_id", f"main.{name}.point_id",
        ])  # fmt: skip

    def _other_statement(self, drawn: random.Random) -> str:
        out, file = self.out, self.file
        plain = f"select point_id, value, 'red' as level from {TABLE}"
        return drawn.choice([
            f"copy {TABLE} to '{out}.csv'", f"copy (select 1) to '{out}' (format parquet)",
            f"copy {TABLE} from '{file}'", f"export database '{out}'", f"import database '{out}'",
            f"attach '{out}.db' as other", "attach ':memory:' as other", "detach memory",
            f"create table mine as {plain}", f"create view mine as {plain}",
            f"create or replace table {TABLE} as select 1", f"create temp table x as {plain}",
            "create macro f() as 1", "create macro f() as table select 1", "create schema x",
            "create sequence q", "create type t as enum ('a')", "create secret (type s3)",
            f"drop table {TABLE}", f"alter table {TABLE} rename to x", f"truncate {TABLE}",
            f"insert into {TABLE} values ('x', null, 1)", f"insert into {TABLE} {plain}",
            f"update {TABLE} set value = 0", f"delete from {TABLE}",
            f"merge into {TABLE} using {TABLE} as o on true when matched then delete",
            "set threads = 1", "set memory_limit = '1TB'", "reset threads", "pragma version",
            "pragma database_list", "set variable x = 1", f"set log_query_path = '{out}.log'",
            "install httpfs", "load httpfs", "load '/tmp/x.duckdb_extension'", "call pragma_version()",
            "checkpoint", "force checkpoint", "vacuum", "analyze", "begin", "commit", "rollback",
            "prepare p as select 1", "execute p", "deallocate p", "use memory", "show tables",
            f"describe {TABLE}", f"summarize {SECRET}", f"explain analyze select * from {SECRET}",
            f"table {SECRET}", f"from {SECRET}", "values (1), (2)", "comment on table x is 'y'",
            f"with d as (delete from {TABLE} returning *) select * from d",
            f"{plain}; drop table {TABLE}", f"drop table {TABLE}; {plain}", f";;{plain}",
            f"explain {plain}", "", ";", "select", "'", "/*", "--", "\\! ls", ".read x", "@x",
        ])  # fmt: skip

    def _bomb(self, drawn: random.Random) -> str:
        deep = drawn.choice([40, 200, 2000])
        return drawn.choice([
            "select " + "(" * deep + "1" + ")" * deep + " as a",
            "select 1 as a where " + " and ".join(["true"] * deep),
            "select " + "-" * deep + "1 as a", "select " + "not " * deep + "true as a",
            " union all ".join(["select 'a' as point_id, 1 as value, 'red' as level"] * deep),
            f"select point_id, value, 'red' as level from {TABLE}" + " " * (deep * 20),
            "select " + ", ".join(f"1 as a{at}" for at in range(deep)),
            "select " + "[" * deep + "]" * deep + " as a", "select a" + "[1]" * deep + " as b",
            "with " + ", ".join(f"c{at} as (select 1 as a)" for at in range(deep)) + " select a from c1",
            f"select a.point_id, 1 as value, 'red' as level from {TABLE} a"
            + "".join(f" cross join {TABLE} t{at}" for at in range(min(deep, 100))),
            "select r.i from range(0, 100000) as r(i), range(0, 100000) as q(j)",
            "select r.i from range(0, 4000000000) as r(i)", "/*" * deep + "select 1 as a",
        ])  # fmt: skip

    def _disguised(self, sql: str, drawn: random.Random) -> str:
        at = drawn.randrange(len(sql) + 1)
        return drawn.choice([
            lambda: "".join(c.upper() if drawn.random() < 0.5 else c for c in sql),
            lambda: sql.replace(" ", drawn.choice(["\t", "\n", "/**/", "\x0b", "\x0c", "\u00a0",
                                                   "\u3000", "\u2028", "-- x\n", "/*/**/*/"])),
            lambda: sql.replace(" from ", ' from/* "*/ '), lambda: sql + ";", lambda: sql + " -- x",
            lambda: sql[:at] + drawn.choice(["\u200b", "\u202e", "\ufeff", "\x00", "'", '"', ";",
                                             "/*", "*/", "--", "$$", "\\", "(", ")", "。"]) + sql[at:],
            lambda: sql.replace("'red'", "'re' || 'd'"), lambda: sql.replace("select", "SELECT ALL"),
            lambda: sql.replace(TABLE, f'"{TABLE}"'), lambda: sql.replace("e", "е", 1),
            lambda: sql.replace("point_id", '"point_id"'), lambda: f"({sql})",
            lambda: sql.replace("select", "ｓelect", 1), lambda: sql.replace("'", "''", 2),
            lambda: sql.replace("as s", ""), lambda: sql.replace("as s", f"as {SECRET}"),
            lambda: sql.replace("value", "VALUE"), lambda: sql[: at or 1],
        ])()  # fmt: skip
