"""Runs a source (数据源)."""

from __future__ import annotations

from datetime import datetime

from duokua.engine.lock import exclusive
from duokua.lake import places, pulling, selectors, sources, watching
from duokua.lake.models import Source
from duokua.lake.sources import Errand, Progress, SourceRun
from duokua.lang.codec import contract_from_json
from duokua.lang.source import SourceKind, source_from_json


def run(source_id: str, *, key: str, by: str, now: datetime, progress: Progress) -> SourceRun:
    """Fetch what a source has; two runs of one source wait for each other.

    :raises NotFound: there is no such source.
    :raises Unavailable: the other end does not answer.
    :raises Invalid: its rows do not fit, or the declaration does not.
    """
    with exclusive(places.lock(f"source.{source_id}")):
        stored = sources.row(source_id)
        source = source_from_json(stored.body)
        contract = contract_from_json(selectors.dataset_row(source.dataset).contract)
        errand = Errand(source, contract, key, by, now, progress)
        if source.kind is SourceKind.FOLDER:
            done = watching.look(errand, stored)
        elif source.kind is SourceKind.HTTP:
            done = pulling.pull_pages(errand)
        else:
            done = pulling.pull_table(errand)
        Source.objects.filter(id=source_id).update(ran_at=now, rows=done.rows)
    return done
