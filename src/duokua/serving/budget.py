"""The budget of questions (提问预算): how many different ones a grant has asked of one version.

A question is written down before it is answered for the first time, so a crash forgets none; asked
again it is free, and gets the answer that it got. There are few, so one commit each is cheap.
"""

from __future__ import annotations

from pathlib import Path

from duokua.engine import sqlite
from duokua.serving.problems import Refusal

_SCHEMA = """
create table if not exists asked (
  grant_id text not null, version integer not null, question text not null,
  primary key (grant_id, version, question)) without rowid
"""
_DAY_S = 86_400  # new data or an owner's decision renews it: about when to look again


class Budgets:
    """What every grant has asked of the version that is served now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite.Connection | None = None
        self._asked: dict[tuple[str, int], set[str]] = {}

    def spend(self, grant: str, version: int, question: str, most: int) -> bool:
        """Charge a question unless it was asked before; return whether it was charged.

        :raises Refusal: ``budget_exhausted``.
        """
        asked = self._of(grant, version)
        if question in asked:
            return False
        if len(asked) >= most:
            state: dict[str, int | None] = {"questions": most, "questions_asked": len(asked)}
            raise Refusal("budget_exhausted", retry_after=_DAY_S, quota=state)
        self._open().execute("insert into asked values (?, ?, ?)", (grant, version, question))
        asked.add(question)
        return True

    def _of(self, grant: str, version: int) -> set[str]:
        asked = self._asked.get((grant, version))
        if asked is None:
            rows = self._open().execute(
                "select question from asked where grant_id = ? and version = ?", (grant, version)
            )
            asked = self._asked[grant, version] = {row[0] for row in rows}
        return asked

    def _open(self) -> sqlite.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite.connect(self._path)
            self._connection.execute(_SCHEMA)
        return self._connection

    def close(self) -> None:
        """Release the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
