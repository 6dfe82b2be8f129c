"""Who used my data: who may search, what is found, and that the number is kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from django.test import Client

from duokua.audit import facade as audit
from duokua.cli.app import app
from duokua.exchange import tracing
from duokua.kernel import environment
from duokua.ledger.record import segment_paths

Browser = Callable[..., Client]
NUMBER = "11010519491231002X"


def search(browser: Client, subject: str = NUMBER, reason: str = "当事人申请") -> Any:
    return browser.post("/receipts/subject/", {"subject": subject, "reason": reason})


@pytest.mark.parametrize(
    ("person", "status"),
    [("auditor_c", 200), ("steward_a", 200), ("developer_b", 403), ("bureau_a", 403)],
)
def test_who_may_search(sign_in: Browser, person: str, status: int) -> None:
    assert sign_in(person).get("/receipts/subject/").status_code == status
    assert search(sign_in(person)).status_code == status


def test_what_is_found_and_what_may_have_been(
    sign_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "pseudonyms", lambda secret, told: frozenset({bytes(8)}))
    context = search(sign_in("auditor_c")).context
    assert [one.row.id for one in context["certain"]] == ["r-3", "r-1"]
    assert context["certain"][1].row.columns == ("worker_id",)
    context = search(sign_in("steward_a")).context
    assert [one.row.id for one in context["certain"]] == ["r-1"]


def test_the_search_is_audited_and_the_number_is_kept_nowhere(sign_in: Browser) -> None:
    answer = search(sign_in("steward_a"))
    found = answer.context["found"]
    (told,) = audit.find(verb="receipt.subject_searched", limit=1)
    assert (told.seq, told.by, told.detail["among"]) == (found.audit_seq, "steward_a", "dept_a")
    assert told.detail["reason"] == "当事人申请" and told.detail["subjects"]
    assert NUMBER not in answer.content.decode()
    assert NUMBER.encode() not in orjson.dumps(told.detail)
    folder = environment.read().ledger / "audit"
    assert all(NUMBER.encode() not in path.read_bytes() for path in segment_paths(folder))


@pytest.mark.parametrize(
    ("subject", "reason"), [("", "x"), (" ", "x"), ("1", ""), ("1", "x" * 201)]
)
def test_what_is_left_out_is_told(sign_in: Browser, subject: str, reason: str) -> None:
    for language in ("en", "zh-hans"):
        answer = sign_in("auditor_c", language).post(
            "/receipts/subject/", {"subject": subject, "reason": reason}
        )
        assert answer.status_code == 422
        assert len(answer.context["faults"]) == 1
        assert "found" not in answer.context


def test_the_command(sign_in: Browser) -> None:
    done = CliRunner().invoke(
        app, ["receipts", "subject", "--reason", "check", "--json"], input=f"{NUMBER}\n"
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["certain"], told["possible"], told["more"]) == ([], [], False)
    assert told["audit"] > 0 and NUMBER not in done.output
    done = CliRunner().invoke(app, ["receipts", "subject", "--reason", "check"], input=NUMBER)
    assert done.exit_code == 0 and "0" in done.output
