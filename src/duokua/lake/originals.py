"""Originals that a watched folder keeps (原始文件): those that hold a subject go with it."""

from __future__ import annotations

from pathlib import Path

from duokua.engine.duck import open_duck
from duokua.engine.erasing import Chosen, choose_aside, count_rows
from duokua.engine.intake import stage_parted
from duokua.engine.lock import workshop
from duokua.engine.parts import synced
from duokua.kernel.errors import DuokuaError
from duokua.lake import places
from duokua.lake.models import Source
from duokua.lake.watching import DONE, FAILED
from duokua.lang.contract import Contract
from duokua.lang.source import SourceKind, source_from_json


def clean_originals(dataset_id: str, contract: Contract, chosen: Chosen) -> int:
    """Remove the files kept by the watched folders of a dataset in which a row is chosen.

    One that cannot be read goes as well: nobody can tell that the subject is not in it.
    """
    gone = 0
    for stored in Source.objects.filter(dataset_id=dataset_id):
        declared = source_from_json(stored.body)
        if declared.kind is not SourceKind.FOLDER:
            continue
        for kept in (Path(declared.folder) / DONE, Path(declared.folder) / FAILED):
            gone += _clean(kept, contract, chosen)
    return gone


def _clean(folder: Path, contract: Contract, chosen: Chosen) -> int:
    files = [file for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
    doomed = [file for file in files if _holds(file, contract, chosen)]
    for file in doomed:
        file.unlink(missing_ok=True)
    if doomed:
        synced([folder])
    return len(doomed)


def _holds(file: Path, contract: Contract, chosen: Chosen) -> bool:
    with workshop(places.staging(contract.id)) as work:
        good, aside = work / "good.parquet", work / "aside.parquet"
        try:
            stage_parted(file, contract, good, aside, unique=False)
        except DuokuaError:
            return True
        if good.exists() and count_rows([good], chosen):
            return True
        if not aside.exists():
            return False
        duck = open_duck(directories=[work])
        try:
            return bool(choose_aside(duck, aside, chosen))
        finally:
            duck.close()
