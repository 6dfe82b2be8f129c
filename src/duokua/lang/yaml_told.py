"""What is wrong with text that is no YAML, in words for whoever wrote it (YAML 错误说明)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from duokua.kernel.text import Text

# A key, then the colon of a Chinese keyboard, which YAML takes for a letter.
_WIDE_COLON = re.compile(r"\s*(-\s+)?[\"']?[A-Za-z_$][\w.-]*[\"']?\s*：")
_TAB = re.compile(r" *\t")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing wrong: its line, counted from 1, what it is, and the mend."""

    line: int
    what: Text
    mend: Text


def tell(error: Exception, text: str) -> Told:
    """Tell why ``text`` is no YAML; ``error`` is what its reader raised."""
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None) or mark
    last = mark.line if mark else 0
    first = min(opened.line if opened else last, last)
    lines = text.splitlines()
    for at in range(max(first - 1, 0), min(last + 1, len(lines))):
        found = _of_line(lines[at], at + 1)
        if found is not None:
            return found
    problem = str(getattr(error, "problem", None) or str(error).splitlines()[0])
    for words, where, what, mend in _KNOWN:
        if words in problem:
            return Told((first if where == "first" else last) + 1, what, mend)
    return Told(
        last + 1,
        Text(f"不是合法的 YAML：{problem}", f"not YAML: {problem}"),
        Text("请检查缩进、冒号与引号", "check indentation, colons and quotes"),
    )


def _of_line(line: str, number: int) -> Told | None:
    if _WIDE_COLON.match(line):
        return Told(
            number,
            Text("不是合法的 YAML：键后是全角冒号“：”", "not YAML: a full-width colon (：) after the key"),
            Text("请改为半角冒号加一个空格“: ”", "write a plain colon and a space"),
        )  # fmt: skip
    if _TAB.match(line):
        return Told(
            number,
            Text("不是合法的 YAML：用制表符（Tab）缩进", "not YAML: a tab indents the line"),
            Text("请改用空格缩进", "indent with spaces"),
        )
    return None


_QUOTE_IT = Text("请给这个值加引号", "put the value in quotes")
# What the reader says, whether it is told where the thing began, what it means and the mend.
_KNOWN: tuple[tuple[str, str, Text, Text], ...] = (
    (
        "could not find expected ':'", "first",
        Text("不是合法的 YAML：这一行没有“键: 值”的冒号", "not YAML: no colon after the key on this line"),
        Text("请写成“键: 值”，冒号后留一个空格", "write key: value, with a space after the colon"),
    ),
    (
        "unexpected end of stream", "first",
        Text("不是合法的 YAML：从这一行起的引号没有结束", "not YAML: a quote that begins here never ends"),
        Text("请补上另一个引号", "close it with the same quote"),
    ),
    (
        "mapping values are not allowed", "last",
        Text("不是合法的 YAML：此处不能再有“: ”", "not YAML: a second colon, or a line indented too far"),
        Text("值里有冒号时请加引号；否则请检查缩进",
             "quote a value that holds a colon; else check the indentation"),
    ),
    (
        "did not find expected ',' or '}'", "first",
        Text("不是合法的 YAML：从这一行起的 { 没有配对的 }，或缺少逗号",
             "not YAML: the { that begins here has no } or lacks a comma"),
        Text("请补上 } 或半角逗号", "add the } or a comma"),
    ),
    (
        "did not find expected ',' or ']'", "first",
        Text("不是合法的 YAML：从这一行起的 [ 没有配对的 ]，或缺少逗号",
             "not YAML: the [ that begins here has no ] or lacks a comma"),
        Text("请补上 ] 或半角逗号", "add the ] or a comma"),
    ),
    (
        "did not find expected key", "last",
        Text("不是合法的 YAML：这一行与上文的缩进不齐", "not YAML: a line not indented like those above"),
        Text("同一层的键请对齐，值里的引号请配对", "align the keys of one level, and pair the quotes"),
    ),
    (
        "did not find expected '-' indicator", "last",
        Text("不是合法的 YAML：列表里这一行没有以 - 开头", "not YAML: a line of a list without its -"),
        Text("请每项以“- ”开头并对齐", "begin every item with a dash and a space"),
    ),
    (
        "cannot start any token", "last",
        Text("不是合法的 YAML：值不能以这个符号开头", "not YAML: no value begins with that sign"),
        _QUOTE_IT,
    ),
    (
        "found unknown escape character", "last",
        Text("不是合法的 YAML：双引号里的 \\ 后有不认识的字母",
             "not YAML: an unknown letter after \\ in quotes"),
        Text("请改用单引号", "use single quotes"),
    ),
)  # fmt: skip
