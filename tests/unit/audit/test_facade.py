"""Audit records: registered verbs only, durable, chained, read back newest first."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from duokua.audit import facade
from duokua.cli.app import app
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.ledger.record import segment_paths
from duokua.ledger.verify import verify

NOON = datetime(2026, 11, 1, 4, tzinfo=UTC)
APPROVE, REVOKE = Text("批准授权", "grant approved"), Text("撤销授权", "grant revoked")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    facade.register({"sample.approve": APPROVE, "sample.revoke": REVOKE})
    return tmp_path


def _record_some() -> None:
    for minute in range(6):
        facade.record(
            "sample.revoke" if minute % 3 == 2 else "sample.approve",
            by="li" if minute < 4 else "wang",
            of=f"grant-{minute}",
            at=NOON + timedelta(minutes=minute),
            detail={"理由": minute},
        )


def _seqs(**filters: object) -> list[int]:
    return [entry.seq for entry in facade.find(**filters)]  # type: ignore[arg-type]


def test_newest_first_with_everything_that_was_told() -> None:
    _record_some()
    found = facade.find()
    assert [entry.seq for entry in found] == [6, 5, 4, 3, 2, 1]
    assert found[0] == facade.AuditRecord(
        seq=6,
        at=NOON + timedelta(minutes=5),
        verb="sample.revoke",
        label=REVOKE,
        by="wang",
        of="grant-5",
        detail={"理由": 5},
    )


def test_filters_and_pages() -> None:
    _record_some()
    assert _seqs(verb="sample.revoke") == [6, 3]
    assert _seqs(by="li", limit=2) == [4, 3]
    assert _seqs(by="li", limit=2, before_seq=3) == [2, 1]
    assert _seqs(of="grant-4") == [5]
    since, until = NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)
    assert _seqs(since=since, until=until) == [3, 2]


def test_nothing_was_recorded_yet() -> None:
    assert facade.find() == []


def test_a_verb_that_nobody_registered_is_refused_and_leaves_nothing(home: Path) -> None:
    with pytest.raises(Invalid) as caught:
        facade.record("sample.forget", by="li", of="grant-1", at=NOON)
    assert caught.value.faults[0].where == "sample.forget"
    assert not (home / "ledger" / "audit").exists()


@pytest.mark.parametrize(
    "verbs",
    [{"Approve": APPROVE}, {"sample": APPROVE}, {"sample.": APPROVE}, {"sample.approve": REVOKE}],
)
def test_a_malformed_or_doubled_verb_is_refused(verbs: dict[str, Text]) -> None:
    with pytest.raises(Invalid):
        facade.register(verbs)


def test_it_is_chained_and_anchored(home: Path) -> None:
    _record_some()
    assert facade.anchor(NOON + timedelta(minutes=6)) == 6
    verdict = verify(home / "ledger" / "audit", home / "anchors")
    assert (verdict.ok, verdict.records, verdict.anchored_to) == (True, 6, 6)


def test_the_command_line_verifies_it(home: Path) -> None:
    _record_some()
    run = CliRunner().invoke(app, ["audit", "verify", "--json"])
    assert run.exit_code == 0
    assert json.loads(run.stdout)["records"] == 6
    path = segment_paths(facade.folder())[0]
    path.write_bytes(path.read_bytes().replace(b'"by":"wang"', b'"by":"chen"', 1))
    run = CliRunner().invoke(app, ["audit", "verify", "--json"])
    assert run.exit_code == 1
    assert json.loads(run.stdout)["first_bad"] == 5
