"""The governed call against a constant, Datasette and ROAPI: ``python -m bench.governed_call``.

One run, one machine: the load generator (wrk, one thread) runs beside the server on the same cores.
Every server gets the same random keys, headers and number of connections. Rounds alternate between
the servers and the medians are compared, since single runs vary by a third.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from bench import loads, peers, servers, world
from bench.beside import exports_beside_lookups, portal_busy
from bench.loads import Load

RESULTS = Path(__file__).parent / "results" / "governed-call.json"
CONNECTIONS = 96
LOOKUP = "/data/person_by_id?id={}"
PAGE = "/data/persons?limit=100"
GOALS = {
    "of_bare": 0.40, "to_datasette": 15.0, "to_roapi": 100.0, "of_bare_portal_busy": 0.30,
    "page_to_datasette": 5.0, "page_10000_to_page_1": 0.8,
}  # fmt: skip


@dataclass(slots=True)
class Series:
    """The rounds of one server."""

    name: str
    runs: list[Load] = field(default_factory=list)

    def add(self, load: Load) -> None:
        """Take a round; one with refusals or errors does not count and must not happen."""
        if load.refused:
            raise RuntimeError(f"{self.name}: {load.refused} calls failed")
        self.runs.append(load)

    @property
    def rate(self) -> float:
        """Median calls per second."""
        return statistics.median(run.rate for run in self.runs)

    @property
    def p99_ms(self) -> float:
        """Median of the rounds' p99."""
        return statistics.median(run.p99_ms for run in self.runs)


def main() -> None:
    """Build, measure, print a table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    work = loads.scratch("governed-call")
    built = world.build(work / "home", args.rows)
    told = measure(built, work, args.rounds, args.seconds)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told) if args.json else table(told))


def measure(built: world.World, work: Path, rounds: int, seconds: float) -> dict[str, object]:
    """Run everything and return the figures."""
    names = ("governed", "bare", "datasette", "roapi", "page", "datasette_page", "page_far")
    series = {name: Series(name) for name in names}
    with (
        servers.gateway(built.home) as gateway,
        peers.datasette(built.home, work) as datasette,
        peers.roapi(built.home, work) as roapi,
    ):
        token = servers.token(gateway, "bench", world.SECRET)
        body = _get(f"http://127.0.0.1:{gateway}/data/person_by_id?id=5", token)
        peers.check(json.loads(body))
        peers.check(json.loads(_get(f"http://127.0.0.1:{datasette}/world/person/5.json")))
        peers.check(json.loads(_get(f"http://127.0.0.1:{roapi}/api/tables/person?filter[id]=5")))
        far = _far_cursor(gateway, token, built.rows)
        with servers.constant(body) as bare:

            def drive(
                name: str, port: int, path: str, keys: int = built.rows, s: float = seconds
            ) -> None:
                load = loads.drive(port, path, keys=keys if "{}" in path else 0, token=token,
                                   connections=CONNECTIONS, seconds=s)  # fmt: skip
                series[name].add(load)

            for _ in range(rounds):
                drive("bare", bare, LOOKUP)
                drive("governed", gateway, LOOKUP)
            for _ in range(min(rounds, 3)):
                drive("datasette", datasette, "/world/person/{}.json")
                drive("roapi", roapi, "/api/tables/person?filter[id]={}")
                drive("page", gateway, PAGE)
                drive("page_far", gateway, f"{PAGE}&cursor={far}")
                quick = "_size=100&_nocount=1&_nofacet=1&_nosuggest=1"
                drive("datasette_page", datasette, f"/world/person.json?{quick}")
        exports = exports_beside_lookups(gateway, token, built.rows)
    busy = portal_busy(token_for=world.SECRET, rows=built.rows, home=built.home, seconds=seconds,
                       connections=CONNECTIONS)  # fmt: skip
    return _result(series, exports, busy, built)


def _result(
    series: dict[str, Series], exports: dict[str, float], busy: Load, built: world.World
) -> dict[str, object]:
    rate = {name: one.rate for name, one in series.items()}
    ratios = {
        "of_bare": rate["governed"] / rate["bare"],
        "to_datasette": rate["governed"] / rate["datasette"],
        "to_roapi": rate["governed"] / rate["roapi"],
        "of_bare_portal_busy": busy.rate / rate["bare"],
        "page_to_datasette": rate["page"] / rate["datasette_page"],
        "page_10000_to_page_1": rate["page_far"] / rate["page"],
    }
    return {
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "goals": GOALS,
        "p99_ms": {name: round(one.p99_ms, 2) for name, one in series.items()},
        "rates_per_s": {name: round(value, 1) for name, value in rate.items()},
        "portal_busy": asdict(busy),
        "exports": exports,
        "connections": CONNECTIONS,
        "rows": built.rows,
        "index_build_s": round(built.build_s, 1),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rounds": {name: [round(run.rate) for run in one.runs] for name, one in series.items()},
    }


def _far_cursor(port: int, token: str, rows: int) -> str:
    """Return the cursor after page 10,000 (or as far as the rows go), found by walking in long pages."""
    wanted = min(10_000 * 100, int(rows * 0.97))  # the row filter hides one in fifty
    cursor, seen = "", 0
    while seen < wanted:
        limit = min(10_000, wanted - seen)
        url = f"http://127.0.0.1:{port}/data/persons?limit={limit}"
        page = json.loads(_get(f"{url}&cursor={cursor}" if cursor else url, token))
        seen += len(page["rows"])
        cursor = page["next"]
    return cursor


def _get(url: str, token: str | None = None) -> str:
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=120) as response:
        return str(response.read().decode())


def table(told: dict[str, object]) -> str:
    """Return the figures as a table for people."""
    lines = [
        f"governed call, {told['rows']:,} rows, {told['connections']} connections, {told['machine']}"
    ]

    def section(name: str) -> dict[str, float]:
        return cast("dict[str, float]", told[name])

    for name, value in section("rates_per_s").items():
        lines.append(f"  {name:<22} {value:>10,.0f} /s   p99 {section('p99_ms')[name]:>8.2f} ms")
    for name, value in section("ratios").items():
        goal = GOALS[name]
        lines.append(
            f"  {name:<22} {value:>10.2f}      reach {goal:g} {'✓' if value >= goal else '✗'}"
        )
    for name, value in section("exports").items():
        lines.append(f"  {name:<32} {value:>12,.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
