"""Packs made up for tests and measurements: of every kind of file, with as many rules as asked for."""

from __future__ import annotations

MANIFEST = """\
pack: {name}
title: {{zh: 桥梁监测, en: Bridge watch}}
description: {{zh: 按读数与巡检判断桥梁。, en: Judges bridges by readings and inspections.}}
version: 1.2.0
platform: ">=0.1,<2.0"
owner: transport
tier: bronze
purpose: bridge_watch
basis: {{zh: 示例依据, en: Example basis}}
requires: []
consumes:
  - {{table: bridge, interface: bridge_all, columns: [bridge_id, name, keeper, lon, lat]}}
  - {{table: bridge_reading, fresh: 10m}}
  - inspection
provides: [bridge_load]
roles:
  inspector: {{title: {{zh: 巡查员, en: Inspector}}, role: handler, can: [accept, control, dispose]}}
  chief: {{title: {{zh: 科长, en: Chief}}, role: head}}
"""
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {id}
name: {id}
version: 1.0.0
status: active
customProperties:
  - {{property: titleZh, value: 表}}
  - {{property: titleEn, value: Table}}
  - {{property: ownerDepartment, value: transport}}
schema:
  - name: {id}
    logicalType: object
    properties:
{columns}"""
COLUMN = """\
      - name: {name}
        logicalType: {kind}
{key}        customProperties: [{{property: titleZh, value: 列}}, {{property: titleEn, value: Column}}{zone}]
"""
COLUMNS = {
    "bridge": "bridge_id:string! name:string keeper:string lon:number lat:number built:date",
    "bridge_reading": "bridge_id:string! read_at:timestamp! strain:number tilt:number",
    "inspection": "inspection_id:integer! bridge_id:string done_at:timestamp passed:boolean",
    "grade": "grade:string! most:number",
    "bridge_load": "bridge_id:string! strain:number",
}
PARAMETERS = """\
strain_limit_{n}:
  title: {{zh: 应变上限, en: Greatest strain}}
  unit: um/m
  values:
    2024-01-01: {{value: {value}, source: 示例, mark: P}}
    2026-01-01: {{value: {later}, source: 示例, mark: P}}
"""
STATE = """\
/*
title: {{zh: 应变超限, en: Strain above its limit}}
kind: state
basis: [{{text: {{zh: 示例, en: Example}}, source: 示例, mark: P}}]
subject: [bridge_id]
every: 15m
hold: 3m
clear_hold: 9m
name: name
department: keeper
place: [lon, lat]
playbook: close_off
ref: A{n:02d}
*/
with newest as (
  select bridge_id, arg_max(strain, read_at) as strain, max(read_at) as read_at
  from bridge_reading where read_at < $until group by bridge_id
)
select b.bridge_id, b.name, b.keeper, b.lon, b.lat, n.strain as value, $strain_limit_{n} as threshold,
  case when n.strain is null then 'unknown'
       when n.strain >= $strain_limit_{n} * 1.2 + {n} then 'red'
       when n.strain >= $strain_limit_{n} then 'orange' else 'none' end as level
from bridge as b left join newest as n using (bridge_id)
"""
EVENT = """\
/*
title: {{zh: 巡检不合格, en: Inspection not passed}}
kind: event
basis: [{{text: {{zh: 示例, en: Example}}, source: 示例, mark: P}}]
subject: [bridge_id, inspection_id]
occurred_at: done_at
every: 1h
reopen_within: 30d
playbook: repair
*/
select i.bridge_id, i.inspection_id, i.done_at, b.name, l.strain as value, 'yellow' as level
from inspection as i join bridge as b using (bridge_id)
left join bridge_load as l on l.bridge_id = i.bridge_id
where i.done_at >= $since and i.done_at < $until and not i.passed and i.inspection_id % {n} >= 0
"""
CLOSE_OFF = """\
title: {zh: 封桥处置, en: Close the bridge off}
clocks:
  red: {accept: 5m, control: 15m, dispose: 24h, verify: 24h}
  orange: {accept: 15m, control: 1h, dispose: 2wd, verify: 2wd}
  unknown: {accept: 1h, dispose: 1d}
tasks:
  - id: close
    title: {zh: 封桥, en: Close it}
    department: $keeper
    role: inspector
    lead: true
    order: {zh: 立即封桥并撤离。, en: Close the bridge and clear it.}
    asks:
      - {id: photo, title: {zh: 现场照片, en: Photo}, kind: photo, least: 2}
      - {id: sheet, title: {zh: 检查表, en: Sheet}, kind: form, form: check_sheet}
  - id: divert
    title: {zh: 交通疏导, en: Divert the traffic}
    department: traffic_police
    role: inspector
    levels: [red]
    order: {zh: 设卡绕行。, en: Set up a diversion.}
    limits: {dispose: 2h}
  - id: repair
    title: {zh: 加固, en: Strengthen it}
    department: $owner
    role: inspector
    after: [close]
    order: {zh: 按方案加固。, en: Strengthen it as planned.}
verify: {by: no_finding, hold: 30m, sign: [traffic_police]}
steps:
  - {stage: accept, text: {zh: 先电话确认, en: Confirm by phone}, levels: [red]}
  - {stage: dispose, text: {zh: 记录方案编号, en: Note the plan}}
ladder:
  - {clock: accept, after: 10m, level: [red], to: head}
  - {clock: accept, after: 30m, level: [red], to: command, department: emergency}
  - {clock: dispose, after: 2d, to: chief}
names: {controlled: {zh: 已封桥, en: Closed off}}
warn: [50, 80, 100]
"""
REPAIR = """\
title: {zh: 限期整改, en: Put it right in time}
clocks: {all: {accept: 4h, dispose: 5wd, verify: 5wd}}
tasks:
  - id: repair
    title: {zh: 整改, en: Put it right}
    department: $owner
    role: inspector
    order: {zh: 按意见整改。, en: Put right what was found.}
    asks: [{id: paper, title: {zh: 整改报告, en: Report}, kind: document}]
verify: {by: no_new_finding}
"""
FORM = """\
title: {zh: 检查表, en: Sheet}
properties:
  cracks: {title: {zh: 裂缝数, en: Cracks}, type: integer, minimum: 0}
  state: {title: {zh: 结论, en: Result}, type: string, enum: [good, bad], titles: {good: {zh: 好, en: Good}}}
  note: {title: {zh: 备注, en: Note}, type: string, maxLength: 200}
required: [cracks]
"""
OVERVIEW = """\
title: {zh: 总览, en: Overview}
roles: [chief]
panels:
  - {id: open_cases, kind: table, title: {zh: 未结事件, en: Open cases}, source: cases, wide: 12}
  - id: places
    kind: map
    title: {zh: 桥梁, en: Bridges}
    query: |
      select bridge_id, name, lon, lat
      from bridge
    options: {lon: lon, lat: lat, label: name}
"""
ENTITY = """\
title: {zh: 一座桥, en: A bridge}
entity: bridge
key: bridge_id
panels:
  - id: about
    kind: entity
    title: {zh: 档案, en: About it}
    query: select * from bridge where bridge_id = $key
  - id: course
    kind: chart
    title: {zh: 应变, en: Strain}
    query: select read_at, strain from bridge_reading where bridge_id = $key order by read_at
    options: {x: read_at, y: [strain], unit: {zh: 微应变, en: µm/m}}
tabs:
  - {title: {zh: 概况, en: About}, panels: [about]}
  - {title: {zh: 过程, en: Course}, panels: [course]}
"""
INDICATOR = """\
title: {zh: 按时结案率, en: Closed in time}
numerator: select count(*) as value from "case" where closed_at <= due_at
denominator: select count(*) as value from "case" where closed_at is not null
rows: select number, level, closed_at from "case" where closed_at > due_at
unit: "1"
direction: up
target: 0.95
target_source: 示例
"""
STATE_TESTS = """\
- name: strain above its limit is red
  rule: strain_{n}
  at: 2026-05-06T12:00
  given:
    bridge: [{{bridge_id: B1, name: One, keeper: transport}}]
    bridge_reading: [{{bridge_id: B1, read_at: 2026-05-06T11:50, strain: 9999}}]
  expect: [{{bridge_id: B1, level: red}}]
- name: without a reading it cannot be judged, and a quiet bridge is normal
  rule: strain_{n}
  at: 2026-05-06T12:00
  given:
    bridge: [{{bridge_id: B1, keeper: transport}}, {{bridge_id: B2, keeper: transport}}]
    bridge_reading: [{{bridge_id: B2, read_at: 2026-05-06T11:50, strain: 1}}]
  expect: [{{bridge_id: B1, level: unknown}}, {{bridge_id: B2, level: none}}]
"""
EVENT_TESTS = """\
- name: an inspection that was not passed
  rule: failed_{n}
  at: 2026-05-06T12:00
  given:
    bridge: [{{bridge_id: B1, name: One}}]
    inspection: [{{inspection_id: 1, bridge_id: B1, done_at: 2026-05-06T11:30, passed: false}}]
  expect: [{{bridge_id: B1, inspection_id: 1, level: yellow}}]
- name: an inspection that was passed
  rule: failed_{n}
  at: 2026-05-06T12:00
  given:
    bridge: [{{bridge_id: B1, name: One}}]
    inspection: [{{inspection_id: 1, bridge_id: B1, done_at: 2026-05-06T11:30, passed: true}}]
  expect: []
"""


def contract(name: str) -> str:
    """Return the contract of one of the tables."""
    columns = []
    for told in COLUMNS[name].split():
        column, _, kind = told.partition(":")
        key = "        required: true\n        primaryKey: true\n" if kind.endswith("!") else ""
        kind = kind.removesuffix("!")
        zone = ", {property: zone, value: Asia/Shanghai}" if kind == "timestamp" else ""
        columns.append(COLUMN.format(name=column, kind=kind, key=key, zone=zone))
    return CONTRACT.format(id=name, columns="".join(columns))


def made_pack(name: str = "bridge_watch", rules: int = 2) -> dict[str, str]:
    """Return the files of a pack with that many rules; every second one is of events."""
    files = {
        "pack.yaml": MANIFEST.format(name=name),
        "quality.yaml": "rules: {sentences: done, parameters: done, playbooks: done}\n",
        "tables/grade.csv": "grade,most\na,100\nb,200.5\n",
        "datasets/bridge_load.sql": "/* the greatest strain of a bridge */\n"
        "select r.bridge_id, max(r.strain) as strain from bridge_reading as r "
        "where r.strain < (select max(most) from grade) * 100 group by r.bridge_id\n",
        "playbooks/close_off.yaml": CLOSE_OFF,
        "playbooks/repair.yaml": REPAIR,
        "forms/check_sheet.yaml": FORM,
        "views/overview.yaml": OVERVIEW,
        "views/bridge.yaml": ENTITY,
        "indicators/closed_in_time.yaml": INDICATOR,
        "samples/bridge.csv": "bridge_id,name,lon,lat,built\nB1,One,120.1,30.2,2001-05-06\n",
        "README.md": "# Bridge watch\n",
        "README.zh.md": "# 桥梁监测\n",
    }
    files |= {f"contracts/{each}.odcs.yaml": contract(each) for each in COLUMNS}
    for n in range(1, rules + 1):
        if n % 2:
            files[f"rules/strain_{n}.sql"] = STATE.format(n=n)
            files[f"parameters/strain_{n}.yaml"] = PARAMETERS.format(
                n=n, value=100 + n, later=90 + n
            )
            files[f"tests/strain_{n}.yaml"] = STATE_TESTS.format(n=n)
        else:
            files[f"rules/failed_{n}.sql"] = EVENT.format(n=n)
            files[f"tests/failed_{n}.yaml"] = EVENT_TESTS.format(n=n)
    return files
