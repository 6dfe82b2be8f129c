"""The file in which quarantined rows are corrected (更正文件): written, read back, parted.

Its first two columns are the row's number in the source, by which it is found again, and its
faults in words; the others are the raw values under the names of the source.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

from duokua.kernel.errors import Fault, Faults, Invalid
from duokua.kernel.text import Language, Text
from duokua.lake.values import StandingRow
from duokua.lang.contract import Contract

ROW, FAULTS = "行号 row", "问题 problems"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_FIGURE = re.compile(r"[+-]?[0-9.,]+")
_WRONG = Text("更正文件有误", "the corrected file is wrong")
_MOST_FAULTS = 20


def written(contract: Contract, rows: Iterable[StandingRow], language: Language) -> Iterator[str]:
    """Yield the lines of the file, with the mark by which spreadsheets know UTF-8."""
    yield "\ufeff" + _line([ROW, FAULTS, *_names(contract)])
    null = (contract.null_words or ("",))[0]
    for row in rows:
        faults = "; ".join(
            f"{fault.column}: {fault.what.in_(language)} → {fault.mend.in_(language)}"
            for fault in row.faults
        )
        raw = [row.raw.get(column.name) for column in contract.columns]
        yield _line([str(row.row), faults, *(null if v is None else _safe(v) for v in raw)])


def _names(contract: Contract) -> list[str]:
    return [column.source_name or column.name for column in contract.columns]


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _safe(value: str) -> str:
    """Keep a spreadsheet from running a value as a formula; :func:`_plain` takes it back."""
    quoted = value.lstrip("'")
    risky = quoted.startswith(_FORMULA) and not (value is quoted and _FIGURE.fullmatch(value))
    return f"'{value}" if risky else value


def _plain(value: str) -> str:
    bare = value.startswith("'") and value.lstrip("'").startswith(_FORMULA)
    return value[1:] if bare else value


def read(path: Path, contract: Contract, into: Path, standing: Container[int]) -> list[int]:
    """Write the corrected values as a plain CSV; return the row number of each of its rows.

    :raises Invalid: the file lacks its first columns, or names rows that do not stand aside.
    """
    lines = _lines(path)
    header = [name.strip() for name in next(lines, [])]
    if ROW not in header:
        raise _not_ours(path)
    at = header.index(ROW)
    left_out = {at, header.index(FAULTS) if FAULTS in header else at}
    faults, numbers = Faults(f"{path.name}: "), list[int]()
    seen: set[int] = set()
    with into.open("w", encoding="utf-8", newline="") as file:
        plain = csv.writer(file)
        plain.writerow(_kept(header, left_out))
        for line in lines:
            if any(cell.strip() for cell in line):
                number = _number(line[at] if at < len(line) else "", seen, standing, faults)
                numbers.append(number)
                seen.add(number)
                plain.writerow([_plain(cell) for cell in _kept(line, left_out)])
    faults.found = faults.found[:_MOST_FAULTS]
    faults.raise_if_any(_WRONG)
    if not numbers:
        raise _not_ours(path)
    return numbers


def _lines(path: Path) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(_decoded(path), newline=""))
    except csv.Error:  # a value without end
        raise _not_ours(path) from None


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):  # what spreadsheets save here
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _not_ours(path)


def _kept(cells: Sequence[str], left_out: Container[int]) -> list[str]:
    return [cell for at, cell in enumerate(cells) if at not in left_out]


def _number(text: str, seen: Container[int], standing: Container[int], faults: Faults) -> int:
    number = int(text) if re.fullmatch(r"[0-9]{1,18}", text.strip()) else 0
    if number not in standing:
        faults.add(
            ROW,
            f"“{text}”不是隔离中的行",
            f"{text!r} is no row that stands aside",
            "请保留下载文件中的行号",
            "keep the row numbers of the download",
        )
    elif number in seen:
        faults.add(
            ROW, f"行号 {number} 重复", f"row {number} is there twice", "请删去其一", "remove one"
        )
    return number


def _not_ours(path: Path) -> Invalid:
    mend = Text(
        "请下载隔离数据，在其中更正后再上传", "download what stands aside and correct that file"
    )
    return Invalid(_WRONG, mend, faults=(Fault(path.name, _WRONG, mend),))


def only(plain: Path, into: Path, places: Iterable[int]) -> Path:
    """Write those rows of a plain CSV that are at ``places``, counted from 0."""
    wanted = set(places)
    with (
        plain.open(encoding="utf-8", newline="") as source,
        into.open("w", encoding="utf-8", newline="") as file,
    ):
        lines, kept = csv.reader(source), csv.writer(file)
        kept.writerow(next(lines))
        kept.writerows(line for at, line in enumerate(lines) if at in wanted)
    return into
