"""Laws of subjects: one normal form, one pseudonym for all spellings, none shared by kinds."""

from __future__ import annotations

import os
import random

from hypothesis import given, settings
from hypothesis import strategies as st

import personal_cells as writers
from duokua.kernel.errors import Fault
from duokua.lang.subject import Subject, SubjectKind, key_of, normalise, pseudonym

EFFORT = int(os.environ.get("EFFORT", "1"))
KEY = b"k" * 32
seeds = st.integers(0, 2**63).map(random.Random)
law = settings(max_examples=200 * EFFORT, deadline=None)
TRUE = {
    SubjectKind.PERSON: writers.resident,
    SubjectKind.COMPANY: writers.credit,
    SubjectKind.PHONE: lambda rng: rng.choice(writers.MOBILES) + writers.digits(rng, 8),
    SubjectKind.REGION: lambda rng: rng.choice(writers.COUNTIES),
    SubjectKind.PLACE: writers.address,
}


def normal(kind: SubjectKind, text: str) -> Subject:
    subject = normalise(kind, text)
    assert isinstance(subject, Subject), (kind, text)
    return subject


def respelled(rng: random.Random, text: str) -> str:
    """The same datum in another hand: blanks, full-width forms, lower case."""
    for change in rng.sample(
        [writers.wide, str.lower, lambda told: f"  {told} "], rng.randint(1, 3)
    ):
        text = change(text)
    return text


@law
@given(st.sampled_from(SubjectKind), st.text(max_size=24) | seeds.map(writers.messy_phone))
def test_a_normal_form_is_its_own(kind: SubjectKind, text: str) -> None:
    subject = normalise(kind, text)
    if isinstance(subject, Subject):
        assert normalise(kind, subject.normal) == subject


@law
@given(st.sampled_from(SubjectKind), seeds)
def test_every_spelling_has_one_pseudonym(kind: SubjectKind, rng: random.Random) -> None:
    text = TRUE[kind](rng)
    one, other = normal(kind, text), normal(kind, respelled(rng, text))
    assert one == other
    assert pseudonym("p1", KEY, kind, one.normal) == pseudonym("p1", KEY, kind, other.normal)


@law
@given(seeds)
def test_the_old_identity_number_is_the_same_person(rng: random.Random) -> None:
    old = writers.old_resident(rng)
    body = old[:6] + "19" + old[6:]
    assert normal(SubjectKind.PERSON, old).normal == body + writers.id_check(body)


@law
@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(SubjectKind),
    st.sampled_from(SubjectKind),
)
def test_kinds_and_values_never_meet(
    one: str, other: str, kind: SubjectKind, second: SubjectKind
) -> None:
    same = pseudonym("p1", KEY, kind, one) == pseudonym("p1", KEY, second, other)
    assert same == ((kind, one) == (second, other))


@law
@given(st.text(max_size=30), st.sampled_from(SubjectKind), st.binary(min_size=16, max_size=40))
def test_another_key_gives_another_pseudonym_and_shows(
    text: str, kind: SubjectKind, key: bytes
) -> None:
    first, second = pseudonym("p1", KEY, kind, text), pseudonym("p2", key, kind, text)
    assert (key_of(first), key_of(second)) == ("p1", "p2")
    assert (first.split(":")[1] == second.split(":")[1]) == (
        key.rstrip(b"\0") == KEY
    )  # HMAC pads with zeros
    assert len(first) == len("p1:") + 24


@law
@given(seeds)
def test_a_wrong_check_digit_is_a_fault_that_tells_no_value(rng: random.Random) -> None:
    number = writers.resident(rng)
    wrong = number[:17] + ("0" if number[17] != "0" else "1")
    fault = normalise(SubjectKind.PERSON, wrong)
    assert isinstance(fault, Fault)
    assert number[:6] not in fault.line()
