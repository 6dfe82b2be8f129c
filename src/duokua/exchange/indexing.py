"""Building the serving indexes (服务索引) of interfaces after data or declarations changed."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from duokua.engine.delta import TableHead
from duokua.engine.feed import Step, build_feed, feed_path
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.livefeed import live_path, newest
from duokua.engine.lock import exclusive
from duokua.engine.manifest import Manifest, publish_manifest
from duokua.exchange import cubing
from duokua.exchange.models import Grant, Interface
from duokua.exchange.selectors import manifest_of
from duokua.exchange.states import LIVE
from duokua.kernel import environment
from duokua.kernel.clock import iso
from duokua.lake import facade as lake
from duokua.lang import interface as lang
from duokua.lang.codec import contract_to_json, interface_from_json
from duokua.lang.contract import Contract
from duokua.lang.grant import grant_from_json
from duokua.lang.predicate import columns_of
from duokua.serving.keys import FIRST_SUBJECT, subject_ids, subject_key

Progress = Callable[[int], None]


def refresh(row: Interface, progress: Progress | None = None) -> bool:
    """Build the index of one interface if it is out of date; return whether it was.

    One at a time for an interface, and of declaration and contract as they are by then, so that an
    older version of any of them is never published last.
    """
    folder = environment.read().indexes / row.id
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder / "lock"):
        row.refresh_from_db()
        return _refresh(row, lake.contract(row.dataset_id), folder, progress)


def _refresh(row: Interface, contract: Contract, folder: Path, progress: Progress | None) -> bool:
    interface = interface_from_json(row.body)
    if interface.cube is not None:
        return cubing.refresh(row.id, interface, contract, folder)
    spec = index_spec(interface, contract, _filter_columns(row.id, contract))
    live = live_path(environment.read().events, row.dataset_id)
    if interface.shape is lang.Shape.CHANGES and live.exists():
        return _follow_live(row.id, spec, contract, live, folder)
    opened = lake.open_rows(row.dataset_id, [column.name for column in spec.columns])
    if opened is None:
        return False
    head, batches = opened
    told = _spec_hash(spec, contract)
    present = manifest_of(row.id)
    fed = interface.shape is lang.Shape.CHANGES
    stands = present and (present.version, present.spec) == (head.version, told)
    if stands and present and fed == (present.feed is not None):
        return False
    before = folder / present.index if present and present.spec == told else None
    if present and before and not fed and _same_rows(row.dataset_id, present, before):
        publish_manifest(_moved(present, head), folder)
        return True
    index = folder / f"{head.version:010d}-{told[:8]}.sqlite"
    key = subject_key(environment.read().secret())
    rows = build_index(spec, batches, index, subject_key=key, before=before, progress=progress)
    feed = None
    if fed:
        feed = feed_path(index, secrets.token_hex(4))  # its readers see when it begins anew
        build_feed(spec, _step(head, index, folder, present, told), feed)
    publish_manifest(
        Manifest(
            interface=row.id,
            version=head.version,
            as_of=iso(head.committed_at),
            rows=rows,
            index=index.name,
            export=export_path(index).name,
            files=tuple(str(path) for path in head.files),
            spec=told,
            feed=feed.name if feed else None,
        ),
        folder,
    )
    return True


def _follow_live(
    interface: str, spec: IndexSpec, contract: Contract, live: Path, folder: Path
) -> bool:
    """Let the feed of a stream's dataset be the live one, which nobody has to build anew."""
    told, present = _spec_hash(spec, contract), manifest_of(interface)
    if present and (present.live, present.spec) == (str(live), told):
        return False
    index = folder / f"live-{told[:8]}.sqlite"
    key = subject_key(environment.read().secret())
    build_index(spec, (), index, subject_key=key)  # an empty one: the rows are in the live feed
    version, at = newest(live) or (0, 0.0)
    publish_manifest(
        Manifest(
            interface=interface,
            version=version,
            as_of=iso(datetime.fromtimestamp(at, UTC)),
            rows=0,
            index=index.name,
            export=export_path(index).name,
            files=(),
            spec=told,
            live=str(live),
        ),
        folder,
    )
    return True


def _same_rows(dataset_id: str, present: Manifest, index: Path) -> bool:
    """Tell whether only files were merged since, so that the index is as good as a new one."""
    there = index.exists() and export_path(index).exists()
    return there and not lake.rows_changed(dataset_id, since=present.version)


def _moved(present: Manifest, head: TableHead) -> Manifest:
    """Return the manifest of a newer version with the same rows."""
    files = tuple(str(path) for path in head.files)
    return replace(present, version=head.version, as_of=iso(head.committed_at), files=files)


def _step(head: TableHead, index: Path, folder: Path, present: Manifest | None, told: str) -> Step:
    """Return how a feed goes on, or that it begins: there is none yet, or its columns changed."""
    at = head.committed_at.timestamp()
    if present and present.feed and present.spec == told and present.version < head.version:
        before, feed = folder / present.index, folder / present.feed
        if before.exists() and feed.exists():
            return Step(head.version, at, index, before, feed)
    return Step(head.version, at, index)


def index_spec(
    interface: lang.Interface, contract: Contract, filter_columns: frozenset[str]
) -> IndexSpec:
    """Return the least index that serves an interface: its columns, and what filters and orders."""
    wanted = {
        *interface.columns,
        *interface.order,
        *(parameter.column for parameter in interface.parameters),
        *filter_columns,
    }
    lookup = interface.shape is lang.Shape.LOOKUP
    if interface.shape is lang.Shape.CHANGES:  # grants to come must not begin its feed anew
        wanted = set(contract.by_name)
    keys = tuple(p.column for p in interface.parameters) if lookup else ()
    unique = set(keys) == set(contract.key)
    if contract.subject is not None:
        wanted.add(contract.subject)
    return IndexSpec(
        columns=tuple(column for column in contract.columns if column.name in wanted),
        order=interface.order,
        key=keys if unique and keys != interface.order else (),
        subject=contract.subject,
        filters=() if lookup else _filters(interface),
    )


def _filters(interface: lang.Interface) -> tuple[str, ...]:
    """Return the columns that rows are found by: of a verification the key, never a claim."""
    if interface.shape is lang.Shape.VERIFY:
        return interface.key[:1]
    return tuple(p.column for p in interface.parameters if p.op == "eq")


def _filter_columns(interface_id: str, contract: Contract) -> frozenset[str]:
    rows = Grant.objects.filter(interface_id=interface_id, state__in=LIVE)
    bodies = rows.values_list("body", flat=True)
    found: set[str] = set()
    for body in bodies.iterator():
        row_filter = grant_from_json(body, contract.by_name).row_filter
        if row_filter is not None:
            found |= set(columns_of(row_filter))
    return frozenset(found)


def _spec_hash(spec: IndexSpec, contract: Contract) -> str:
    columns = {column["name"]: column for column in contract_to_json(contract)["columns"]}
    told = {
        "columns": [columns[column.name]["kind"] for column in spec.columns],
        "names": [column.name for column in spec.columns],
        "order": spec.order,
        "key": spec.key,
        "filters": spec.filters,
        "subject": spec.subject,
    }
    if spec.subject is not None and subject_ids()[-1] != FIRST_SUBJECT:
        told["subject_key"] = subject_ids()[-1]  # after a rotation it is built anew
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
