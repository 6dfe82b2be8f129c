"""How long rules take: ``python -m bench.rules [--subjects N] [--rules N] [--found N] [--json]``.

A district of its own with a real gateway: a pack of 100 rules over a table of a million subjects is
evaluated whole, then after 1 % of the subjects have changed, each from reading through the gateway
to findings (and their cases) written. Stored in ``bench/results/rules.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "tests")]

from servers import free_port, running  # noqa: E402

RESULTS = ROOT / "results"
GOAL_WHOLE_S = 30.0
GOAL_CHANGED_S = 2.0
FIGURES = 10  # columns with a value each
OWNER = "bench_bureau"
_PACK = f"""\
pack: bench_pack
title: {{zh: 基准, en: Bench}}
description: {{zh: 基准, en: Bench}}
version: 1.0.0
platform: ">=0.1,<9.0"
owner: {OWNER}
tier: bronze
purpose: bench
basis: {{zh: 基准, en: bench}}
consumes: [{{table: point, fresh: 1d}}]
provides: [point]
roles:
  inspector: {{title: {{zh: 巡查员, en: Inspector}}, role: handler}}
"""
_PARAMETERS = """\
value_limit:
  title: {{zh: 上限, en: Limit}}
  unit: dB
  values:
    2024-01-01: {{value: {limit}, source: bench, mark: P}}
"""
_PLAYBOOK = """\
title: {zh: 检查, en: Look}
clocks:
  all: {accept: 2h, dispose: 3d, verify: 3d}
tasks:
  - id: inspect
    title: {zh: 检查, en: Look}
    department: $owner
    role: inspector
    order: {zh: 检查, en: Look.}
    asks: []
verify: {by: no_finding}
"""
_RULE = """\
/*
title: {{zh: 规则{n}, en: Rule {n}}}
kind: state
basis: [{{text: {{zh: 基准, en: Bench}}, source: bench, mark: P}}]
subject: [point_id]
name: point_id
playbook: inspect
*/
"""
_QUERIES = (
    "select point_id, {v} as value, $value_limit as threshold, case when {v} is null then null "
    "when {v} > $value_limit then 'red' else 'none' end as level from point",
    "select point_id, {v} as value, $value_limit as threshold, case when {v} > $value_limit then "
    "'yellow' else 'none' end as level, case when {v} > $value_limit * 0.95 then 'yellow' "
    "else 'none' end as keep_level from point",
    "select point_id, max({v}) as value, $value_limit as threshold, case when max({v}) > "
    "$value_limit then 'orange' else 'none' end as level from point group by point_id",
    "select p.point_id, p.{v} as value, a.factor, case when p.{v} * a.factor > $value_limit then "
    "'blue' else 'none' end as level from point as p join area as a on a.area = p.area",
)
_LEVELS = ("red", "yellow", "orange", "blue")  # what each of the queries finds
_SENTENCES = """\
- name: 高 / high
  rule: {rule}
  at: 2026-05-06T12:00
  given: {{point: [{{point_id: P1, area: a0, {values}}}]}}
  expect: [{{point_id: P1, level: {level}}}]
- name: 低 / low
  rule: {rule}
  at: 2026-05-06T12:00
  given: {{point: [{{point_id: P1, area: a0, {low}}}]}}
  expect: []
"""


def _column(name: str, kind: str, more: str = "") -> str:
    return (
        f"      - {{name: {name}, logicalType: {kind}{more}, customProperties: "
        f"[{{property: titleZh, value: {name}}}, {{property: titleEn, value: {name}}}]}}\n"
    )


def _contract(name: str, columns: str) -> str:
    return (
        f"apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nname: {name}\nversion: 1.0.0\n"
        "status: active\ncustomProperties:\n  - {property: titleZh, value: 点位}\n"
        "  - {property: titleEn, value: Points}\n  - {property: descriptionZh, value: 点位}\n"
        "  - {property: descriptionEn, value: Points}\n"
        f"  - {{property: ownerDepartment, value: {OWNER}}}\n"
        f"schema:\n  - name: {name}\n    logicalType: object\n    properties:\n{columns}"
    )


def pack_files(rules: int, limit: float) -> dict[str, str]:
    """Return the files of a pack with so many rules."""
    key = ", required: true, primaryKey: true, primaryKeyPosition: 1"
    values = "".join(_column(f"v{n}", "number") for n in range(FIGURES))
    point = _column("point_id", "string", key) + _column("area", "string") + values
    files = {
        "pack.yaml": _PACK,
        "parameters/limits.yaml": _PARAMETERS.format(limit=limit),
        "playbooks/inspect.yaml": _PLAYBOOK,
        "contracts/point.odcs.yaml": _contract("point", point),
        "contracts/area.odcs.yaml": _contract(
            "area", _column("area", "string", key) + _column("factor", "number")
        ),
        "tables/area.csv": "area,factor\n" + "".join(f"a{n},1\n" for n in range(20)),
        "quality.yaml": "rules: {sentences: done, parameters: done, playbooks: done, fresh: done}\n",
    }
    high, low = (", ".join(f"v{n}: {v}" for n in range(FIGURES)) for v in (5000, 1))
    for n in range(rules):
        query = _QUERIES[n % len(_QUERIES)].format(v=f"v{n % FIGURES}")
        files[f"rules/rule_{n}.sql"] = _RULE.format(n=n) + query + "\n"
        files[f"tests/rule_{n}.yaml"] = _SENTENCES.format(
            rule=f"rule_{n}", values=high, low=low, level=_LEVELS[n % len(_QUERIES)]
        )
    return files


def _interface(shape: str, name: str) -> str:
    columns = ", ".join(["point_id", "area", *(f"v{n}" for n in range(FIGURES))])
    order = "order: [point_id]\n" if shape == "page" else ""
    return (
        f"interface: {name}\nversion: 1.0.0\ntitle: {{zh: 点位, en: Points}}\n"
        f"description: {{zh: 点位, en: Points}}\ndataset: point\nshape: {shape}\n"
        f"columns: [{columns}]\n{order}"
    )


def _rows(path: Path, numbers: Any, seed: int) -> Path:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    columns = {
        "point_id": pa.array([f"P{n:07d}" for n in numbers]),
        "area": pa.array([f"a{n % 20}" for n in numbers]),
    }
    for n in range(FIGURES):
        columns[f"v{n}"] = pa.array(rng.random(len(numbers)) * 100)
    pq.write_table(pa.table(columns), path)
    return path


def prepare(home: Path, count: int, files: dict[str, str]) -> str:
    """Make the district: data, interfaces, the pack's program and its grants; return its client."""
    from django.core.management import call_command

    from duokua.exchange import facade as exchange
    from duokua.identity import facade as identity
    from duokua.kernel import clock
    from duokua.lake import facade as lake

    call_command("migrate", interactive=False, verbosity=0)
    identity.ensure_department(OWNER, "基准局", "Bench bureau")
    now = clock.now()
    lake.register(files["contracts/point.odcs.yaml"], by="bench", now=now)
    for shape, name in (("page", "point"), ("changes", "point_changes")):
        text = _interface(shape, name)
        exchange.publish_interface(text, source="i.yaml", by="bench", now=now)
    lake.ingest(
        "point", _rows(home / "whole.parquet", range(count), 1), by="bench", now=clock.now()
    )
    client, _ = exchange.create_client(title="bench", department=OWNER, by="bench", now=now)
    for name in ("point", "point_changes"):
        order = exchange.GrantOrder(
            client=client.id, interface=name, purpose="bench", basis="bench",
            valid_until=now + timedelta(days=9), row_cap=10 * count,
        )  # fmt: skip
        exchange.open_grant(order, by="bench", now=now)
    return str(client.id)


def changed(home: Path, count: int, turn: int) -> None:
    """Bring in new values of 1 % of the subjects, spread over all of them."""
    from duokua.kernel import clock
    from duokua.lake import facade as lake

    path = _rows(home / f"turn{turn}.parquet", range(turn, count, 100), 10 + turn)
    lake.ingest("point", path, mode="upsert", by="bench", now=clock.now())


def timed(**told: Any) -> dict[str, Any]:
    """Evaluate the pack and tell how long it took."""
    from duokua.kernel import clock
    from duokua.loop.facade import rules

    begun, cpu = time.perf_counter(), time.process_time()
    runs = rules.evaluate("bench_pack", now=clock.now(), **told)
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    failed = [run.error.en for run in runs if run.error]
    if failed:
        raise SystemExit(failed[0])
    return {
        "seconds": round(took, 3),
        "cpu_s": round(cpu, 3),  # of this process, without worker and gateway
        "rules": len(runs),
        "whole": sum(run.whole for run in runs),
        "in_rules_s": round(sum(run.took_ms for run in runs) / 1000, 3),
        "opened": sum(run.opened for run in runs),
        "cleared": sum(run.cleared for run in runs),
    }


def measure(count: int, rules: int, found: int, turns: int) -> dict[str, Any]:
    """Measure a whole evaluation, and several after changes."""
    import django

    limit = 100 * (1 - found / count)
    files = pack_files(rules, limit)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        home, port = Path(name) / "home", free_port()
        home.mkdir()
        environ = {"DUOKUA_HOME": str(home), "DUOKUA_PORT": str(port)}
        os.environ.update(environ)
        os.environ["DJANGO_SETTINGS_MODULE"] = "duokua.project.settings"
        django.setup(set_prefix=False)
        client = prepare(home, count, files)
        gateway = [sys.executable, "-m", "duokua.gateway"]
        stack.enter_context(running(gateway, port, "/healthz", environ))
        whole, later = _evaluated(home, client, files, count, turns)
    return {
        "name": "rules",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),  # beside what is measured
        "subjects": count,
        "rules": rules,
        "whole": whole,
        "changed_subjects": len(range(0, count, 100)),
        "after_changes": later,
        "after_changes_median_s": statistics.median(each["seconds"] for each in later),
        "goal_whole_s": GOAL_WHOLE_S,
        "goal_changed_s": GOAL_CHANGED_S,
    }


def _evaluated(
    home: Path, client: str, files: dict[str, str], count: int, turns: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from duokua.kernel import clock
    from duokua.loop.actions.evaluation.desk import clear_desks
    from duokua.loop.facade import rules

    rules.adopt(files, client=client, owner=OWNER, by="bench", now=clock.now())
    try:
        whole, later = timed(), []
        for turn in range(turns):
            changed(home, count, turn)
            later.append(timed())
    finally:
        clear_desks()
    return whole, later


def main() -> int:
    """Measure, print, store; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--found", type=int, default=10, help="subjects that each rule finds")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = measure(options.subjects, options.rules, options.found, options.turns)
    reached = result["whole"]["seconds"] <= GOAL_WHOLE_S
    reached &= result["after_changes_median_s"] <= GOAL_CHANGED_S
    result["reached"] = reached
    (RESULTS / "rules.json").write_text(json.dumps(result, indent=2) + "\n")
    if options.json:
        print(json.dumps(result))
        return 0 if reached else 1
    print(f"{'':<16}{'seconds':>9}{'in rules':>9}{'whole':>7}{'opened':>8}{'cleared':>9}")
    for what, told in [("whole", result["whole"]), *(("1 %", e) for e in result["after_changes"])]:
        print(f"{what:<16}{told['seconds']:>9}{told['in_rules_s']:>9}{told['whole']:>7}"
              f"{told['opened']:>8}{told['cleared']:>9}")  # fmt: skip
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
