"""The match report of two departments' datasets."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import personal_cells as writers
from duokua.cli.app import app
from duokua.identity import facade as identity
from duokua.kernel.errors import Invalid
from duokua.lake import facade as lake
from duokua.lake.matching import Key, report
from duokua.lake.proposal import propose
from duokua.lang.subject import SubjectKind

NOW = datetime(2026, 5, 6, tzinfo=UTC)
KEY = Key("p1", b"s" * 32)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    identity.ensure_department("housing", "住建局", "Housing")
    return tmp_path


def land(home: Path, dataset: str, text: str) -> None:
    path = home / f"{dataset}.csv"
    path.write_text(text, "utf-8")
    found = propose(path, dataset=dataset, owner="housing")
    lake.register(found.yaml, by="a", now=NOW)
    lake.ingest(dataset, path, by="a", now=NOW)


def people(home: Path) -> list[str]:
    """Twenty workers, of whom the clinic knows some by number, by the old number, by name only."""
    rng = random.Random(8)
    numbers = []
    for at in range(20):
        body = "330102" + f"19{50 + at}0307" + f"{100 + at}"
        numbers.append(body + writers.id_check(body))
    names = [writers.SURNAMES[at] + "伟" + writers.GIVEN[at] for at in range(20)]
    phones = ["138" + writers.digits(rng, 8) for _ in range(20)]
    workers = [f"W{at},{names[at]},{numbers[at]},{phones[at]}" for at in range(20)]
    land(home, "worker", "工号,姓名,身份证号,手机号\n" + "\n".join(workers) + "\n")
    seen = [f"C{at},{names[at]},{numbers[at].lower()},-" for at in range(10)]  # exact
    seen.append(f"C10,{names[10]},{numbers[10][:6]}{numbers[10][8:17]},-")  # exact, old number
    seen.append(f"C11,{names[0]},{numbers[11]},-")  # conflict
    seen.append(f"C12,{names[12]},-,+86 {phones[12]}")  # probable by phone
    other = "330106" + numbers[13][6:14] + "555"
    seen.append(f"C13,{names[13]},{other + writers.id_check(other)},-")  # probable by birth date
    seen.append(f"C14,{names[14]},{numbers[14][:17]}{'0' if numbers[14][17] != '0' else '1'},-")
    land(home, "patient", "就诊号,姓名,身份证号,联系电话\n" + "\n".join(seen) + "\n")
    return numbers


def test_exact_probable_and_conflict(home: Path) -> None:
    numbers = people(home)
    found = report("worker", "patient", key=KEY)
    matched = found.matched
    assert (found.kind, found.key_id) == (SubjectKind.PERSON, "p1")
    assert (matched.exact, matched.probable, matched.conflict) == (11, 2, 1)
    assert (matched.left.rows, matched.left.subjects, matched.left.invalid) == (20, 20, 0)
    assert (matched.right.rows, matched.right.subjects, matched.right.invalid) == (15, 13, 1)
    reasons = sorted(pair.reason for pair in matched.queue)
    assert reasons == ["name_birth", "name_phone", "names_differ"]
    told = " ".join(f"{pair.left} {pair.right}" for pair in matched.queue)
    assert not any(number in told for number in numbers)


def test_the_command_tells_counts_and_pseudonyms_only(home: Path) -> None:
    numbers = people(home)
    done = CliRunner().invoke(app, ["data", "match", "worker", "patient", "--json"])
    assert done.exit_code == 0, done.output
    value = json.loads(done.stdout)
    assert (value["exact"], value["probable"], value["conflict"]) == (11, 2, 1)
    assert all(pair["left"].startswith("p1:") for pair in value["queue"])
    assert not any(number in done.stdout for number in numbers)
    assert "11" in CliRunner().invoke(app, ["data", "match", "worker", "patient"]).stdout


def test_a_dataset_about_nobody_cannot_be_matched(home: Path) -> None:
    people(home)
    land(home, "air", "编号,温度\n1,20.5\n2,21\n")
    with pytest.raises(Invalid, match="cannot be matched"):
        report("worker", "air", key=KEY)


def test_companies_match_by_credit_code(home: Path) -> None:
    rng = random.Random(9)
    codes = [writers.credit(rng) for _ in range(12)]
    head = "编号,统一社会信用代码\n"
    land(home, "builder", head + "".join(f"{at},{code}\n" for at, code in enumerate(codes)))
    land(
        home,
        "taxpayer",
        head + "".join(f"{at},{code.lower()}\n" for at, code in enumerate(codes[4:])),
    )
    found = report("builder", "taxpayer", key=KEY)
    assert (found.kind, found.matched.exact) == (SubjectKind.COMPANY, 8)
    with pytest.raises(Invalid, match="different kinds"):
        people(home)
        report("worker", "builder", key=KEY)
