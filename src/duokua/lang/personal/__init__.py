"""The personal-data finder (个人信息识别): what a cell or a column tells about whom."""

from __future__ import annotations

from duokua.lang.personal.columns import Judgement, judge_column
from duokua.lang.personal.finder import find
from duokua.lang.personal.hits import Finding, Hit
from duokua.lang.personal.names import is_name

__all__ = ["Finding", "Hit", "Judgement", "find", "is_name", "judge_column"]
