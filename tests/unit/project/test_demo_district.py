"""The rows of the demonstration: the same from one seed, keys unique, numbers nobody real has."""

from __future__ import annotations

import pytest
from stdnum.cn import ric, uscc

from duokua.lang.contract import Level
from duokua.project.demo import written
from duokua.project.demo.declared import catalogue
from duokua.project.demo.latent import Latent, credit_code
from duokua.project.demo.rows import World


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_check_digits_are_right_and_regions_are_nobodys(world: World) -> None:
    assert all(uscc.calc_check_digit(each[:-1]) == each[-1] for each in map(credit_code, range(99)))
    people = world.latent.person[:200] + world.latent.child[:200]
    for each in people:
        number = each["resident_id"]
        assert ric.calc_check_digit(number) == number[-1]
        assert number.startswith("9901")  # no register uses it
        assert each["phone"].startswith("100")  # no operator has it


def test_nobody_has_the_number_of_another() -> None:
    latent = Latent()
    numbers = [each["resident_id"] for each in (*latent.person, *latent.child)]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.slow
def test_keys_are_unique_and_nothing_latent_is_declared(world: World) -> None:
    known = catalogue()
    for id_, told in known.datasets.items():
        rows = world.rows(id_)
        assert len({tuple(row[name] for name in told.key) for row in rows}) == len(rows), id_
        assert not [name for name in told.by_name if name.startswith("_")]


def test_the_same_seed_draws_the_same_rows_in_whatever_order() -> None:
    one, other = World(), World()
    other.rows("noise_point")
    for dataset in ("food_inspection", "tower_crane", "licence_hygiene"):
        assert one.rows(dataset) == other.rows(dataset)


def test_personal_columns_are_never_open() -> None:
    known = catalogue()
    for told in known.datasets.values():
        contract = written.declared_contract(told, known)
        for column in contract.columns:
            assert column.personal is None or column.level >= Level.L3
        assert contract.level is not Level.L1 or not contract.personal
