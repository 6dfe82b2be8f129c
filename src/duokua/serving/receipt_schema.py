"""The tables of the receipt index.

What a call repeats from grant to grant is kept once, in ``use``; so every search is a choice of
uses followed by a walk down the one index ``(use, seq)``, and counting is a sum over counters.

Whose data a call was about is found by ``subject_hit``, the 8-byte pseudonym as a number. A stream
of very many subjects has them in a sorted file beside the ledger; ``subject_set`` names it.
"""

from __future__ import annotations

from duokua.engine import sqlite

VERSION = 2  # an index of another one is emptied and built again
SCHEMA = """
create table if not exists place (
  one integer primary key check (one = 1),
  first integer not null, byte integer not null, before text not null);
create table if not exists use (
  id integer primary key, grant_id text not null, client text not null, department text not null,
  person text not null, purpose text not null, basis text not null, interface text not null,
  iv text not null, columns text not null, door text not null, format text not null,
  last integer not null default 0,
  unique (grant_id, client, department, person, purpose, basis, interface, iv, columns, door,
          format));
create index if not exists use_interface on use (interface);
create index if not exists use_client on use (client);
create index if not exists use_grant on use (grant_id);
create index if not exists use_purpose on use (purpose);
create table if not exists receipt (
  seq integer primary key, use integer not null, at real not null, dv integer not null,
  pv integer not null, params text not null, rows integer, bytes integer, status text not null,
  reserved integer);
create index if not exists receipt_use on receipt (use, seq);
create index if not exists receipt_unsettled on receipt (seq) where status in ('open', 'aborted');
create table if not exists subject_hit (
  subject integer not null, seq integer not null, primary key (subject, seq)) without rowid;
create table if not exists subject_set (seq integer primary key, file text not null);
create table if not exists span (
  id integer primary key, earliest real not null, latest real not null);
create index if not exists span_earliest on span (earliest);
create index if not exists span_latest on span (latest);
create table if not exists total (
  day integer not null, use integer not null, calls integer not null, rows integer not null,
  primary key (day, use)) without rowid;
"""

SPAN_BITS = 10  # receipts are dated in spans of 1,024, so a clock set back misleads nobody
_TABLES = ("place", "use", "receipt", "subject_hit", "subject_set", "span", "total")


def prepare(connection: sqlite.Connection) -> None:
    """Make the tables; those of another version are dropped, as everything is in the ledger."""
    if connection.execute("pragma user_version").fetchone()[0] == VERSION:
        return
    connection.execute("begin immediate")
    try:
        if connection.execute("pragma user_version").fetchone()[0] != VERSION:
            for table in _TABLES:
                connection.execute(f"drop table if exists {table}")
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def number_of(subject: bytes) -> int:
    """Return the number under which an 8-byte pseudonym is found."""
    return int.from_bytes(subject, "little", signed=True)
