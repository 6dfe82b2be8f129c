"""Fetches from databases and HTTP into batches: each is streamed to a file, which then lands.

A run that was cut short begins again behind the last batch that landed: the cursor is part of the
batch's name, and a name lands once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from duokua.engine.databases import open_table
from duokua.engine.lock import workshop
from duokua.engine.tables import Slice, TableReader, write_parquet
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lake import landing, places, sources
from duokua.lake.sources import Errand, SourceRun
from duokua.lake.values import Mode

Fill = Callable[[Path], int]


def pull_table(errand: Errand) -> SourceRun:
    """Fetch a table or query: whole, or in slices by its cursor."""
    source = errand.source
    secret = sources.password(source.secret)
    with open_table(source, secret, errand.contract.columns) as reader:
        if source.cursor:
            return _slices(errand, reader)
        name = sources.full_name(errand)
        if sources.has_landed(source, name):
            return SourceRun(0, ())
        total = reader.count()
        return SourceRun(_land_slice(errand, reader, name, Slice(rows=total), 0), (name,))


def _slices(errand: Errand, reader: TableReader) -> SourceRun:
    source, rows, batches = errand.source, 0, list[str]()
    while True:
        part = reader.next_slice(sources.landed_upto(source), source.slice_rows)
        if part is None:
            return SourceRun(rows, tuple(batches))
        name = sources.range_name(source, part.above, part.upto)
        rows += _land_slice(errand, reader, name, part, rows)
        batches.append(name)


def _land_slice(errand: Errand, reader: TableReader, name: str, part: Slice, before: int) -> int:
    total = before + part.rows

    def fill(path: Path) -> int:
        def told(rows: int) -> None:
            errand.progress(before + rows, max(total, before + rows))

        return write_parquet(reader.batches(part), path, told)

    return land(errand, name, fill)


def land(errand: Errand, name: str, fill: Fill) -> int:
    """Let ``fill`` write a file and bring that in as the batch ``name``; return the rows landed.

    :raises Invalid: there were no rows, or they do not fit the contract.
    """
    source = errand.source
    with workshop(places.staging(source.dataset)) as folder:
        path = folder / f"{source.id}.parquet"
        if not fill(path):
            raise _nothing(source.id)
        return landing.ingest(
            source.dataset,
            path,
            batch=name,
            mode=cast(Mode, source.mode),
            newest_by=newest_by(errand),
            by=errand.by,
            now=errand.now,
        ).rows


def newest_by(errand: Errand) -> str | None:
    """Return the column that tells which of two rows of one key is newer: the cursor, if it can."""
    source, contract = errand.source, errand.contract
    if source.mode != "upsert" or not source.cursor:
        return None
    for column in contract.columns:
        if source.cursor == (column.source_name or column.name):
            return None if column.name in contract.key else column.name
    return None


def _nothing(source_id: str) -> Invalid:
    return Invalid(
        Text(f"数据源“{source_id}”没有任何行", f"the source {source_id!r} has no rows"),
        Text("请核对表、查询或接口；原有数据未变", "check it; what was there is unchanged"),
    )


def pull_pages(errand: Errand) -> SourceRun:
    """Fetch the pages of an HTTP source: whole, or what is new since the last run."""
    from duokua.engine.pages import Asked, fetch_pages

    source = errand.source
    above = sources.landed_upto(source) if source.cursor else ""
    if not source.cursor and sources.has_landed(source, sources.full_name(errand)):
        return SourceRun(0, ())
    with workshop(places.staging(source.dataset)) as folder:
        path = folder / f"{source.id}.parquet"
        asked = Asked(source, sources.password(source.secret), errand.contract.columns, above)
        fetched = fetch_pages(asked, path, errand.progress)
        if not fetched.rows and source.cursor:
            return SourceRun(0, ())
        name = (
            sources.range_name(source, above, fetched.upto)
            if source.cursor
            else sources.full_name(errand)
        )
        rows = land(errand, name, _moved(path, fetched.rows))
    return SourceRun(rows, (name,))


def _moved(path: Path, rows: int) -> Fill:
    def fill(into: Path) -> int:
        if rows:
            path.rename(into)
        return rows

    return fill
