"""How cases are shown: time left, the map, reasons, forms, buttons; and sending once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.errors import Conflict, Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.loop.actions.sending import KEPT, once
from duokua.loop.forms.asked import read_fields
from duokua.loop.forms.batch import Pick, read_picks
from duokua.loop.forms.schema import controls, read_body
from duokua.loop.models import Sent
from duokua.loop.showing.atlas import HEIGHT, OUTLINE, WIDTH, draw
from duokua.loop.showing.timing import left_of, length
from duokua.loop.showing.values import shown
from duokua.loop.states.case import CaseState
from duokua.loop.values.case import CaseRow

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
_NAME = Text("名", "Name")
ROW = CaseRow(
    number="T-1", pack="p", rule="r", title=_NAME, name="", subject='["S"]', level=Level.RED,
    state=CaseState.DISPATCHED, state_name=_NAME, lead="a", lead_name=_NAME, opened_at=NOW,
    changed_at=NOW, due_at=NOW, overdue=False, reopened=0, escalated=0, drill=False, lon=120.2,
    lat=30.2, revision=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "zh", "en", "tone"),
    [
        (30, "剩 30 秒", "30 s left", "warn"),
        (3600, "剩 1 小时", "1 h left", "warn"),
        (3661, "剩 1 小时 1 分", "1 h 1 min left", ""),
        (2 * 86_400 + 7200, "剩 2 天 2 小时", "2 d 2 h left", ""),
        (-300, "超时 5 分", "5 min over", "bad"),
    ],
)
def test_time_left_in_words(seconds: int, zh: str, en: str, tone: str) -> None:
    left = left_of(NOW + timedelta(seconds=seconds), NOW)
    assert (left.words.zh, left.words.en, left.tone) == (zh, en, tone)


def test_no_limit_is_told_as_one() -> None:
    assert left_of(None, NOW).words.en == "no limit runs"


UNITS = {"d": 86_400, "h": 3600, "min": 60, "s": 1}


@given(st.integers(0, 10**9))
def test_a_length_is_told_by_its_two_greatest_units(seconds: int) -> None:
    words = length(seconds).en.split()
    told = sum(int(n) * UNITS[unit] for n, unit in zip(words[::2], words[1::2], strict=True))
    finest = 3600 if seconds >= 86_400 else 60 if seconds >= 60 else 1
    assert 0 <= seconds - told < finest
    assert "0" not in words or seconds == 0


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_the_map_draws_what_is_near_within_its_frame_and_counts_the_rest(
    lon: float, lat: float
) -> None:
    told = draw([replace(ROW, lon=lon, lat=lat), replace(ROW, lon=None, lat=None)])
    assert len(told.points) + told.without == 2
    for point in told.points:
        assert 0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT


def test_the_gravest_lies_on_top() -> None:
    rows = [replace(ROW, level=level) for level in (Level.RED, Level.BLUE, Level.ORANGE)]
    assert [p.row.level for p in draw(rows).points] == [Level.BLUE, Level.ORANGE, Level.RED]


def test_a_district_draws_its_own_outline() -> None:
    far = [[(100.0, 20.0), (100.1, 20.0), (100.1, 20.1)]]
    assert draw([ROW], far).without == 1
    assert draw([replace(ROW, lon=100.05, lat=20.05)], far).without == 0
    assert draw([ROW]).outlines[0].count("L") == len(OUTLINE) - 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "—"),
        ("", "—"),
        (1.50, "1.5"),
        ([1, "a"], "1, a"),
        ({"a": 1}, "a: 1"),
        (0, "0"),
        ("2026-05-06T04:00:09.5Z", "2026-05-06 12:00"),
    ],
)
def test_a_value_in_words(value: Any, told: str) -> None:
    assert shown(value) == told


def test_yes_no_and_texts_are_in_two_languages() -> None:
    assert shown(True) == Text("是", "yes")
    assert shown({"zh": "甲", "en": "A"}) == Text("甲", "A")


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["depth", "kind", "fenced"],
    "properties": {
        "depth": {"title": {"zh": "深度", "en": "Depth"}, "type": "number", "minimum": 0},
        "count": {"title": {"zh": "数", "en": "Count"}, "type": "integer"},
        "kind": {"title": {"zh": "类", "en": "Kind"}, "type": "string", "enum": ["a", "b"],
                 "titles": {"a": {"zh": "甲", "en": "A"}}},
        "on": {"title": {"zh": "日", "en": "On"}, "type": "string", "format": "date"},
        "fenced": {"title": {"zh": "围挡", "en": "Fenced"}, "type": "boolean"},
        "seen": {"title": {"zh": "见", "en": "Seen"}, "type": "array", "items": {"enum": ["x"]}},
        "more": {"title": {"zh": "多", "en": "More"}, "type": "string", "maxLength": 2000},
    },
}  # fmt: skip


def test_a_schema_becomes_fields() -> None:
    kinds = {each.name: each.kind for each in controls(SCHEMA)}
    assert kinds == {
        "depth": "number", "count": "number", "kind": "choice", "on": "date", "fenced": "tick",
        "seen": "choices", "more": "lines",
    }  # fmt: skip
    kind = controls(SCHEMA)[2]
    assert kind.options == (("a", Text("甲", "A")), ("b", Text("b", "b")))
    assert controls(None) == ()


def test_what_was_typed_is_read_by_the_schema() -> None:
    form = {"v_depth": "1.5", "v_count": "x", "v_kind": "a", "v_on": "", "v_seen": "x"}
    body = read_body(SCHEMA, form, lambda name: ["x"] if name == "v_seen" else [])
    assert body == {"depth": 1.5, "count": "x", "kind": "a", "fenced": False, "seen": ["x"]}


def test_instants_are_of_the_district() -> None:
    told = read_fields({"f_until": "2026-05-06T12:00", "f_department": " works ", "f_x": " "})
    assert told == {"until": "2026-05-06T04:00:00Z", "department": "works"}


def test_picks_are_of_the_task_or_of_the_case() -> None:
    from django.http import QueryDict

    assert read_picks(QueryDict("one=accept|T-1|7|3|9")) == [Pick("accept", "T-1", 7, 3)]
    assert read_picks(QueryDict("verb=dispatch&case=T-1|7|3|9")) == [
        Pick("dispatch", "T-1", None, 9)
    ]
    assert read_picks(QueryDict("one=close|T-1|7|3|9")) == []
    assert read_picks(QueryDict("verb=claim&case=&case=T-2||x|")) == [
        Pick("claim", "T-2", None, None)
    ]


@pytest.mark.django_db
def test_the_same_key_is_done_once_and_what_failed_may_come_again() -> None:
    done: list[int] = []

    def work() -> dict[str, Any]:
        done.append(1)
        if len(done) == 1:
            raise Conflict(_NAME, _NAME)
        return {"n": len(done)}

    with pytest.raises(Conflict):
        once("a", "key-00000001", work, now=NOW)
    assert once("a", "key-00000001", work, now=NOW) == {"n": 2}
    assert once("a", "key-00000001", work, now=NOW) == {"n": 2}
    assert once("b", "key-00000001", work, now=NOW) == {"n": 3}
    with pytest.raises(Invalid):
        once("a", "short", work, now=NOW)


@pytest.mark.django_db
def test_old_keys_are_forgotten() -> None:
    once("a", "key-00000001", dict, now=NOW)
    once("a", "key-00000002", dict, now=NOW + KEPT + timedelta(days=1))
    assert list(Sent.objects.values_list("key", flat=True)) == ["key-00000002"]
