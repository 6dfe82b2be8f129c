"""Contracts and interfaces for the tests of the language, and generators of them."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from duokua.kernel.text import Text
from duokua.lang.contract import Code, Column, Contract, Kind, Level
from duokua.lang.interface import Interface, Parameter, Shape
from duokua.lang.odcs import dump_contract

PLAIN = """\
apiVersion: v3.1.0
kind: DataContract
id: site_worker
name: Site workers
version: 1.0.0
status: active
customProperties:
  - {property: titleZh, value: 工地工人}
  - {property: titleEn, value: Site workers}
  - {property: ownerDepartment, value: housing}
  - {property: level, value: L3}
  - {property: subject, value: worker_id}
  - {property: nullWords, value: ["", NA]}
schema:
  - name: site_worker
    logicalType: object
    properties:
      - name: worker_id
        physicalName: 工号
        logicalType: string
        required: true
        primaryKey: true
        customProperties:
          - {property: titleZh, value: 工号}
          - {property: titleEn, value: Worker number}
      - name: phone
        logicalType: string
        classification: L3
        customProperties:
          - {property: titleZh, value: 电话}
          - {property: titleEn, value: Phone}
          - {property: personal, value: phone}
      - name: entered_at
        logicalType: timestamp
        customProperties:
          - {property: titleZh, value: 进场时间}
          - {property: titleEn, value: Entered at}
          - {property: zone, value: Asia/Shanghai}
"""

DERIVED = """\
apiVersion: v3.1.0
kind: DataContract
id: phone_use
name: Phones and how many use them
version: 1.0.0
status: active
customProperties:
  - {property: titleZh, value: 电话使用}
  - {property: titleEn, value: Phone use}
  - {property: ownerDepartment, value: housing}
  - property: sql
    value: |
      select coalesce(phone, 'none') as phone, count(*) as workers
      from site_worker where entered_at is null group by coalesce(phone, 'none')
schema:
  - name: phone_use
    logicalType: object
    properties:
      - name: phone
        logicalType: string
        classification: L3
        required: true
        primaryKey: true
        customProperties:
          - {property: titleZh, value: 电话}
          - {property: titleEn, value: Phone}
          - {property: personal, value: phone}
      - name: workers
        logicalType: integer
        customProperties:
          - {property: titleZh, value: 人数}
          - {property: titleEn, value: Workers}
"""

INTERFACE = """\
interface: worker_by_id
version: 1.0.0
title: {zh: 按工号查, en: By number}
description: {zh: 说明, en: Description}
dataset: site_worker
shape: lookup
columns: [worker_id, phone]
"""

words = st.text(string.ascii_lowercase, min_size=2, max_size=12)
lines = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"),
    min_size=1,
    max_size=20,
)
texts = st.builds(Text, lines, lines)
versions = st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True).filter(str.isascii)


@st.composite
def columns(draw: st.DrawFn, name: str, in_key: bool) -> Column:
    kinds = [kind for kind in Kind if not (in_key and kind is Kind.NUMBER)]
    kind = draw(st.sampled_from(kinds))
    personal = draw(st.none() | st.sampled_from(["name", "phone", "resident_id"]))
    levels = [Level.L2, Level.L3, Level.L4] if personal else list(Level)
    coded = kind in (Kind.STRING, Kind.INTEGER)
    values = draw(st.lists(lines, unique=True, max_size=3)) if coded else []
    return Column(
        name=name,
        kind=kind,
        title=draw(texts),
        required=in_key or draw(st.booleans()),
        unit=draw(st.none() | st.sampled_from(["ug/m3", "Cel", "m"])),
        codes=tuple(Code(value, draw(texts)) for value in values),
        level=draw(st.sampled_from(levels)),
        personal=personal,
        zone=draw(st.none() | st.just("Asia/Shanghai")) if kind is Kind.TIMESTAMP else None,
        source_name=draw(st.none() | st.just(f"源 {name}")),
        description=draw(st.none() | texts),
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    names = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    key = tuple(draw(st.permutations(names)))[: draw(st.integers(1, len(names)))]
    listed = tuple(draw(columns(name, name in key)) for name in names)
    highest = max(column.level for column in listed)
    return Contract(
        id=draw(words),
        version=draw(versions),
        title=draw(texts),
        description=draw(st.just(Text("", "")) | texts),
        owner=draw(words),
        level=draw(st.sampled_from([level for level in Level if level >= highest])),
        columns=listed,
        key=key,
        subject=draw(st.none() | st.sampled_from(names)),
        null_words=tuple(draw(st.lists(st.just("") | lines, max_size=3))),
    )


interfaces = st.builds(
    Interface,
    id=words,
    version=versions,
    title=texts,
    description=texts,
    dataset=words,
    owner=words,
    shape=st.sampled_from(Shape),
    columns=st.lists(words).map(tuple),
    parameters=st.lists(
        st.builds(Parameter, words, words, st.sampled_from(["eq", "prefix"]), st.booleans())
    ).map(tuple),
    order=st.lists(words).map(tuple),
    open=st.booleans(),
)


def flow_contract() -> str:
    """Return a small contract: id, value, name."""
    number = Column("value", Kind.NUMBER, Text("值", "value"))
    name = Column("name", Kind.STRING, Text("名", "name"))
    key = Column("id", Kind.INTEGER, Text("号", "id"), required=True)
    title = Text("流量", "flow")
    return dump_contract(
        Contract("flow", "1.0.0", title, title, "water", Level.L1, (key, number, name), ("id",))
    )


def flow_interface() -> str:
    """Return its look-up by id."""
    return (
        "interface: flow_by_id\nversion: 1.0.0\ntitle: {zh: 流量, en: flow}\n"
        "description: {zh: 按号查, en: by id}\ndataset: flow\nshape: lookup\n"
        "columns: [id, value, name]\n"
    )


def visit_contracts() -> list[str]:
    """Return a dataset about persons, and one that is derived from it."""
    both = Text("就诊", "Visits")
    visit = Contract(
        "visit", "1.0.0", both, both, "health", Level.L3,
        (
            Column("id", Kind.STRING, both, required=True),
            Column("person", Kind.STRING, both, level=Level.L3),
            Column("note", Kind.STRING, both),
            Column("day", Kind.DATE, both),
        ),
        ("id",),
        subject="person",
    )  # fmt: skip
    noted = Contract(
        "noted", "1.0.0", both, both, "health", Level.L3,
        (
            Column("note", Kind.STRING, both, required=True, level=Level.L3),
            Column("times", Kind.INTEGER, both),
        ),
        ("note",),
        sql="select note, count(*) as times from visit group by note",
    )  # fmt: skip
    return [dump_contract(visit), dump_contract(noted)]


def visit_interface() -> str:
    """Return its look-up by id."""
    return (
        "interface: visit_by_id\nversion: 1.0.0\ntitle: {zh: 就诊, en: visits}\n"
        "description: {zh: 按号查, en: by id}\ndataset: visit\nshape: lookup\n"
        "columns: [id, note]\n"
    )
