"""Spans of time as they are said."""

from __future__ import annotations

import pytest

from duokua.lang.scenario.span import in_words


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("30s", "30 秒", "30 s"),
        ("15m", "15 分钟", "15 min"),
        ("2h", "2 小时", "2 h"),
        ("3d", "3 天", "3 d"),
        ("5wd", "5 个工作日", "5 working days"),
        ("soon", "soon", "soon"),
    ],
)
def test_a_span_in_words(written: str, zh: str, en: str) -> None:
    told = in_words(written)
    assert (told.zh, told.en) == (zh, en)
