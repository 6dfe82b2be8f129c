"""The worker itself: tables come, queries are run, answers go; nothing else.

Messages are those of :mod:`duokua.engine.scenario.wire`. An answer's head has ``ok``, or ``error``
with the kind of the engine's error: its text may quote a value, so it is told for a query's own
author only (``text``), never logged.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import pyarrow as pa

from duokua.engine.duck import DuckConnection, open_duck
from duokua.engine.scenario.second_look import look
from duokua.engine.scenario.wire import pack, unpack, values_from_json
from duokua.engine.source import quoted

_TEXT = 2000  # characters of an error
_HANDED = "handed_over"
_SEES_NULL: Any = "special"  # else an answer that is missing is an error
_ROWS = 65_536
Answer = tuple[dict[str, Any], list[pa.Table]]


class Refused(Exception):
    """The worker does not run that."""


class Unconfined(Exception):
    """This machine cannot hold a pack's code off its files, so none runs on it."""


class Worker:
    """One engine and what was loaded into it."""

    def __init__(self, duck: DuckConnection, *, shut: bool = False) -> None:
        self._duck = duck
        self._shut = shut  # files are given up: code of packs may run
        self._names: set[str] = set()
        self._functions: set[str] = set()

    def answer(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        """Do what a message asks for."""
        doing: dict[str, Callable[[dict[str, Any], list[pa.Table]], Answer]] = {
            "load": self._load, "patch": self._patch, "drop": self._drop, "run": self._run,
            "derive": self._derive, "extracted": self._extracted, "define": self._define,
        }  # fmt: skip
        return doing[head["do"]](head, tables)

    def _load(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        self._take(tables[0], f"create or replace table {quoted(head['name'])} as select * from ")  # noqa: S608
        self._names.add(head["name"])
        return {"ok": True, "rows": tables[0].num_rows}, []

    def _patch(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        """Take over rows by their key, those that are told anew and those that are gone."""
        name, key = quoted(head["name"]), head["key"]
        fresh, gone = tables
        same = " and ".join(f"o.{quoted(k)} = n.{quoted(k)}" for k in key)
        self._duck.execute("begin")
        for each in (fresh.select(key), gone.select(key)):
            if each.num_rows:
                self._take(each, f"delete from {name} o using ", f" n where {same}")  # noqa: S608
        if fresh.num_rows:
            self._take(fresh, f"insert into {name} by name select * from ")  # noqa: S608
        self._duck.execute("commit")
        return {"ok": True}, []

    def _take(self, table: pa.Table, before: str, after: str = "") -> None:
        self._duck.register(_HANDED, table)
        try:
            self._duck.execute(f"{before}{_HANDED}{after}")
        finally:
            self._duck.unregister(_HANDED)

    def _drop(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        self._duck.execute(f"drop table if exists {quoted(head['name'])}")
        self._names.discard(head["name"])
        return {"ok": True}, []

    def _derive(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        """Keep a query's answer as a table; no parameter may stand in such a statement."""
        self._load({"name": head["name"]}, [self._table(head)])
        return {"ok": True}, []

    def _run(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        return {"ok": True}, [self._table(head)]

    def _table(self, head: dict[str, Any]) -> pa.Table:
        names = look(self._duck, head["query"], self._names, self._functions)
        values = {k: v for k, v in values_from_json(head["values"]).items() if k in names}
        result = self._duck.execute(head["query"], values) if values else (
            self._duck.execute(head["query"])
        )  # fmt: skip
        reader = cast(pa.RecordBatchReader, result.to_arrow_reader(_ROWS))
        batches, rows = [], 0
        for batch in reader:
            rows += batch.num_rows
            if rows > head["most"]:
                raise Refused("too many rows")
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)

    def _define(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        """Let queries call functions of a pack, in a process that can reach no file."""
        if not self._shut:
            raise Unconfined("this system cannot keep a process in (Landlock, seccomp)")
        from duokua.engine.scenario.pack_code import TYPES, functions_of  # few packs have any

        made = functions_of(head["source"], [name for name, *_ in head["functions"]])
        for name, takes, gives in head["functions"]:
            known = "select count(*) from duckdb_functions() where function_name = ?"
            if self._duck.execute(known, [name]).fetchall() != [(0,)]:
                raise Refused(f"{name} is a function of the engine")
            kinds: list[Any] = [TYPES[each] for each in takes]
            self._duck.create_function(
                name, made[name], kinds, TYPES[gives], null_handling=_SEES_NULL
            )
            self._functions.add(name)
        return {"ok": True}, []

    def _extracted(self, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
        """Tell what the engine takes a query for: statements, their kinds and parameters."""
        found = self._duck.extract_statements(head["query"])
        told = [[each.type.name, sorted(map(str, each.named_parameters))] for each in found]
        return {"ok": True, "statements": told, "loaded": sorted(self._names)}, []


def serve(memory_mb: int, threads: int, *, shut: bool) -> None:
    """Answer messages until the session closes the line; ``shut``: files are given up for sure."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing that prints gets between messages
    inward = os.fdopen(os.dup(0), "rb")
    worker = Worker(open_duck(threads=threads, memory_mb=memory_mb, alone=True), shut=shut)
    while True:
        try:
            head, tables = unpack(lambda size: _exactly(inward, size))
        except EOFError:
            return
        _send(out, *_answered(worker, head, tables))


def _answered(worker: Worker, head: dict[str, Any], tables: list[pa.Table]) -> Answer:
    try:
        return worker.answer(head, tables)
    except Exception as error:
        text = str(error)[:_TEXT]
        return {"ok": False, "error": type(error).__name__, "text": text}, []


def _send(out: BinaryIO, head: dict[str, Any], tables: list[pa.Table]) -> None:
    for part in pack(head, tables):
        out.write(part)
    out.flush()


def _exactly(inward: BinaryIO, size: int) -> bytearray:
    held = bytearray(size)
    view, at = memoryview(held), 0
    while at < size:
        got = inward.readinto(view[at:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        at += got
    return held
