"""Declarations of sources: read whole, refused with every fault, never with a password inside."""

from __future__ import annotations

import json

import pytest

from duokua.kernel.errors import Invalid
from duokua.lang.source import (
    Paging,
    PagingKind,
    Secret,
    SourceKind,
    source_from_json,
    source_to_json,
)
from duokua.lang.source_file import load_source

TABLE = """\
source: pull
dataset: reading
kind: postgresql
url: postgresql://reader@db.example:5432/water?sslmode=verify-full
secret: {env: WATER_PASSWORD}
table: public.readings
mode: upsert
cursor: updated_at
settle_s: 60
every_s: 900
"""
HTTP = """\
source: pull
dataset: reading
kind: http
url: https://api.example/v1/readings
items: /data
secret: {file: /etc/water.key}
secret_header: X-Api-Key
paging: {kind: cursor, parameter: after, pointer: /next, size_parameter: n, size: 500}
mode: replace
daily: "02:30"
"""
FOLDER = "source: drop\ndataset: reading\nkind: folder\nfolder: /data/in\npattern: '*.csv'\n"


def test_a_table_is_read() -> None:
    source = load_source(TABLE, source="s.yaml")
    assert (source.kind, source.mode, source.cursor) == (
        SourceKind.POSTGRESQL,
        "upsert",
        "updated_at",
    )
    assert (source.settle_s, source.every_s, source.secret) == (60, 900, Secret("WATER_PASSWORD"))


def test_http_is_read() -> None:
    source = load_source(HTTP, source="s.yaml")
    assert source.paging == Paging(PagingKind.CURSOR, "/next", "after", 1, "n", 500)
    assert (source.daily, source.secret) == ("02:30", Secret(file="/etc/water.key"))


@pytest.mark.parametrize("text", [TABLE, HTTP, FOLDER])
def test_a_source_is_kept_as_json(text: str) -> None:
    source = load_source(text, source="s.yaml")
    assert source_from_json(json.loads(json.dumps(source_to_json(source)))) == source


@pytest.mark.parametrize(
    ("text", "old", "new", "where"),
    [
        (TABLE, "kind: postgresql", "kind: oracle", "s.yaml:3 kind"),
        (TABLE, "dataset: reading\n", "", "s.yaml:1 dataset"),
        (TABLE, "dataset: reading", "dataset: Reading!", "s.yaml:2 dataset"),
        (TABLE, "reader@db", "reader:open@db", "s.yaml:4 url"),
        (TABLE, "sslmode=verify-full", "password=open", "s.yaml:4 url"),
        (TABLE, "url: postgresql:", "url: mysql:", "s.yaml:4 url"),
        (TABLE, "db.example:5432", "db.example:x", "s.yaml:4 url"),
        (TABLE, "{env: WATER_PASSWORD}", "{env: A, file: /b}", "s.yaml:5 secret"),
        (TABLE, "{env: WATER_PASSWORD}", "hunter2", "s.yaml:5 secret"),
        (TABLE, "table: public.readings", "table: a\nquery: select 1", "s.yaml:6 table"),
        (TABLE, "mode: upsert", "mode: replace", "s.yaml:7 mode"),
        (TABLE, "mode: upsert", "mode: merge", "s.yaml:7 mode"),
        (TABLE, "cursor: updated_at\nsettle_s: 60", "", "s.yaml:7 mode"),
        (TABLE, "every_s: 900", "every_s: 0", "s.yaml:10 every_s"),
        (TABLE, "every_s: 900", "every_s: 900\ndaily: '02:30'", "s.yaml:11 daily"),
        (TABLE, "settle_s: 60", "folder: /x", "s.yaml:9 folder"),
        (HTTP, "https://api.example/v1/readings", "https://a:b@api.example/", "s.yaml:4 url"),
        (HTTP, "/v1/readings", "/v1/readings?token=1", "s.yaml:4 url"),
        (HTTP, "kind: cursor", "kind: guess", "s.yaml:8 paging/kind"),
        (HTTP, "parameter: after, ", "", "s.yaml:8 paging/parameter"),
        (HTTP, "pointer: /next", "pointer: next", "s.yaml:8 paging/pointer"),
        (FOLDER, "/data/in", "in", "s.yaml:4 folder"),
        (FOLDER, "'*.csv'", "'../*'", "s.yaml:5 pattern"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, old: str, new: str, where: str) -> None:
    if old.startswith("cursor"):
        text = text.replace("mode: upsert", "mode: append")
    assert old in text
    with pytest.raises(Invalid) as caught:
        load_source(text.replace(old, new), source="s.yaml")
    assert where in [fault.where for fault in caught.value.faults]
    assert all(fault.what.zh and fault.mend.zh and fault.mend.en for fault in caught.value.faults)
    assert "open" not in repr([fault.line() for fault in caught.value.faults])
