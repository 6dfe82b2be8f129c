"""A contract in the making (契约草案): a file sent by a steward, its proposal, their changes.

A draft lives in a folder of its own until it is accepted or a day old, and only its maker sees it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from duokua.engine.profile import Broken, BrokenCell
from duokua.kernel.clock import from_iso, iso
from duokua.kernel.errors import Conflict, Invalid, NotFound
from duokua.kernel.ids import new_id
from duokua.kernel.text import Text
from duokua.lake import facade, places, uploads
from duokua.lake.proposal import Proposal, dataset_id, propose, would_break
from duokua.lake.values import IngestResult
from duokua.lang.codec import contract_from_json, contract_to_json
from duokua.lang.contract import Column, Contract, Level
from duokua.lang.odcs import dump_contract, load_contract

MOST_BYTES = 256 << 20
_ID = re.compile(r"draft-[0-9a-f]{20}")
_SENT = "sent"
_BY_HAND = Text("请用 duokua data propose 与 ingest", "use duokua data propose and ingest")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as its maker sees it; ``doubtful`` columns still lack an English title."""

    id: str
    file: str
    rows: int
    contract: Contract
    exact_key: bool
    doubtful: tuple[str, ...]
    broken: Broken


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What the maker says of one column, in the file's order."""

    column: Column
    key: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What the maker says of the whole contract."""

    dataset: str
    title: Text
    null_words: tuple[str, ...]
    columns: tuple[ColumnChange, ...]


def begin(name: str, chunks: Iterable[bytes], *, by: str, department: str, now: datetime) -> Draft:
    """Keep a file and propose a contract for it.

    :raises Invalid: the file is too large, cannot be read, or nothing identifies its rows.
    """
    _sweep(now)
    draft = new_id("draft")
    folder = places.drafts() / draft
    folder.mkdir(parents=True, mode=0o700)
    try:
        # In a folder of its own: a file may be called as ours is.
        path = folder / _SENT / uploads.harmless(name)
        path.parent.mkdir()
        uploads.keep(path, chunks, MOST_BYTES, _BY_HAND)
        found = propose(path, dataset=dataset_id(name), owner=department, title=Path(name).stem)
        _store(folder, _state(found, path.name, by, now))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _read(folder)


def open_draft(draft: str, *, by: str) -> Draft:
    """Return a draft.

    :raises NotFound: there is none, or it is somebody else's.
    """
    return _read(_folder(draft, by))


def change(draft: str, wanted: Change, *, by: str) -> Draft:
    """Change a draft and look again at what its file would break.

    :raises NotFound: there is none, or it is somebody else's.
    :raises Invalid: the contract would be wrong; every fault at once, nothing is kept.
    """
    folder = _folder(draft, by)
    state = _load(folder)
    contract = changed(contract_from_json(state["contract"]), wanted)
    contract = load_contract(dump_contract(contract), source="contract")
    doubtful = set(state["doubtful"])
    state["doubtful"] = [
        fresh.name
        for was, fresh in zip(
            contract_from_json(state["contract"]).columns, contract.columns, strict=True
        )
        if was.name in doubtful and fresh.title.en == fresh.title.zh
    ]
    state["contract"] = contract_to_json(contract)
    state["broken"] = _broken_to_json(would_break(folder / _SENT / state["file"], contract))
    state["exact_key"] = not any(each[1] == "twice" for each in state["broken"]["counts"])
    _store(folder, state)
    return _read(folder)


def accept(draft: str, *, by: str, now: datetime) -> IngestResult:
    """Register the contract of a draft and bring its file in.

    :raises NotFound: there is no such draft, or it is somebody else's.
    :raises Conflict: a dataset of that id exists.
    :raises Invalid: no row would land.
    """
    folder = _folder(draft, by)
    state = _load(folder)
    contract = contract_from_json(state["contract"])
    text = dump_contract(contract)
    _check_free(load_contract(text, source=contract.id))
    if state["broken"]["rows"] >= state["rows"]:
        raise Invalid(
            Text("按此契约没有一行能够入湖", "no row would land under this contract"),
            Text("请先放宽契约或更正文件", "loosen the contract or mend the file first"),
        )
    facade.register(text, by=by, now=now, source=f"{contract.id}.odcs.yaml")
    result = facade.ingest(contract.id, folder / _SENT / state["file"], by=by, now=now)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _check_free(contract: Contract) -> None:
    try:
        found = facade.describe(contract.id)
    except NotFound:
        return
    if found.contract == contract and not facade.batches(contract.id, limit=1):
        return  # an acceptance that was cut short: it goes on from there
    raise Conflict(
        Text(f"数据集“{contract.id}”已存在", f"the dataset {contract.id!r} exists already"),
        Text("请换一个标识", "choose another identifier"),
    )


def changed(old: Contract, wanted: Change) -> Contract:
    """Return ``old`` with what its maker says, right or wrong."""
    columns = tuple(
        replace(each.column, required=each.column.required or each.key) for each in wanted.columns
    )
    renamed = {was.name: now.name for was, now in zip(old.columns, columns, strict=True)}
    return replace(
        old,
        id=wanted.dataset,
        title=wanted.title,
        description=wanted.title,
        level=max((column.level for column in columns), default=Level.L1),
        columns=columns,
        key=tuple(each.column.name for each in wanted.columns if each.key),
        subject=renamed.get(old.subject or ""),
        null_words=wanted.null_words,
    )


def _folder(draft: str, by: str) -> Path:
    folder = places.drafts() / draft
    if _ID.fullmatch(draft) and (folder / "draft.json").is_file() and _load(folder)["by"] == by:
        return folder
    raise NotFound(
        Text("没有这份草案", "there is no such draft"),
        Text("草案保留一天，请重新上传文件", "drafts are kept for a day; send the file again"),
    )


def _state(found: Proposal, file: str, by: str, now: datetime) -> dict[str, Any]:
    return {
        "by": by,
        "at": iso(now),
        "file": file,
        "rows": found.rows,
        "contract": contract_to_json(found.contract),
        "exact_key": found.exact_key,
        "doubtful": [note.column for note in found.notes if not note.translated],
        "broken": _broken_to_json(found.broken),
    }


def _broken_to_json(broken: Broken) -> dict[str, Any]:
    cells = [[each.row, each.column, each.value, each.reason] for each in broken.cells]
    return {"rows": broken.rows, "counts": [list(each) for each in broken.counts], "cells": cells}


def _broken_from_json(value: dict[str, Any]) -> Broken:
    cells = tuple(BrokenCell(*each) for each in value["cells"])
    return Broken(value["rows"], tuple(tuple(each) for each in value["counts"]), cells)


def _store(folder: Path, state: dict[str, Any]) -> None:
    fresh = folder / "draft.json.new"
    fresh.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    fresh.replace(folder / "draft.json")


def _load(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / "draft.json").read_text(encoding="utf-8"))
    return state


def _read(folder: Path) -> Draft:
    state = _load(folder)
    return Draft(
        id=folder.name,
        file=state["file"],
        rows=state["rows"],
        contract=contract_from_json(state["contract"]),
        exact_key=state["exact_key"],
        doubtful=tuple(state["doubtful"]),
        broken=_broken_from_json(state["broken"]),
    )


def _sweep(now: datetime) -> None:
    """Remove drafts that nobody came back to."""
    for folder in places.drafts().glob("draft-*"):
        try:
            old = from_iso(_load(folder)["at"]) + uploads.KEPT < now
        except (OSError, ValueError, KeyError):
            old = datetime.fromtimestamp(folder.stat().st_mtime, now.tzinfo) + uploads.KEPT < now
        if old:
            shutil.rmtree(folder, ignore_errors=True)
