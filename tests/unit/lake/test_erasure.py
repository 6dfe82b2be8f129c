"""A subject is erased for good: no byte of it stays in the home, and it does not come back."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from django.db import connection

from duokua.audit import facade as audit
from duokua.cli.app import app
from duokua.exchange import facade as exchange
from duokua.exchange import forgetting
from duokua.identity import facade as identity
from duokua.jobs import facade as jobs
from duokua.kernel import environment
from duokua.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from duokua.kernel.text import Text
from duokua.lake import derived, erasure_steps, places, purging, sending
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract
from duokua.serving.export_store import ExportJob

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
NUMBER = "11010119900307803X"
OLD = "110101900307803"
OTHERS = ("330102199003078176", "33010219900307735X")
CANARY = "zz-canary-7f3a-of-the-erased"
pytestmark = pytest.mark.django_db(transaction=True)

PATIENT = Contract(
    id="patient",
    version="1.0.0",
    title=Text("就诊", "Visits"),
    description=Text("就诊", "Visits"),
    owner="health",
    level=Level.L3,
    columns=(
        Column("id", Kind.STRING, Text("号", "Number"), required=True),
        Column("person", Kind.STRING, Text("身份证", "Id"), level=Level.L3, personal="resident_id"),
        Column("note", Kind.STRING, Text("备注", "Note")),
        Column("day", Kind.DATE, Text("日期", "Day")),
    ),
    key=("id",),
    subject="person",
)
COUNTED = Contract(
    id="noted",
    version="1.0.0",
    title=Text("备注数", "Notes"),
    description=Text("备注数", "Notes"),
    owner="health",
    level=Level.L2,
    columns=(
        Column("note", Kind.STRING, Text("备注", "Note"), required=True),
        Column("times", Kind.INTEGER, Text("数", "Count")),
    ),
    key=("note",),
    sql="select note, count(*) as times from patient group by note",
)
INTERFACE = """\
interface: visit_by_id
version: 1.0.0
title: {zh: 就诊, en: Visits}
description: {zh: 就诊, en: Visits}
dataset: patient
shape: lookup
columns: [id, person, note]
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with the subject in every place that one can be in."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    monkeypatch.setenv("DUOKUA_LANGUAGE", "en")
    identity.ensure_department("health", "卫健局", "Health")
    lake.register(dump_contract(PATIENT), by="li", now=NOW)
    lake.register(dump_contract(COUNTED), by="li", now=NOW)
    exchange.publish_interface(INTERFACE, source="i.yaml", by="li", now=NOW)
    return tmp_path


def bring(home: Path, batch: str, rows: str, mode: lake.Mode = "append") -> lake.IngestResult:
    path = home.parent / f"{batch}.csv"
    path.write_text("id,person,note,day\n" + rows, encoding="utf-8")
    return lake.ingest("patient", path, batch=batch, mode=mode, by="li", now=NOW)


def fill(home: Path) -> None:
    bring(home, "a", f"zz-{CANARY},{NUMBER},{CANARY},2026-01-01\nb,{OTHERS[0]},flu,\n")
    bring(home, "b", f"c,{OLD},{CANARY},\nd,{OTHERS[1]},flu,never {CANARY}\n")
    bring(home, "c", f"e, {NUMBER.lower()},{CANARY},not a day\nf,{OTHERS[1]},cold,\n")
    bring(home, "u", f"b,{OTHERS[0]},better,\nd,{NUMBER},{CANARY},\n", "upsert")
    derived.refresh("noted", by="li", now=NOW)
    for name in ("patient", "noted"):
        lake.refresh_profile(name)
        lake.check_quality(name, now=NOW)


def texts(home: Path) -> dict[str, str]:
    """Return all that anybody could read below the home: Parquet decoded, the rest as it is."""
    told = {}
    for path in home.rglob("*"):
        if not path.is_file() or "ledger" in path.relative_to(home).parts:
            continue
        raw = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            raw += str(pq.read_metadata(path).to_dict()) + str(pq.read_table(path).to_pylist())
        told[str(path.relative_to(home))] = raw
    return told


def where(home: Path, *words: str) -> set[str]:
    return {name for name, text in texts(home).items() if any(word in text for word in words)}


def erase(number: str = NUMBER) -> lake.ErasureInfo:
    subject = lake.whom("person", number)
    asked = lake.ask_erasure(
        subject, datasets=(), reason="on request", basis="PIPL 47", viewer=None, by="op", now=NOW
    )
    return lake.carry_out_erasure(asked.id, by="op", now=NOW)


def test_no_byte_of_the_subject_stays(home: Path) -> None:
    fill(home)
    before = where(home, CANARY, NUMBER, OLD)
    kinds = {"lake/patient/_quarantine", "serving/visit_by_id", "lake/patient/_delta_log"}
    kinds |= {"lake/patient/_stats", "lake/noted/_delta_log"}
    assert all(any(name.startswith(kind) for name in before) for kind in kinds), before
    done = erase()
    assert done.done
    assert done.rows >= 4
    # The row of another that stands aside for a wrong day holds the canary in its own right.
    left = where(home, NUMBER, NUMBER.lower(), OLD)
    assert left == set()
    assert all(name.startswith("lake/patient/_quarantine") for name in where(home, CANARY))
    assert lake.describe("patient").rows == 2
    assert {row["note"] for row in rows("noted")} == {"better", "cold"}
    with connection.cursor() as cursor:
        cursor.execute("select stats from lake_dataset")
        assert CANARY not in str(cursor.fetchall())
    assert all(NUMBER not in str(each) for each in audit.find(limit=10_000))


def rows(dataset: str) -> list[dict[str, object]]:
    names = list(lake.contract(dataset).by_name)
    opened = lake.open_rows(dataset, names)
    assert opened is not None
    return [row for batch in opened[1] for row in batch.to_pylist()]


def test_an_old_file_does_not_bring_it_back(home: Path) -> None:
    fill(home)
    done = erase(OLD)
    again = bring(home, "late", f"x,{NUMBER},n,\ny,{OTHERS[0]},n,\nz,{OLD},n,bad\nw,{OLD},n,\n")
    assert (again.rows, again.aside) == (1, 3)
    page = lake.quarantine("patient", viewer=None, batch="late")
    assert [(row.row, row.faults[0].reason) for row in page.rows] == [
        (1, "erased"), (3, "date"), (4, "erased"),
    ]  # fmt: skip
    assert page.rows[0].raw["person"] is None
    with pytest.raises(Invalid, match="subject"):
        bring(home, "only", f"x,{NUMBER},n,\n")
    lake.lift_erasure(done.id, reason="by order", viewer=None, by="op", now=NOW)
    assert bring(home, "lifted", f"x,{NUMBER},n,\n").rows == 1


def test_impact_is_shown_first_and_words_hold_no_number(home: Path) -> None:
    fill(home)
    subject = lake.whom("person", NUMBER)
    (told,) = lake.foresee_erasure(subject, datasets=(), viewer=None, by="li", now=NOW)
    assert (told.dataset, told.rows, told.aside) == ("patient", 3, 1)
    (looked,) = [each for each in audit.find(by="li") if each.verb == "data.subject.looked_for"]
    assert looked.detail == {"subject": subject.pseudonym, "datasets": ["patient"]}
    assert {each.id for each in told.affected} == {"noted", "visit_by_id"}
    assert lake.describe("patient").rows == 5
    with pytest.raises(NotFound):
        lake.foresee_erasure(subject, datasets=("patient",), viewer="water", by="li", now=NOW)
    for reason, basis in (("", "b"), ("r", ""), (f"for {NUMBER}", "b")):
        with pytest.raises(Invalid) as caught:
            lake.ask_erasure(
                subject, datasets=(), reason=reason, basis=basis, viewer=None, by="op", now=NOW
            )
        assert NUMBER not in str(caught.value)
    with pytest.raises(Invalid):
        lake.whom("person", "110101199003078030")


def test_one_that_is_cut_short_is_not_done_and_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home)
    subject = lake.whom("person", NUMBER)
    asked = lake.ask_erasure(
        subject, datasets=("patient",), reason="r", basis="b", viewer="health", by="op", now=NOW
    )
    (job,) = [each for each in jobs.jobs(limit=100) if each.kind == "lake.erase"]
    assert job.payload == {"erasure": asked.id}

    def cut() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasure_steps, "compact_database", cut)
        with pytest.raises(KeyboardInterrupt):
            lake.carry_out_erasure(asked.id, by="op", now=NOW)
    (shown,) = lake.erasures(viewer="health")
    assert not shown.done
    assert lake.erasures(viewer="water") == []
    assert lake.carry_out_erasure(asked.id, by="lake", now=NOW).done
    again = lake.carry_out_erasure(asked.id, by="lake", now=NOW)
    assert again.done
    assert again.rows == 4


def test_a_derived_dataset_that_cannot_be_made_anew_is_emptied(home: Path) -> None:
    bring(home, "a", f"a,{NUMBER},{CANARY},\n")
    derived.refresh("noted", by="li", now=NOW)
    assert erase().done
    assert where(home, CANARY, NUMBER) == set()
    assert (lake.describe("noted").rows, lake.describe("patient").rows) == (0, 0)


def test_the_command_reads_the_number_from_a_file_or_its_input(home: Path) -> None:
    fill(home)
    file = home.parent / "number"
    file.write_text(NUMBER + "\n")
    args = ["data", "erase", "--subject", str(file), "--json"]
    args += ["--reason", "on request", "--basis", "PIPL 47"]
    run = CliRunner()
    looked = run.invoke(app, args)
    assert looked.exit_code == 0, looked.output
    assert '"rows": 3' in looked.output
    assert lake.describe("patient").rows == 5
    done = run.invoke(app, [*args[:3], "-", *args[4:], "--yes"], input=NUMBER)
    assert done.exit_code == 0, done.output
    assert '"done": true' in done.output
    assert NUMBER not in done.output
    assert where(home, NUMBER) == set()
    listed = run.invoke(app, ["data", "erased", "--json"])
    assert '"done": true' in listed.output


def test_it_is_not_called_done_while_a_file_holds_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home)
    with monkeypatch.context() as patch:
        patch.setattr(purging, "purge", lambda *given, **more: purging.Purged(0, 0))
        with pytest.raises(Conflict):
            erase()
        (shown,) = lake.erasures(viewer=None)
        assert not shown.done
    assert lake.carry_out_erasure(shown.id, by="lake", now=NOW).done
    assert where(home, NUMBER) == set()


def test_originals_and_files_on_their_way_go_too(home: Path) -> None:
    bring(home, "a", f"a,{OTHERS[0]},n,\n")
    folder = home / "drop"
    for kept, rows in (("done/mine.csv", NUMBER), ("done/theirs.csv", OTHERS[0]), ("failed/x", "")):
        (folder / kept).parent.mkdir(parents=True, exist_ok=True)
        (folder / kept).write_text(f"id,person,note,day\nk,{rows},n,\n" if rows else "\0")
    source = f"source: drop\ndataset: patient\nkind: folder\nfolder: {folder}\n"
    lake.add_source(source, place="s.yaml", by="li", now=NOW)
    (places.sent() / "sent-0").mkdir(parents=True)
    (places.sent() / "sent-0" / "f.csv").write_text(NUMBER)
    (places.drafts() / "draft-0").mkdir(parents=True)
    (places.drafts() / "draft-0" / "f.csv").write_text(NUMBER)
    erase()
    assert where(home, NUMBER) == set()
    assert [path.name for path in sorted(folder.rglob("*")) if path.is_file()] == ["theirs.csv"]


def test_an_export_that_was_begun_meanwhile_goes_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an index is made anew, the one before still answers whoever asks for an export."""
    fill(home)
    exports = environment.read().exports
    refresh = forgetting.indexing.refresh

    def slowly(*told: Any) -> bool:
        job = ExportJob("export-1", "visit_by_id", "g", "csv", "r-1", "", 0.0, state="done")
        (exports / job.id).mkdir(parents=True, exist_ok=True)
        (exports / job.id / "job.json").write_text(json.dumps(asdict(job)))
        (exports / job.id / "data").write_text(CANARY)
        return refresh(*told)

    monkeypatch.setattr(forgetting.indexing, "refresh", slowly)
    assert erase().done
    assert not list(exports.iterdir())


def test_a_file_that_is_queued_between_two_looks_is_not_taken_away(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home)
    look = erasure_steps.jobs.jobs
    sent: list[int] = []

    def meanwhile(**told: Any) -> list[jobs.JobInfo]:
        if told.get("kind") == sending.KIND and not sent:
            sent.append(1)
            rows = f"id,person,note,day\nq,{OTHERS[0]},flu,\n".encode()
            sending.send("patient", "q.csv", [rows], mode="append", strict=False, by="li", now=NOW)
        found: list[jobs.JobInfo] = look(**told)
        return found

    monkeypatch.setattr(erasure_steps.jobs, "jobs", meanwhile)
    with suppress(Unavailable):
        erase()
    assert sent
    assert [file for file in places.sent().rglob("q.csv") if file.is_file()]
