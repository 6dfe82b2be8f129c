"""Checking folders of packs (检查场景包), several at once on as many cores as there are."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from duokua.kernel.errors import Fault, Invalid
from duokua.lang.law_folder import law_pack
from duokua.lang.law_pack import GROUNDS
from duokua.lang.scenario.reading import read_pack
from duokua.pack.folder import files_of

_FEW = 4  # beyond that further processes pay for their start


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in a folder: faults, or what pack it is."""

    path: Path
    faults: tuple[Fault, ...]
    pack: str = ""
    version: str = ""
    tier: str = ""
    rules: tuple[str, ...] = ()
    sentences: int = 0


def look(path: Path) -> Looked:
    """Check one folder."""
    try:
        files = files_of(path)
        if GROUNDS in files:  # a law pack: grounds and figures of the law, no rules
            law = law_pack(path.resolve().parent, path.resolve().name)
            return Looked(path, (), law.id, law.version, "law")
        pack = read_pack(files, folder=path.resolve().name)
    except Invalid as error:
        return Looked(path, error.faults or (Fault("", error.what, error.mend),))
    manifest = pack.manifest
    return Looked(
        path, (), manifest.pack, manifest.version, manifest.tier, tuple(sorted(pack.rules)),
        len(pack.sentences),
    )  # fmt: skip


def look_at(paths: Sequence[Path]) -> list[Looked]:
    """Check folders, in their order."""
    cores = min(os.cpu_count() or 1, len(paths))
    if len(paths) <= _FEW or cores < 2:
        return [look(path) for path in paths]
    # What they need is loaded already, and nothing here runs in threads.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        return list(pool.map(look, paths, chunksize=2))
