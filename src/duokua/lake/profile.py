"""Profiles (数据概况) of datasets: about how many distinct values, and what rows look like.

Each file is read once, after it has landed; pages and commands never scan. Rows are shown of open
and internal columns only: what is personal or sensitive is reached through an interface or not at all.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from duokua.engine import delta
from duokua.engine.lock import workshop
from duokua.engine.sketch import HASH, estimate, merge, sketch_file
from duokua.kernel.errors import NotFound
from duokua.lake import places, selectors
from duokua.lake.models import Dataset, FileProfile, Profile
from duokua.lang.codec import contract_from_json
from duokua.lang.contract import Column, Contract

_ROWS = 20


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """What is known of a version; ``shown`` names the columns of ``rows``."""

    version: int
    distinct: dict[str, int]
    shown: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def refresh(dataset_id: str) -> None:
    """Look at the files that nobody has looked at, and tell of the newest version.

    :raises NotFound: there is no such dataset.
    """
    row = selectors.dataset_row(dataset_id)
    contract = contract_from_json(row.contract)
    try:
        head = delta.head(places.table(dataset_id))
    except NotFound:
        return
    if not head.files:
        return
    shown = [column for column in contract.columns if contract.may_show(column.name)]
    files = {file.name: file for file in head.files}
    known = _known(row, files, [column.name for column in shown])
    with workshop(places.staging(dataset_id)) as spill:
        for name, file in files.items():
            if name not in known:
                known[name] = _look(row, file, contract, shown, spill)
    _tell(row, head.version, contract, list(known.values()))


def of(dataset_id: str) -> ProfileInfo | None:
    """Return the profile of a dataset, ``None`` before its first batch was looked at."""
    found = Profile.objects.filter(dataset_id=dataset_id).first()
    if found is None:
        return None
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    # A newer contract may have closed a column since the files were looked at.
    may = {column.name for column in contract.columns if contract.may_show(column.name)}
    at = [place for place, name in enumerate(found.shown) if name in may]
    rows = tuple(tuple(row[place] for place in at) for row in found.rows) if at else ()
    return ProfileInfo(
        found.version, found.distinct, tuple(found.shown[place] for place in at), rows
    )


def _known(row: Dataset, files: dict[str, Path], shown: list[str]) -> dict[str, FileProfile]:
    """Return the profiles that still hold, and drop all others."""
    found = {each.file: each for each in FileProfile.objects.filter(dataset=row)}
    kept = {
        name: each
        for name, each in found.items()
        if name in files and each.hash == HASH and each.shown == shown
    }
    FileProfile.objects.filter(dataset=row).exclude(file__in=list(kept)).delete()
    return kept


def _look(
    row: Dataset, file: Path, contract: Contract, shown: list[Column], spill: Path
) -> FileProfile:
    sketches, rows = sketch_file(file, contract.columns, shown, _ROWS, spill)
    told = {name: b64encode(sketch).decode() for name, sketch in sketches.items()}
    profile, _ = FileProfile.objects.update_or_create(
        dataset=row,
        file=file.name,
        defaults={
            "hash": HASH,
            "shown": [column.name for column in shown],
            "rows": rows,
            "sketches": told,
        },
    )
    return profile


@transaction.atomic
def _tell(row: Dataset, version: int, contract: Contract, files: list[FileProfile]) -> None:
    distinct = {
        column.name: estimate(
            merge(
                b64decode(each.sketches[column.name])
                for each in files
                if column.name in each.sketches
            )
        )
        for column in contract.columns
    }
    share = max(1, _ROWS // len(files))
    rows = [told for each in files for told in each.rows[:share]][:_ROWS]
    shown = files[0].shown
    newer = Profile.objects.filter(dataset=row, version__gt=version).exists()
    if not newer:
        Profile.objects.update_or_create(
            dataset=row,
            defaults={"version": version, "distinct": distinct, "shown": shown, "rows": rows},
        )
