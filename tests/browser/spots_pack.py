"""A scenario for journeys: dust at some spots, kept in the pack's own table, so no data are asked for.

One spot after another goes over its limit now; three departments handle each together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

OWNER, BUILD, STREET, OFFICE = (
    "ecology",
    "housing_construction",
    "urban_management",
    "district_office",
)
_MANIFEST = """\
pack: spots
title: {zh: 扬尘点位, en: Dust spots}
description: {zh: 点位读数超限时三部门同案处置。, en: Three departments handle a spot over its limit.}
version: 1.0.0
platform: ">=0.1,<2.0"
owner: ecology
tier: bronze
purpose: dust_watch
basis: {zh: 示例依据, en: Example basis}
requires: []
consumes: []
provides: []
roles:
  inspector:
    title: {zh: 现场人员, en: Inspector}
    role: handler
    can: [accept, control, dispose, transfer, verify, comment]
"""
_COLUMNS = (
    ("spot_id", "string", "点位", "Spot"), ("spot_name", "string", "名称", "Name"),
    ("seen_at", "timestamp", "时间", "Seen at"), ("pm10", "number", "颗粒物", "Dust"),
    ("lon", "number", "经度", "Longitude"), ("lat", "number", "纬度", "Latitude"),
)  # fmt: skip
_RULE = """\
/*
title: {zh: 点位扬尘超限, en: Dust of a spot over the limit}
kind: event
basis: [{text: {zh: 示例条款第三条, en: "Example clause, art. 3"}, source: 示例, mark: P}]
subject: [spot_id]
occurred_at: seen_at
window: 2d
name: spot_name
place: [lon, lat]
show: [seen_at, pm10]
playbook: joint
*/
select s.spot_id, s.spot_name, s.seen_at, s.pm10, s.pm10 as value, $dust_limit as threshold, s.lon, s.lat,
  case when s.pm10 >= 400 then 'red' else 'orange' end as level
from spot as s where s.seen_at >= $since and s.seen_at < $until and s.pm10 > $dust_limit
"""
_PARAMETER = """\
dust_limit:
  title: {zh: 颗粒物限值, en: Dust limit}
  unit: ug/m3
  values:
    2024-01-01: {value: 150, source: 示例, mark: P}
"""
_PLAYBOOK = """\
title: {zh: 联合降尘, en: Lay the dust together}
clocks:
  red: {accept: 15m, control: 1h, dispose: 24h, verify: 1wd}
  orange: {accept: 30m, control: 2h, dispose: 2d, verify: 2wd}
tasks:
  - id: scene
    title: {zh: 现场降尘, en: Lay the dust}
    department: ecology
    role: inspector
    lead: true
    order: {zh: 到场降尘并拍照。, en: Lay the dust and take a photo.}
    asks: [{id: photo, title: {zh: 现场照片, en: Photo of the scene}, kind: photo}]
  - id: order
    title: {zh: 责令整改, en: Order to mend}
    department: housing_construction
    role: inspector
    order: {zh: 发整改通知。, en: Send an order.}
    asks: [{id: notice, title: {zh: 整改通知单, en: Order}, kind: form, form: notice}]
  - id: road
    title: {zh: 道路保洁, en: Clean the road}
    department: urban_management
    role: inspector
    order: {zh: 清洗道路。, en: Wash the road.}
    asks: [{id: said, title: {zh: 保洁说明, en: What was done}, kind: note}]
verify: {by: no_new_finding, sign: [housing_construction]}
steps:
  - {stage: accept, text: {zh: 先核对仪器。, en: Check the monitor first.}}
ladder:
  - {clock: accept, after: 15m, level: [red], to: head}
  - {clock: accept, after: 30m, level: [red], to: command, department: district_office}
"""
_FORM = """\
title: {zh: 整改通知单, en: Order}
properties:
  until: {title: {zh: 整改期限, en: To be mended by}, type: string, format: date}
  measure:
    title: {zh: 措施, en: Measure}
    type: string
    enum: [spray, cover]
    titles: {spray: {zh: 喷淋, en: Spray}, cover: {zh: 覆盖, en: Cover}}
required: [until, measure]
"""
_SENTENCES = """\
- name: over the limit
  rule: over_limit
  at: 2026-05-06T12:00:00+08:00
  given: {spot: [{spot_id: P1, spot_name: 一号, seen_at: "2026-05-06T11:00:00+08:00", pm10: 420}]}
  expect: [{spot_id: P1, level: red}]
- name: within the limit
  rule: over_limit
  at: 2026-05-06T12:00:00+08:00
  given: {spot: [{spot_id: P1, spot_name: 一号, seen_at: "2026-05-06T11:00:00+08:00", pm10: 100}]}
  expect: []
"""
_OVERVIEW = """\
title: {zh: 点位总览, en: All spots}
panels:
  - {id: over, kind: kpi, title: {zh: 超限点位, en: Spots over}, wide: 3,
     query: select count(*) as spots from spot where pm10 > $dust_limit, options: {value: spots, good: down}}
  - {id: mean, kind: gauge, title: {zh: 均值, en: Mean}, wide: 3,
     query: "select round(avg(pm10), 0) as pm10 from spot",
     options: {value: pm10, least: 0, most: 600, warn: 150, alarm: 400, unit: {zh: 微克/立方米, en: µg/m³}}}
  - {id: figures, kind: table, title: {zh: 指标, en: Indicators}, wide: 6, source: indicators,
     options: {columns: [title, value, target]}}
  - {id: places, kind: map, title: {zh: 点位图, en: Map of spots}, wide: 6,
     query: "select spot_id, spot_name, lon, lat,
       case when pm10 >= 400 then 'red' else 'orange' end as level from spot",
     options: {lon: lon, lat: lat, level: level, label: spot_name}}
  - {id: bars, kind: chart, title: {zh: 各点位读数, en: Readings}, wide: 6,
     query: "select spot_id, pm10 from spot order by spot_id", options: {draw: bar, x: spot_id, y: [pm10]}}
  - {id: listed, kind: table, title: {zh: 点位清单, en: Every spot}, wide: 12,
     query: "select spot_id, spot_name, seen_at, pm10 from spot",
     options: {sort: -pm10, rows: 5, open: spot}}
  - {id: found, kind: timeline, title: {zh: 最近发现, en: Found lately}, wide: 6, source: findings,
     options: {at: opened_at, text: name, by: rule, level: level}}
  - {id: cases, kind: table, title: {zh: 事件, en: Cases}, wide: 6, source: cases,
     options: {columns: [number, name, level, state, due_at], rows: 5}}
"""
_SPOT = """\
title: {zh: 单个点位, en: One spot}
entity: spot
key: spot_id
panels:
  - {id: about, kind: entity, title: {zh: 点位, en: The spot}, options: {},
     query: "select spot_id, spot_name, pm10, seen_at from spot where spot_id = $key"}
  - id: span
    kind: gantt
    title: {zh: 读数至今, en: Since the reading}
    query: |
      select spot_name as label, cast(seen_at as date) as begins, $today as ends, 'orange' as level
      from spot where spot_id = $key
    options: {label: label, from: begins, until: ends, level: level}
  - {id: notice, kind: form, title: {zh: 整改通知单, en: Order to mend}, options: {form: notice}}
tabs:
  - {title: {zh: 概况, en: Overview}, panels: [about, span]}
  - {title: {zh: 表单, en: Forms}, panels: [notice]}
"""
_INDICATOR = """\
title: {zh: 达标率, en: Share within the limit}
numerator: select count(*) as value from spot where pm10 <= $dust_limit
denominator: select count(*) as value from spot
rows: select spot_id, spot_name, pm10 from spot where pm10 > $dust_limit order by pm10 desc
unit: "1"
direction: up
target: 0.9
target_source: 示例
"""
_QUALITY = "rules: {sentences: done, parameters: done, playbooks: done}\n"


def _contract() -> str:
    columns = "".join(
        f"      - name: {name}\n        logicalType: {kind}\n"
        + ("        required: true\n        primaryKey: true\n" if name == "spot_id" else "")
        + "        customProperties: [{property: titleZh, value: "
        + f"{zh}}}, {{property: titleEn, value: {en}}}"
        + (", {property: timeZone, value: UTC}" if kind == "timestamp" else "")
        + "]\n"
        for name, kind, zh, en in _COLUMNS
    )
    return (
        "apiVersion: v3.1.0\nkind: DataContract\nid: spot\nname: spot\nversion: 1.0.0\n"
        "status: active\ncustomProperties:\n  - {property: titleZh, value: 点位}\n"
        "  - {property: titleEn, value: Spots}\n  - {property: ownerDepartment, value: ecology}\n"
        f"schema:\n  - name: spot\n    logicalType: object\n    properties:\n{columns}"
    )


def files(now: datetime, spots: int = 12) -> dict[str, str]:
    """Return the pack; every spot went over its limit ten minutes ago, every third one gravely."""
    at = (now - timedelta(minutes=10)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    rows = [
        f"P{n},{n} 号点位,{at},{420 if n % 3 == 0 else 260},{120.15 + n * 0.006:.4f},{30.16 + n * 0.004:.4f}"
        for n in range(spots)
    ]
    return {
        "pack.yaml": _MANIFEST,
        "contracts/spot.odcs.yaml": _contract(),
        "tables/spot.csv": "\n".join(["spot_id,spot_name,seen_at,pm10,lon,lat", *rows]) + "\n",
        "rules/over_limit.sql": _RULE,
        "parameters/limits.yaml": _PARAMETER,
        "playbooks/joint.yaml": _PLAYBOOK,
        "forms/notice.yaml": _FORM,
        "tests/over_limit.yaml": _SENTENCES,
        "views/overview.yaml": _OVERVIEW,
        "views/spot.yaml": _SPOT,
        "indicators/within.yaml": _INDICATOR,
        "quality.yaml": _QUALITY,
    }
