"""Text that is no YAML: the line that its author has to mend, and how, in both languages."""

from __future__ import annotations

import pytest

from duokua.kernel.errors import Invalid
from duokua.lang import yamlfile


@pytest.mark.parametrize(
    ("text", "line", "what", "mend"),
    [
        ("a: 1\nb：2\nc: 3\n", 2, "full-width colon", "plain colon"),
        ("a: 1\nlast：2\n", 2, "full-width colon", "plain colon"),
        ("a:\n  - b: 1\n    id：x\n    c: y\n", 3, "full-width colon", "plain colon"),
        ("a:\n\t- 1\n", 2, "a tab indents", "spaces"),
        ("a: 1\nb\nc: 3\n", 2, "no colon", "key: value"),
        ('a: 1\nb: "open\nc: 3\n', 2, "never ends", "close it"),
        ("a: b: c\n", 1, "second colon", "quote"),
        ("a: {b: 1\nc: 2\n", 1, "has no }", "add the }"),
        ("a: [1, 2\nc: 2\n", 1, "has no ]", "add the ]"),
        ("a: 1\n b: 2\n", 2, "second colon", "indentation"),
        ("a:\n    b: 1\n  c: 2\n", 3, "not indented like", "align"),
        ("a: @x\n", 1, "no value begins", "quotes"),
        ('a: "\\q"\n', 1, "unknown letter after", "single quotes"),
    ],
)
def test_what_is_wrong_and_where(text: str, line: int, what: str, mend: str) -> None:
    with pytest.raises(Invalid) as caught:
        yamlfile.load(text, source="x.yaml")
    (fault,) = caught.value.faults
    assert (fault.where, what in fault.what.en) == (f"x.yaml:{line}", True), fault
    assert mend in fault.mend.en, fault
    assert fault.what.zh.startswith("不是合法的 YAML：") and fault.mend.zh


def test_a_colon_in_a_value_may_be_full_width() -> None:
    assert yamlfile.load("a: 时间：八点\n", source="x").value == {"a": "时间：八点"}
