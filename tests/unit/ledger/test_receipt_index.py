"""The receipt index agrees with a plain reading of the ledger, however it was filled."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.engine import sqlite
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Conflict
from duokua.ledger.record import segment_paths
from duokua.serving import receipt_index, receipt_search
from duokua.serving.receipt_index import ReceiptRow, catch_up, find, one, seq_of, totals
from ledgers import EFFORT, receipt, write_ledger

START = 1_790_000_000.0
COUNT = 3_000


def _made(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Receipts of many kinds, streams that close late or never, a clock that is set back."""
    made: list[dict[str, Any]] = []
    streams: list[int] = []
    at = START
    for seq in range(1, count + 1):
        at += rng.choice([0.5, 60.0, 900.0]) if rng.random() > 0.01 else -1800.0
        if streams and rng.random() < 0.1:
            of = streams.pop(rng.randrange(len(streams)))
            status = rng.choice(["complete", "aborted"])
            made.append(
                {"seq": seq, "kind": "close", "of": f"r-{of}", "at": at, "rows": rng.randint(0, 99)}
                | {"bytes": rng.randint(0, 9999), "subjects": None, "status": status}
            )
            continue
        stream = rng.random() < 0.15
        if stream:
            streams.append(seq)
        changes = {
            "at": round(at, 6),
            "grant": f"grant-{rng.randint(1, 12)}",
            "client": f"client_{rng.randint(1, 4)}",
            "department": rng.choice(["housing", "health", "water"]),
            "interface": rng.choice(["air_hourly", "metro_gates", "births"]),
            "purpose": rng.choice(["inspection", "study"]),
            "person": rng.choice([None, "li"]),
            "rows": None if stream else rng.randint(0, 5),
        }
        made.append(receipt(seq, **changes))
    return made


def _expected(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = {told["seq"]: dict(told, bytes=None) for told in made if told["kind"] == "open"}
    for row in rows.values():
        row["status"] = "open" if row["rows"] is None else "complete"
    for told in made:
        if told["kind"] == "close":
            rows[seq_of(told["of"])].update({key: told[key] for key in ("rows", "bytes", "status")})
    return [rows[seq] for seq in sorted(rows, reverse=True)]


def _fields(row: ReceiptRow) -> dict[str, Any]:
    same = "seq grant client department person purpose basis interface params rows bytes status"
    return {name: getattr(row, name) for name in same.split()}


def _same(found: list[ReceiptRow], expected: list[dict[str, Any]]) -> None:
    assert [_fields(row) for row in found] == [
        {name: told[name] for name in _fields(found[0])} for told in expected
    ]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    folder = tmp_path_factory.mktemp("receipts")
    made = _made(COUNT, random.Random(seed))
    write_ledger(folder, list(map(orjson.dumps, made)), segment_bytes=100_000)
    index = tmp_path_factory.mktemp("index") / "index.sqlite3"
    assert catch_up(folder, index) == COUNT
    assert catch_up(folder, index) == 0
    return index, _expected(made)


WORDS = {
    "interface": st.sampled_from(["air_hourly", "metro_gates", "births", "unknown"]),
    "client": st.sampled_from(["client_1", "client_2", "nobody"]),
    "grant": st.sampled_from(["grant-1", "grant-7"]),
    "purpose": st.sampled_from(["inspection", "study"]),
    "departments": st.frozensets(st.sampled_from(["housing", "health", "water"])),
    "interfaces": st.frozensets(st.sampled_from(["air_hourly", "metro_gates", "births"])),
    "since": st.integers(-5_000, 1_200_000),
    "until": st.integers(-5_000, 1_200_000),
    "before_seq": st.integers(1, COUNT + 5),
    "after_seq": st.integers(0, COUNT + 5),
    "oldest": st.booleans(),
}


def _fits(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    names = ("interface", "client", "grant", "purpose")
    equal = all(row[name] == wanted[name] for name in names if name in wanted)
    sets = ("departments", "interfaces")
    within = all(row[name[:-1]] in wanted[name] for name in sets if name in wanted)
    after = row["seq"] > wanted.get("after_seq", -1) and row["at"] >= START + wanted.get(
        "since", -1e9
    )
    before = row["seq"] < wanted.get("before_seq", 1e9) and row["at"] < START + wanted.get(
        "until", 1e9
    )
    return equal and within and after and before


@settings(max_examples=150 * EFFORT, deadline=None)
@given(st.fixed_dictionaries({}, optional=WORDS), st.integers(1, 60))
def test_any_search_equals_a_plain_filter(
    filled: tuple[Path, list[dict[str, Any]]], wanted: dict[str, Any], limit: int
) -> None:
    index, everything = filled
    expected = [row for row in everything if _fits(row, wanted)]
    if wanted.get("oldest"):
        expected = expected[::-1]
    asked = dict(wanted)
    for name in ("since", "until"):
        if name in asked:
            asked[name] = datetime.fromtimestamp(START + asked[name], UTC)
    found = find(index, **asked, limit=limit)
    assert [row.seq for row in found] == [row["seq"] for row in expected[:limit]]
    if found:
        _same(found, expected[:limit])


def test_pages_join_without_gap_or_doubling(filled: tuple[Path, list[dict[str, Any]]]) -> None:
    index, everything = filled
    seen: list[ReceiptRow] = []
    before = None
    while page := find(index, purpose="study", before_seq=before, limit=37):
        seen += page
        before = page[-1].seq
    _same(seen, [row for row in everything if row["purpose"] == "study"])


def test_totals_equal_a_count(filled: tuple[Path, list[dict[str, Any]]]) -> None:
    index, everything = filled
    calls = Counter(row["interface"] for row in everything)
    rows: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for row in everything:
        rows[row["interface"]] += row["rows"] or 0
        days[datetime.fromtimestamp(row["at"], SHANGHAI).date().isoformat()] += 1
    told = totals(index, by="interface")
    assert {total.key: (total.calls, total.rows) for total in told} == {
        key: (calls[key], rows[key]) for key in calls
    }
    by_day = totals(index, by="day")
    assert {total.key: total.calls for total in by_day} == days
    assert [total.key for total in by_day] == sorted(days)
    day = by_day[1].key
    midnight = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
    one_day = totals(index, by="day", since=midnight, until=midnight + timedelta(days=1))
    assert one_day == [by_day[1]]
    housing = totals(index, by="department", departments=frozenset({"housing"}))
    assert [total.key for total in housing] == ["housing"]
    assert totals(index, by="purpose", interfaces=frozenset()) == []


def test_searches_never_scan_the_receipts(
    filled: tuple[Path, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, _ = filled
    plans: list[str] = []
    asked: list[str] = []
    real = sqlite.connect

    def watched(path: Path, *, readonly: bool = False) -> sqlite.Connection:
        connection = real(path, readonly=readonly)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(receipt_search.sqlite, "connect", watched)
    since = datetime.fromtimestamp(START + 9_000, UTC)
    find(index, interface="births", client="client_2", since=since, until=since + timedelta(days=3))
    find(index)
    totals(index, by="day")
    connection = real(index, readonly=True)
    for statement in asked:
        steps = connection.execute(f"explain query plan {statement}").fetchall()
        plans += [step[3] for step in steps]
    connection.close()
    assert plans
    scans = [step for step in plans if step.startswith("SCAN")]
    assert all(step.split()[1] in ("u", "use", "t") for step in scans), scans


def test_however_the_filling_is_cut_short_each_receipt_is_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _made(600, random.Random(3))
    index = tmp_path / "index.sqlite3"
    monkeypatch.setattr(receipt_index, "_BATCH", 100)
    real = receipt_index._Filler._write
    rounds = {"n": 0}

    def torn(filler: Any, gathered: Any, place: Any) -> None:
        real(filler, gathered, place)
        rounds["n"] += 1
        if rounds["n"] % 2:
            raise OSError("the power went")

    monkeypatch.setattr(receipt_index._Filler, "_write", torn)
    for start in range(0, 600, 150):
        bodies = [orjson.dumps(told) for told in made[start : start + 150]]
        write_ledger(tmp_path / "receipts", bodies, segment_bytes=20_000)
        try:
            catch_up(tmp_path / "receipts", index)
        except OSError:
            catch_up_again = True
            while catch_up_again:
                try:
                    catch_up(tmp_path / "receipts", index)
                    catch_up_again = False
                except OSError:
                    continue
    assert rounds["n"] > 8
    _same(find(index, limit=1000), _expected(made))
    assert sum(total.calls for total in totals(index, by="day")) == len(_expected(made))


def test_an_index_of_another_ledger_refuses(tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite3"
    write_ledger(tmp_path / "one", [orjson.dumps(receipt(n)) for n in range(1, 50)])
    catch_up(tmp_path / "one", index)
    write_ledger(tmp_path / "two", [orjson.dumps(receipt(n, dv=4)) for n in range(1, 90)])
    with pytest.raises(Conflict, match="does not belong to this ledger"):
        catch_up(tmp_path / "two", index)
    for path in segment_paths(tmp_path / "one"):
        path.unlink()
    with pytest.raises(Conflict):
        catch_up(tmp_path / "one", index)


def test_one_receipt_by_its_number(filled: tuple[Path, list[dict[str, Any]]]) -> None:
    index, everything = filled
    row = one(index, everything[5]["seq"])
    assert row is not None
    _same([row], [everything[5]])
    assert row.id == everything[5]["id"]
    assert one(index, COUNT + 1) is None


def test_before_the_first_receipt_there_is_nothing(tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite3"
    assert (find(index), totals(index, by="day"), one(index, 1)) == ([], [], None)
    assert catch_up(tmp_path / "receipts", index) == 0
    assert find(index) == []


@pytest.mark.parametrize(("told", "seq"), [("r-12", 12), ("12", -1), ("r-", -1), ("r-x", -1)])
def test_the_number_in_an_id(told: str, seq: int) -> None:
    assert seq_of(told) == seq
