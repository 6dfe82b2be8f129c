"""Forgets what was built of older versions of a dataset, as rows of them were erased for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from duokua.engine.lock import exclusive, workshop
from duokua.engine.manifest import Manifest, publish_manifest, sync_folder
from duokua.exchange import indexing
from duokua.exchange.models import Interface
from duokua.exchange.selectors import manifest_of
from duokua.kernel import environment
from duokua.serving.export_store import forget_exports


def forget_older(dataset_id: str) -> None:
    """Remove every index of a dataset but those that are served, whoever may be reading them."""
    rows = list(Interface.objects.filter(dataset_id=dataset_id))
    for row in rows:
        folder = environment.read().indexes / row.id
        present = manifest_of(row.id)
        if present is None or not folder.is_dir():
            continue
        # Neither an index made from the one before nor a feed of earlier versions may stay.
        anew: dict[str, Any] = {"spec": "", "feed": None}
        publish_manifest(replace(present, **anew), folder)
        indexing.refresh(row)
        with exclusive(folder / "lock"), workshop(folder):  # which sweeps what a kill left
            _remove_others(row.id, manifest_of(row.id))
    # Last: one that was asked for meanwhile was still made from an older index.
    forget_exports(environment.read().exports, {row.id for row in rows})


def _remove_others(interface_id: str, present: Manifest | None) -> None:
    folder = environment.read().indexes / interface_id
    told = (present.index, present.export, getattr(present, "feed", None)) if present else ()
    for file in folder.iterdir():
        if file.suffix in (".sqlite", ".parquet") and file.name not in told:
            file.unlink(missing_ok=True)
    sync_folder(folder)
