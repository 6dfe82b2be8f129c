"""The finder on whole columns, and the numbers that it knows."""

from __future__ import annotations

import random

import pytest

import personal_cells as writers
from duokua.lang import identifiers
from duokua.lang.personal import Finding, find, judge_column

RNG = random.Random(7)


def many(write: object, count: int = 200) -> list[str]:
    rng = random.Random(11)
    return [write(rng) for _ in range(count)]  # type: ignore[operator]


@pytest.mark.parametrize("kind", sorted(writers.WRITERS))
def test_a_column_is_judged_by_its_cells_whatever_its_title(kind: str) -> None:
    judged = judge_column("x1", "数据项", many(writers.WRITERS[kind]))
    assert judged.kind == kind
    assert judged.share > 0.95


def test_names_are_judged_by_column_only() -> None:
    assert judge_column("x", "甲", many(writers.name)).kind is Finding.NAME
    assert judge_column("x", "联系人", many(writers.name)[:3]).kind is Finding.NAME
    assert judge_column("x", "项目名称", ["安全巡查", "高层住宅", "道路改造"] * 20).kind is None
    assert judge_column("x", "风险", ["高", "中", "低"] * 20).kind is None


def test_free_text_with_a_few_numbers_is_personal() -> None:
    notes = ["现场正常"] * 96 + [
        "请联系 13812345678",
        "电话 139-1234-5678",
        "已回访13700001111",
        "无",
    ]
    assert judge_column("remarks", "备注", notes).kind is Finding.PHONE


def test_a_title_alone_suffices() -> None:
    assert judge_column("phone", "联系电话", []).kind is Finding.PHONE
    assert judge_column("x", "手机号", ["138****5678", "139****1234"]).kind is Finding.PHONE
    assert judge_column("x", "出生日期", ["1990-03-07", "1985/12/1"]).kind is Finding.BIRTH_DATE
    assert judge_column("x", "登记日期", ["1990-03-07", "1985/12/1"]).kind is None


def test_figures_that_look_like_phones_are_figures() -> None:
    rng = random.Random(3)
    ids = [str(rng.randint(10**10, 10**12)) for _ in range(500)]
    assert judge_column("order_id", "订单编号", ids).kind is None
    assert (
        judge_column("t", "时间戳", [str(1_700_000_000_000 + at) for at in range(300)]).kind is None
    )


def test_the_place_of_a_hit_is_that_of_the_text() -> None:
    text = "张三，电话：１３８－１２３４－５６７８，完"
    [hit] = find(text)
    assert text[hit.start : hit.end] == "１３８－１２３４－５６７８"
    assert hit.normal == "+8613812345678"


def test_two_numbers_side_by_side_are_two() -> None:
    told = [hit.normal for hit in find("13812345678 13912345678")]
    assert told == ["+8613812345678", "+8613912345678"]


def test_a_check_digit_decides() -> None:
    number, code, card = writers.resident(RNG), writers.credit(RNG), writers.card(RNG)
    assert identifiers.resident_id(number) == number
    assert identifiers.company_code(code) == code
    assert identifiers.bank_card(card) == card
    for good, read in (
        (number, identifiers.resident_id),
        (code, identifiers.company_code),
        (card, identifiers.bank_card),
    ):
        wrong = {good[:-1] + sign for sign in "0123456789"} - {good}
        assert not any(map(read, wrong))


def test_regions_and_phones() -> None:
    assert identifiers.region("330102") == "330102"
    assert identifiers.region("330000") == "330000"
    assert identifiers.region("999999") is None
    assert identifiers.mobile("008613812345678") == "+8613812345678"
    assert identifiers.mobile("12812345678") is None
    assert identifiers.landline("057188888888") == "+8657188888888"
    assert identifiers.landline("01012345678") is None  # no subscriber's number begins with 1


def test_a_century_old_person_keeps_the_century() -> None:
    old = "330102" + "990101" + "996"
    assert (identifiers.resident_id(old) or "")[6:10] == "1899"
