"""Days and times of a spreadsheet: numbers of days in Excel, shown as dates only by their style."""

from __future__ import annotations

from collections.abc import Sequence

from duokua.engine.files.formats import Format
from duokua.engine.files.table import Table, quoted
from duokua.lang.contract import Contract, Kind

_SERIAL = r"[1-9][0-9]{4,6}(\.[0-9]+)?"  # from 1927 on: a lesser number may be a year
_LAST = 2_958_465  # 9999-12-31


def with_days(table: Table, contract: Contract, names: Sequence[str], rows: str) -> str:
    """Read numbers in the date and time columns of a spreadsheet as days since its epoch.

    A date shown with midnight loses it and a time shown as a date alone gains it.
    """
    if table.format is not Format.XLSX:
        return rows
    by_name = contract.by_name
    columns = []
    for name in names:
        kind = by_name[name].kind if name in by_name else None
        columns.append(f"{_day(table, name, kind)} as {quoted(name)}")
    return f"(select {', '.join(columns)} from {rows})"  # noqa: S608


def _day(table: Table, name: str, kind: Kind | None) -> str:
    value = quoted(name)
    if kind not in (Kind.DATE, Kind.TIMESTAMP):
        return value
    epoch = "1904-01-01" if table.from_1904 else "1899-12-30"
    at = f"timestamp '{epoch}' + to_seconds(cast(round(cast({value} as double) * 86400) as bigint))"
    serial = f"regexp_full_match({value}, '{_SERIAL}') and try_cast({value} as double) <= {_LAST}"
    if kind is Kind.DATE:
        whole = f"regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} 00:00:00')"
        return (
            f"case when {serial} then strftime({at}, '%Y-%m-%d') "
            f"when {whole} then left({value}, 10) else {value} end"
        )
    whole = f"regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
    return (
        f"case when {serial} then strftime({at}, '%Y-%m-%d %H:%M:%S') "
        f"when {whole} then {value} || ' 00:00:00' else {value} end"
    )
