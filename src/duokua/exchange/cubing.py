"""Building the cubes (立方体) of aggregate interfaces: only their shown cells reach the gateways.

With noise a release of the cube is charged to its budget before it is drawn; when the budget is
used up, the last release goes on being served.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from duokua.engine.cube import MOST_CELLS, Noisy, TooManyCells, build_cells, source_columns
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest, publish_manifest, replace_file
from duokua.exchange.selectors import manifest_of
from duokua.kernel import environment
from duokua.kernel.clock import iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Contract
from duokua.lang.cube import Cube, Noise, cell_columns, cube_to_json
from duokua.lang.interface import Interface
from duokua.serving.keys import subject_key

_log = logging.getLogger("duokua.exchange.cubing")


def refresh(id_: str, interface: Interface, contract: Contract, folder: Path) -> bool:
    """Build the cells of one cube if they are out of date; return whether they were.

    :raises Invalid: there are too many cells.
    """
    cube = interface.cube
    assert cube is not None  # noqa: S101 - of shape aggregate
    opened = lake.open_rows(contract.id, source_columns(cube, contract))
    if opened is None:
        return False
    head, batches = opened
    told, present = _spec(cube, contract), manifest_of(id_)
    if present and (present.version, present.spec) == (head.version, told):
        return False
    stands = present and present.spec == told
    if present and stands and not lake.rows_changed(contract.id, since=present.version):
        files = tuple(str(path) for path in head.files)  # they were merged, and nothing else
        moved = replace(present, version=head.version, as_of=iso(head.committed_at), files=files)
        publish_manifest(moved, folder)
        return True
    if cube.noise is not None and not _charge(id_, cube.noise, f"{head.version}/{told}"):
        _log.warning("the cube's noise budget is used up", extra={"interface": id_})
        return False
    made = cells(cube, contract, batches)
    index = folder / f"{head.version:010d}-{told[:8]}.sqlite"
    spec = IndexSpec(cell_columns(cube, contract), cube.dimensions, (), None)
    key = subject_key(environment.read().secret())
    rows = build_index(spec, made, index, subject_key=key)
    publish_manifest(
        Manifest(
            interface=id_,
            version=head.version,
            as_of=iso(head.committed_at),
            rows=rows,
            index=index.name,
            export=export_path(index).name,
            files=tuple(str(path) for path in head.files),
            spec=told,
        ),
        folder,
    )
    return True


def cells(
    cube: Cube, contract: Contract, batches: Iterable[pa.RecordBatch]
) -> list[pa.RecordBatch]:
    """Return the shown cells of a cube, with its noise if it has any.

    :raises Invalid: there are too many.
    """
    try:
        made = build_cells(cube, contract, batches, _laplace() if cube.noise else None)
    except TooManyCells:
        raise _too_many() from None
    found: list[pa.RecordBatch] = made.to_batches()
    return found


def _spec(cube: Cube, contract: Contract) -> str:
    """Return the hash of all that shapes the cells; another budget of questions does not."""
    told = cube_to_json(cube)
    del told["budget"]
    kinds = [[column.name, column.kind.value] for column in cell_columns(cube, contract)]
    body = {"cube": told, "kinds": kinds, "subject": contract.subject, "key": contract.key}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _charge(id_: str, noise: Noise, release: str) -> bool:
    """Charge one release; return whether the budget allows it. Kept beside the policy."""
    folder = environment.read().policy / "noise"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{id_}.json"
    releases: list[list[object]] = json.loads(path.read_text()) if path.exists() else []
    spent = sum(float(str(epsilon)) for _, epsilon in releases)
    if spent + noise.epsilon > noise.budget * (1 + 1e-9):
        return False
    replace_file(path, json.dumps([*releases, [release, noise.epsilon]]).encode())
    return True


def _laplace() -> Noisy:
    import opendp.prelude as dp  # here: it takes half a second, and few cubes have noise

    dp.enable_features("contrib")
    space = dp.atom_domain(T=float, nan=False), dp.absolute_distance(T=float)

    def noisy(value: float, scale: float) -> float:
        return float(dp.m.make_laplace(*space, scale)(value))

    return noisy


def _too_many() -> Invalid:
    return Invalid(
        Text(f"立方体超过 {MOST_CELLS} 格", f"the cube has more than {MOST_CELLS} cells"),
        Text("请减少维度，或改用更粗的维度", "take fewer or coarser dimensions"),
    )
