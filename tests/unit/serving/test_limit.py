"""How many rows a caller may ask for at once, however the number is written."""

from __future__ import annotations

import pytest

from duokua.kernel.errors import Faults
from duokua.lang.interface import DEFAULT_LIMIT, MAX_LIMIT
from duokua.serving.parameters import wanted_limit


@pytest.mark.parametrize(
    ("text", "limit"), [(None, DEFAULT_LIMIT), ("1", 1), ("007", 7), ("10000", MAX_LIMIT)]
)
def test_a_limit(text: str | None, limit: int) -> None:
    faults = Faults()
    assert wanted_limit(text, "json", faults) == limit
    assert not faults.found


@pytest.mark.parametrize(
    "text",
    ["0", "10001", "0000000019999999", "000000001" + "9" * 5000, "9" * 5000, "１", "1 ", "+1"],
)
def test_no_limit_is_beyond_the_largest(text: str) -> None:
    faults = Faults()
    wanted_limit(text, "json", faults)
    assert [fault.where for fault in faults.found] == ["limit"]
