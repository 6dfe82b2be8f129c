"""Judging, as laws: whatever comes is judged; windows equal a set; order within reach changes nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.ipc as pa_ipc
from hypothesis import given, settings
from hypothesis import strategies as st

from duokua.lang.sensing.stream_file import read_stream
from duokua.sensing.decoding import decode
from duokua.sensing.judging import Known, Remembered, judge
from duokua.sensing.window import NEW, OLD, REPEATED, WIDTH, Window
from duokua.serving.arrivals import ARROW, FOREIGN, NDJSON, Arrival, from_topic, lines_of
from sensing_world import NOW, STREAM, arrival, crane_contract, reading

DECLARED, CONTRACT = read_stream(STREAM, source="s.yaml"), crane_contract()
KNOWN = {name: Known(name, True, frozenset({name})) for name in ("C1", "C2")}
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["C1", "C2", "2026-05-06T07:08:09Z", "2026-05-06", "work", 1, 2.5]),
)  # fmt: skip


def _nested(each: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    inner = st.dictionaries(st.text(max_size=3), each, max_size=2)
    return st.one_of(st.lists(each, max_size=2), inner)


_VALUES = st.recursive(_SCALARS, _nested, max_leaves=4)
_NAMES = st.sampled_from([*(c.name for c in CONTRACT.columns), "units", "other"])
_EVENTS = st.dictionaries(_NAMES, _VALUES, max_size=7)
_LINES = st.one_of(
    _EVENTS.map(lambda e: json.dumps(e).encode()),
    _EVENTS.map(lambda e: json.dumps(e, ensure_ascii=False).encode(errors="surrogatepass")),
    st.binary(max_size=40).map(lambda b: b.replace(b"\n", b" ") or b"-"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_LINES, min_size=1, max_size=6), st.sampled_from([NDJSON, ARROW, FOREIGN]))
def test_whatever_comes_is_read_or_stands_aside(lines: list[bytes], form: str) -> None:
    good = arrival("C2", reading("C2", 5))
    odd = Arrival("C1", "crane_reading", NOW.timestamp(), form, b"\n".join(lines))
    told = decode(DECLARED, CONTRACT, [odd, good])
    judged = judge(DECLARED, CONTRACT, told, KNOWN, {})
    assert judged.touched >= {"C2"}  # the good one is believed whatever stands beside it
    if form == NDJSON:
        assert told.table.num_rows + len(told.poison) == len(lines) + 1
    else:
        assert len(told.poison) == 1


_COLUMNS = st.sampled_from(
    [pa.array([1]), pa.array(["C1"]), pa.array([1.5]), pa.array([True]), pa.array([None]),
     pa.array([b"x"]), pa.array([[1]]), pa.array([{"a": 1}]), pa.array([NOW]),
     pa.array([NOW.replace(tzinfo=None)]), pa.array([NOW.date()])]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_NAMES, _COLUMNS, min_size=1, max_size=6))
def test_arrow_of_any_shape_is_read_or_stands_aside(columns: dict[str, Any]) -> None:
    table, sink = pa.table(columns), pa.BufferOutputStream()
    with pa_ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body = sink.getvalue().to_pybytes()
    told = decode(DECLARED, CONTRACT, [Arrival("C1", "s", NOW.timestamp(), ARROW, body)])
    judge(DECLARED, CONTRACT, told, KNOWN, {})
    assert told.table.num_rows + len(told.poison) == 1


@given(st.lists(st.integers(-2, 40), max_size=60))
def test_a_window_is_a_set_of_numbers(numbers: list[int]) -> None:
    window, seen = Window(), set[int]()
    for number in numbers:
        wanted = OLD if number < 0 else REPEATED if number in seen else NEW
        assert window.take(number) == wanted
        seen |= {number} - {n for n in (number,) if n < 0}


@given(st.lists(st.integers(0, 3 * WIDTH), min_size=1, max_size=40), st.integers(1, 5))
def test_taking_many_at_once_is_taking_each(numbers: list[int], parts: int) -> None:
    one, other = Window(), Window()
    step = max(1, len(numbers) // parts)
    for begin in range(0, len(numbers), step):
        part = numbers[begin : begin + step]
        assert one.take_all(part) == [other.take(each) for each in part]
    assert one == other


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_disorder_and_repeats_within_reach_change_nothing(seed: int, cuts: int) -> None:
    chance = random.Random(seed)
    events = [reading("C1", n, NOW, wind_speed=n % 7) for n in range(30)]
    sent = [*events, *chance.sample(events, 10)]
    chance.shuffle(sent)
    remembered: dict[str, Remembered] = {}
    believed: list[int] = []
    step = max(1, len(sent) // cuts)
    for begin in range(0, len(sent), step):
        told = decode(DECLARED, CONTRACT, [arrival("C1", *sent[begin : begin + step])])
        judged = judge(DECLARED, CONTRACT, told, KNOWN, remembered)
        rows = told.table.column("seq").to_pylist()
        believed += [n for n, why in zip(rows, judged.against, strict=True) if not why]
    assert sorted(believed) == list(range(30))


@given(st.binary(max_size=60))
def test_a_payload_is_always_lines(payload: bytes) -> None:
    lines = lines_of(payload)
    found = from_topic("duokua/crane/C1", payload, "C1", 1.0)
    assert found is not None and found.body == (lines or b"-")
    assert all(line.strip() for line in found.body.split(b"\n")) or b"\n" not in payload


def test_topics_are_of_three_parts() -> None:
    for topic in ("duokua/a", "duokua/a/b/c", "other/a/b", "duokua//b", "duokua/a/", ""):
        assert from_topic(topic, b"{}", "b", 0.0) is None
    told = from_topic("duokua/a/b", b'[{"x": 1}, {"x": 2}]', None, 0.0)
    assert told is not None and (told.sender, told.body) == ("b", b'{"x":1}\n{"x":2}')
