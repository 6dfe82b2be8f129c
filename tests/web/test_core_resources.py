"""Core resources (L4) are known to their own department, reviewers and auditors, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from duokua.lang.contract import Level
from duokua.lang.odcs import dump_contract
from web.conftest import NOW, WORKER

PAGES = ("/store/datasets/core/", "/store/interfaces/core_by_id/")
LISTS = ("/store/datasets/", "/store/interfaces/", "/store/datasets/?format=csv", "/search/?q=core")
INTERFACE = """\
interface: core_by_id
version: 1.0.0
title: {zh: 核心, en: Core thing}
description: {zh: 说明, en: Description}
dataset: core
shape: lookup
columns: [worker_id]
"""


@pytest.fixture
def core(db: None) -> Iterator[None]:
    from duokua.exchange import facade as exchange
    from duokua.lake import facade as lake

    contract = replace(WORKER, id="core", level=Level.L4)
    lake.register(dump_contract(contract), by="test", now=NOW)
    exchange.publish_interface(INTERFACE, source="core.yaml", by="test", now=NOW)
    yield


@pytest.mark.parametrize(
    ("who", "sees"),
    [("steward_a", True), ("developer_b", False), ("bureau_a", True), ("auditor_c", True)],
)
def test_who_knows_of_it(core: None, sign_in: Callable[..., Client], who: str, sees: bool) -> None:
    browser = sign_in(who)
    for path in PAGES:
        assert browser.get(path).status_code == (200 if sees else 404), path
    for path in LISTS:
        body: Any = b"".join(browser.get(path))
        assert (b"core" in body.replace(b"q=core", b"").replace(b'value="core"', b"")) == sees, path
