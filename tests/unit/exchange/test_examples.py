"""Examples stay examples, whatever people write into a grant."""

from __future__ import annotations

import ast
import json
import re
import shlex
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from duokua.exchange.examples import call_of, examples
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


def example(id_: str, purpose: str) -> str:
    found = examples(call_of("http://h", INFO, granted(purpose)))
    return next(each.code for each in found if each.id == id_)


ANY = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_purpose_cannot_become_a_command(purpose: str) -> None:
    inside = example("curl", purpose).partition("TOKEN=$(")[2].rpartition("\n\n# A refusal")[0]
    assert f"purpose={purpose}" in shlex.split(inside.removesuffix(")"))


@given(ANY)
def test_a_purpose_cannot_become_a_program(purpose: str) -> None:
    for id_ in ("python", "client"):
        tree = ast.parse(example(id_, purpose))
        literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert purpose in literals


@given(ANY)
def test_a_purpose_stays_a_text_of_javascript_and_java(purpose: str) -> None:
    """Both read JSON's texts as their own; Java's is ASCII, without its early escapes of lines."""
    told = re.search(r"^ +purpose: (.*),$", example("javascript", purpose), re.MULTILINE)
    assert told is not None and json.loads(told[1]) == purpose
    java = example("java", purpose)
    told = re.search(r'"&purpose=" \+ encode\((.*)\);$', java, re.MULTILINE)
    assert told is not None and json.loads(told[1]) == purpose
    assert java.isascii()
    assert not re.search(r"(?<!\\)(?:\\\\)*\\u000[ad]", java)
