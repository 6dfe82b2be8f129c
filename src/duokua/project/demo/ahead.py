"""Drawing rows ahead (先行造数): a process beside the build writes what that lands next.

Drawing is pure and as much work as bringing in; the rows are the same whoever draws them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from duokua.engine.arrow import arrow_schema
from duokua.lang.contract import Contract
from duokua.project.demo import rows, written
from duokua.project.demo.district import Row

_END_S = 10.0


@contextmanager
def drawn(scale: rows.Scale, ids: Sequence[str], folder: Path) -> Iterator[Callable[[str], Path]]:
    """Let a process draw declared datasets into ``folder``, in that order.

    Yields what waits for the file of one of them; that raises ``RuntimeError`` if the process
    ended before. When the block ends, so does the process.
    """
    fresh = multiprocessing.get_context("spawn")  # a fork would share the engine's threads
    told, teller = fresh.Pipe(duplex=False)
    drawing = fresh.Process(target=_draw, args=(scale, ids, folder, teller), daemon=True)
    drawing.start()
    teller.close()  # so that its end is seen
    ready: set[str] = set()

    def wait(id_: str) -> Path:
        while id_ not in ready:
            try:
                ready.add(told.recv())
            except EOFError:
                raise RuntimeError(f"the rows of {id_} were not drawn") from None
        return _place(folder, id_)

    try:
        yield wait
    finally:
        told.close()
        drawing.terminate()
        drawing.join(_END_S)


def _draw(scale: rows.Scale, ids: Sequence[str], folder: Path, teller: Connection) -> None:
    world = rows.World(scale)
    with suppress(BrokenPipeError):  # nobody waits any more
        for id_ in ids:
            contract = written.declared_contract(world.declared.datasets[id_], world.declared)
            write(contract, world.rows(id_), _place(folder, id_))
            teller.send(id_)


def _place(folder: Path, id_: str) -> Path:
    return folder / f"{id_}.parquet"


def write(contract: Contract, every: Iterable[Row], path: Path) -> None:
    """Write rows as a Parquet file with the columns of a contract, without what is latent."""
    listed = list(every)
    schema = arrow_schema(contract.columns)
    values: dict[str, list[Any]] = {
        field.name: [row[field.name] for row in listed] for field in schema
    }
    pq.write_table(pa.Table.from_pydict(values, schema=schema), path)
