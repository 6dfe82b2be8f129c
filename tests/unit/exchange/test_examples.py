"""Examples stay examples, whatever people write into a grant."""

from __future__ import annotations

import ast
import shlex
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from duokua.exchange.examples import curl_example, python_example
from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.grant import Grant, Quota
from duokua.lang.interface import Interface, Parameter, Shape

NOW = datetime(2026, 5, 6, tzinfo=UTC)
TEXT = Text("甲", "a")
INFO = InterfaceInfo(
    Interface("a", "1.0.0", TEXT, TEXT, "d", "o", Shape.LOOKUP, ("k",),
              (Parameter("k", "k", required=True),), ("k",)),
    Contract("d", "1.0.0", TEXT, TEXT, "o", Level.L1,
             (Column("k", Kind.INTEGER, TEXT, required=True),), ("k",)),
    1, None, NOW,
)  # fmt: skip


def granted(purpose: str) -> GrantInfo:
    grant = Grant("g", "c", "o", "a", purpose, "b", ("k",), (), None, Quota(), 1, 0.0, 1.0)
    return GrantInfo(grant, "active", "t", NOW, None, "")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_purpose_cannot_become_a_command(purpose: str) -> None:
    example = curl_example("http://h", INFO, granted(purpose))
    inside = example.removeprefix("TOKEN=$(").rpartition("\n\ncurl -H ")[0].removesuffix(")")
    assert f"purpose={purpose}" in shlex.split(inside)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_purpose_cannot_become_a_program(purpose: str) -> None:
    tree = ast.parse(python_example("http://h", INFO, granted(purpose)))
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert purpose in literals
