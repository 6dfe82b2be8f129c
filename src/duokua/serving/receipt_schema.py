"""The tables of the receipt index.

What a call repeats from grant to grant is kept once, in ``use``; so every search is a choice of
uses followed by a walk down the one index ``(use, seq)``, and counting is a sum over counters.
"""

from __future__ import annotations

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
  pv integer not null, params text not null, rows integer, bytes integer, status text not null);
create index if not exists receipt_use on receipt (use, seq);
create table if not exists span (
  id integer primary key, earliest real not null, latest real not null);
create index if not exists span_earliest on span (earliest);
create index if not exists span_latest on span (latest);
create table if not exists total (
  day integer not null, use integer not null, calls integer not null, rows integer not null,
  primary key (day, use)) without rowid;
"""

SPAN_BITS = 10  # receipts are dated in spans of 1,024, so a clock set back misleads nobody
