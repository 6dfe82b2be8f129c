"""Names what is wrong in a refused file: rows, columns, values, reasons, and how many of each."""

from __future__ import annotations

import duckdb

from duokua.engine.casts import reason_sql, value_sql
from duokua.engine.delta import TableHead
from duokua.engine.duck import DuckConnection, scan, text_literal
from duokua.engine.reasons import OTHER_STRUCTURE, REASONS, STRUCTURE
from duokua.engine.source import WRONG_FILE, Source, listed, note_encoding, quoted
from duokua.kernel.errors import Fault, Faults
from duokua.kernel.text import Text

MOST_FAULTS = 20
_MOST_CHARACTERS = 60
_MOST_OUTLINE = 60  # characters of a line whose structure is wrong
_ENCODING = "INVALID ENCODING"


def explain(
    duck: DuckConnection, source: Source, present: TableHead | None, *, unique: bool = True
) -> None:
    """Raise :class:`Invalid` with the first faults; return if the file is not at fault.

    Lines are told first: while some of them cannot be read, rows have no numbers yet.
    """
    check_lines(duck, source)
    faults = Faults(f"{source.path.name}: ")
    types = source.raw_types(duck)
    _values(duck, source, types, faults)
    faults.raise_if_any(WRONG_FILE)
    if unique:
        _repeated(duck, source, types, faults)
    if present is not None and present.files:
        _existing(duck, source, types, present, faults)
    if not _any_row(duck, source):
        faults.add("", "没有数据行", "there is no row", "请检查文件", "check the file")
    faults.raise_if_any(WRONG_FILE)


def check_lines(duck: DuckConnection, source: Source) -> None:
    """Raise :class:`Invalid` when lines of a CSV cannot be told apart into values."""
    if not source.parquet:
        faults = Faults(f"{source.path.name}: ")
        _structure(duck, source, faults)
        faults.raise_if_any(WRONG_FILE)


def _structure(duck: DuckConnection, source: Source, faults: Faults) -> None:
    try:
        read_all = f"select max(length(columns(*))) from {source.relation(rejects=True)}"  # noqa: S608
        duck.execute(read_all).fetchall()
    except duckdb.InvalidInputException as error:
        first = str(error).splitlines()[0]
        faults.add(
            "",
            f"CSV 无法解析（{first}）",
            f"the CSV cannot be parsed ({first})",
            "请统一换行符，并按 RFC 4180 重新导出",
            "use one kind of line end and export it again as RFC 4180",
        )
        return
    rejected = duck.execute(
        "select line, column_name, error_type, count(*) over (), csv_line from reject_errors "
        "order by line, error_type limit $most",
        {"most": MOST_FAULTS},
    ).fetchall()
    for line, column, kind, _, text in rejected:
        if kind == _ENCODING:
            continue
        what, mend = STRUCTURE.get(kind, OTHER_STRUCTURE)
        place = f"line {line}" + (f", {column}" if column else "")
        _add(faults, place, what, mend, _outline(text))
    if any(kind == _ENCODING for _, _, kind, _, _ in rejected):
        note_encoding(source.path, faults)
    if rejected:
        _count(faults, "", rejected[0][3])


def _outline(text: str | None) -> str | None:
    """Return where quotes and separators of a line are: what is between them may be a person's."""
    if text is None:
        return None
    return "".join("•" if each.isalnum() else each for each in text[:_MOST_OUTLINE])


def _values(duck: DuckConnection, source: Source, types: dict[str, str], faults: Faults) -> None:
    told = ", ".join(
        f"{{'c': {text_literal(column.name)}, "
        f"'v': left(cast({quoted(column.name)} as varchar), {_MOST_CHARACTERS}), "
        f"'r': {reason_sql(column, types[column.name])}}}"
        for column in source.contract.columns
    )
    bad = (
        f"select _row, _told.c as c, _told.v as v, _told.r as r from "  # noqa: S608
        f"(select _row, unnest([{told}]) as _told from {numbered(source)}) "
        "where _told.r is not null"
    )
    counts = duck.execute(
        f"select c, r, count(*) from ({bad}) group by c, r order by c, r"  # noqa: S608
    ).fetchall()
    if not counts:
        return
    for row, column, value, reason in duck.execute(
        f"{bad} order by _row, c limit {MOST_FAULTS}"
    ).fetchall():
        what, mend = REASONS[reason]
        _add(faults, f"row {row}, {column}", what, mend, value)
    for column, reason, count in counts:
        what, mend = REASONS[reason]
        faults.found.append(
            Fault(
                f"{faults.where}{column}",
                Text(f"共 {count} 处：{what.zh}", f"{count} in all: {what.en}"),
                mend,
            )
        )


def _repeated(duck: DuckConnection, source: Source, types: dict[str, str], faults: Faults) -> None:
    keys, place = listed(source.contract.key), ", ".join(source.contract.key)
    ranked = (
        f"(select _row, {keys}, row_number() over (partition by {keys} order by _row) as _nth "  # noqa: S608
        f"from {_typed_keys(source, types)})"
    )
    _keys(duck, f"from {ranked} where _nth > 1", place, "twice", faults)


def _existing(
    duck: DuckConnection,
    source: Source,
    types: dict[str, str],
    present: TableHead,
    faults: Faults,
) -> None:
    keys, place = listed(source.contract.key), ", ".join(source.contract.key)
    old = scan(present.files, source.contract.key)
    known = f"from {_typed_keys(source, types)} semi join {old} using ({keys})"
    _keys(duck, known, place, "exists", faults)


def _keys(duck: DuckConnection, rows: str, place: str, reason: str, faults: Faults) -> None:
    what, mend = REASONS[reason]
    keys = listed(place.split(", "))
    found = duck.execute(
        f"select _row, count(*) over (), {keys} {rows} order by _row limit {MOST_FAULTS}"
    ).fetchall()
    for row, _, *values in found:
        _add(faults, f"row {row}, {place}", what, mend, ", ".join(map(str, values)))
    if found:
        _count(faults, place, found[0][1])


def _any_row(duck: DuckConnection, source: Source) -> bool:
    return duck.execute(f"select 1 from {source.relation()} limit 1").fetchall() != []  # noqa: S608


def numbered(source: Source) -> str:
    """Return the SQL of the raw rows with their number in the file, ``_row``."""
    return source.numbered()


def _typed_keys(source: Source, types: dict[str, str]) -> str:
    by_name = source.contract.by_name
    values = ", ".join(
        f"{value_sql(by_name[name], types[name], lenient=True)} as {quoted(name)}"
        for name in source.contract.key
    )
    return f"(select _row, {values} from {numbered(source)})"  # noqa: S608


def _add(faults: Faults, place: str, what: Text, mend: Text, value: str | None) -> None:
    shown = "" if value is None else value[:_MOST_CHARACTERS]
    faults.add(
        place,
        f"“{shown}”{what.zh}" if shown else what.zh,
        f"{shown!r} {what.en}" if shown else what.en,
        mend.zh,
        mend.en,
    )


def _count(faults: Faults, place: str, count: int) -> None:
    if count > MOST_FAULTS:
        what = f"共 {count} 处", f"{count} in all"
        faults.add(place, *what, "请逐条更正后重试", "mend each, try again")
