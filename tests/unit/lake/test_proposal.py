"""A contract proposed from a file: what it says, and that the file then lands under it."""

from __future__ import annotations

import json
import random
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import personal_cells as writers
from duokua.cli.app import app
from duokua.engine.intake import stage
from duokua.kernel.errors import Invalid
from duokua.lake.proposal import Proposal, dataset_id, propose, would_break
from duokua.lang.contract import Kind, Level

HEAD = "工号,姓名,身份证号,联系电话,性别,入职日期,打卡时间,面积(平方米),温度,是否在岗,备注\n"


def workers(folder: Path, rows: int = 60) -> Path:
    """Write a file of workers as an export would, with a few faults of each kind."""
    rng = random.Random(5)
    lines = [
        ",".join(
            [
                f"W{at:04}",
                writers.name(rng),
                writers.resident(rng),
                "138" + writers.digits(rng, 8),
                rng.choice("男女"),
                f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                f"2026-05-06 {rng.randint(7, 18):02}:30:00",
                f"{rng.uniform(10, 99):.1f}",
                rng.choice(["21.5", "-3", "/", "30"]),
                rng.choice("是否"),
                f"第{at}行",
            ]
        )
        for at in range(rows)
    ]
    path = folder / "在场工人.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def proposed(path: Path) -> Proposal:
    return propose(path, dataset="site_worker", owner="housing")


def test_types_key_codes_units_and_levels(tmp_path: Path) -> None:
    found = proposed(workers(tmp_path))
    columns = {column.title.zh: column for column in found.contract.columns}
    kinds = {title: column.kind for title, column in columns.items()}
    assert kinds == {
        "工号": Kind.STRING,
        "姓名": Kind.STRING,
        "身份证号": Kind.STRING,
        "联系电话": Kind.STRING,
        "性别": Kind.STRING,
        "入职日期": Kind.DATE,
        "打卡时间": Kind.TIMESTAMP,
        "面积": Kind.NUMBER,
        "温度": Kind.NUMBER,
        "是否在岗": Kind.BOOLEAN,
        "备注": Kind.STRING,
    }
    assert found.contract.key == (columns["工号"].name,)
    assert [code.value for code in columns["性别"].codes] == ["女", "男"]
    assert (columns["面积"].unit, columns["打卡时间"].zone) == ("m2", "Asia/Shanghai")
    personal = {column.title.zh: column.personal for column in columns.values() if column.personal}
    assert personal == {"姓名": "name", "身份证号": "resident_id", "联系电话": "phone"}
    assert columns["身份证号"].level is Level.L3
    assert (found.contract.level, found.contract.subject) == (Level.L3, "resident_id")
    assert (columns["联系电话"].name, columns["联系电话"].title.en) == ("phone", "Phone")
    assert "/" in found.contract.null_words
    assert not columns["温度"].required
    assert (found.rows, found.broken.rows, found.exact_key) == (60, 0, True)


def test_the_file_lands_under_its_proposal(tmp_path: Path) -> None:
    path = workers(tmp_path)
    stage(path, proposed(path).contract, tmp_path / "out.parquet")
    assert pq.read_metadata(tmp_path / "out.parquet").num_rows == 60


def test_what_would_break_is_told_before_it_does(tmp_path: Path) -> None:
    path = workers(tmp_path, rows=200)
    text = path.read_text("utf-8").splitlines()
    cells = text[8].split(",")
    cells[7] = "约30"
    text[8] = ",".join(cells)
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    found = proposed(path)
    area = next(each.name for each in found.contract.columns if each.title.zh == "面积")
    assert found.broken.counts == ((area, "number", 1),)
    [cell] = found.broken.cells
    assert (cell.row, cell.column, cell.value, cell.reason) == (8, area, "约30", "number")
    assert would_break(path, found.contract) == found.broken


def test_a_repeated_row_leaves_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,kind\n" + "".join(f"{at},{at % 2}\n" for at in range(50)) + "1,1\n", "utf-8"
    )
    found = propose(path, dataset="a1", owner="housing")
    assert not found.exact_key
    assert found.broken.counts == ((found.contract.key[0], "twice", 1),)
    assert found.broken.cells[0].row == 51


def test_leading_zeros_long_numbers_and_days(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(
        "区划代码,编号,日期,年份,数量\n"
        + "".join(f"3301{at:02},00{at},202605{at:02},2026,{at}.0\n" for at in range(1, 29)),
        "utf-8",
    )
    kinds = [
        column.kind.value for column in propose(path, dataset="b1", owner="o").contract.columns
    ]
    assert kinds == ["string", "string", "date", "integer", "number"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a,b\n", "no rows"),
        ("a,a\n1,2\n", "name of another"),
        ("v\n0.5\n0.5\n", "identify a row"),
    ],
)
def test_a_file_that_cannot_have_a_contract_is_told_why(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(Invalid) as error:
        propose(path, dataset="x1", owner="o")
    assert words in " ".join([error.value.what.en, *(each.line() for each in error.value.faults)])


def test_an_unknown_word_stays_chinese_and_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("编号,塔吊吨位\n1,5\n2,6\n", "utf-8")
    found = propose(path, dataset="c1", owner="o")
    assert [note.translated for note in found.notes] == [True, False]
    assert found.contract.columns[1].name == "ta_diao_dun_wei"


def test_an_address_is_personal_beside_a_person_only(tmp_path: Path) -> None:
    rng = random.Random(2)
    places = [writers.address(rng) for _ in range(40)]
    site, home = tmp_path / "site.csv", tmp_path / "home.csv"
    site.write_text(
        "编号,工程地址\n" + "".join(f'{at},"{each}"\n' for at, each in enumerate(places)), "utf-8"
    )
    home.write_text(
        "编号,姓名,住址\n"
        + "".join(f'{at},{writers.name(rng)},"{each}"\n' for at, each in enumerate(places)),
        "utf-8",
    )
    built = propose(site, dataset="d1", owner="o").contract.columns[1]
    lived = propose(home, dataset="d2", owner="o").contract.columns[2]
    assert (built.personal, built.level) == (None, Level.L2)
    assert (lived.personal, lived.level) == ("address", Level.L3)


def test_the_command_writes_a_contract_and_hides_personal_values(tmp_path: Path) -> None:
    rng = random.Random(4)
    path, out = tmp_path / "people.csv", tmp_path / "c.yaml"
    born = [f"19{at + 30}-03-07" for at in range(60)] + ["约1961年生"]
    lines = [f"P{at:03},{writers.name(rng)},{day}" for at, day in enumerate(born)]
    path.write_text("编号,姓名,出生日期\n" + "\n".join(lines) + "\n", "utf-8")
    words = ["data", "propose", str(path), "--owner", "housing", "-o", str(out), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    value = json.loads(done.stdout)
    assert out.read_text("utf-8") == value["contract"]
    hidden = {"row": 61, "column": "birth_date", "value": "•••", "reason": "date"}
    assert value["broken"]["cells"] == [hidden]
    shown = CliRunner().invoke(app, words[:-1]).stdout
    assert "birth_date" in shown
    assert "1961" not in done.stdout + shown


def test_an_id_from_a_file_name() -> None:
    assert dataset_id("SiteWorkers 2026.csv") == "site_workers_2026"
    assert dataset_id("学校名称.xlsx") == "school_name"
    assert dataset_id("胡言.csv") == "hu_yan"
    assert dataset_id("！！.csv") == "dataset_1"


def test_a_spreadsheet_with_a_title_above_its_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["2026年工人登记表"])
    sheet.append(["工号", "入场日期", "工资(元)", "考勤时间"])
    for at in range(20):
        came, seen = date(2026, 5, 1 + at), datetime(2026, 5, 6, 7, at)  # noqa: DTZ001
        sheet.append([f"W{at}", came, 8000.5 + at, seen])
    book.save(tmp_path / "a.xlsx")
    found = propose(tmp_path / "a.xlsx", dataset="a1", owner="o")
    kinds = [column.kind.value for column in found.contract.columns]
    assert kinds == ["string", "date", "number", "timestamp"]
    assert (found.rows, found.broken.rows, found.contract.columns[2].unit) == (20, 0, "[CNY]")
    stage(tmp_path / "a.xlsx", found.contract, tmp_path / "out.parquet")
    assert pq.read_metadata(tmp_path / "out.parquet").num_rows == 20


def test_typed_files_keep_their_types(tmp_path: Path) -> None:
    lines = [{"设备编号": f"D{at}", "温度": at / 2, "启用": True} for at in range(10)]
    (tmp_path / "a.json").write_text(json.dumps(lines, ensure_ascii=False), "utf-8")
    found = propose(tmp_path / "a.json", dataset="a1", owner="o").contract
    assert [column.kind.value for column in found.columns] == ["string", "number", "boolean"]
    instants = [datetime(2026, 5, 6, 1, at) for at in range(10)]  # noqa: DTZ001
    table = pa.table({"id": list(range(10)), "t": instants, "s": ["a", "b"] * 5})
    pq.write_table(table, tmp_path / "b.parquet")
    typed = propose(tmp_path / "b.parquet", dataset="b1", owner="o").contract
    assert [column.kind.value for column in typed.columns] == ["integer", "timestamp", "string"]
    assert (typed.columns[1].zone, len(typed.columns[2].codes)) == ("Asia/Shanghai", 2)
