"""Decisions on a real PostgreSQL: rows are locked, nothing is decided or provisioned twice."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from campaigns.test_deciding_race import check, race

pytestmark = [pytest.mark.postgres, pytest.mark.campaign]


@pytest.mark.timeout(1800)
def test_eight_threads_decide_the_same_requests(
    server: Path, database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop database if exists deciding")
        connection.execute("create database deciding")
    url = f"postgresql://duokua@/deciding?host={server}"
    check(race(tmp_path / "home", DUOKUA_DATABASE_URL=url))
