"""Taking a batch back (撤回批次): its own files leave the table in one new version."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import reduce

from duokua.engine import delta
from duokua.engine.lock import exclusive
from duokua.engine.parts import is_of, stats_of
from duokua.engine.stats import EMPTY, merge
from duokua.engine.storage import writing
from duokua.kernel.clock import iso
from duokua.kernel.errors import Conflict, Fault, Invalid, NotFound
from duokua.kernel.text import Text
from duokua.lake import announcing, catalogue, impact, landing, places, selectors
from duokua.lake.models import Batch
from duokua.lake.values import Withdrawal
from duokua.lang.codec import contract_from_json

_MOST_REASON = 500


def foresee(dataset_id: str, batch: str, *, viewer: str | None, now: datetime) -> Withdrawal:
    """Tell what a withdrawal would take away and whom it concerns; nothing changes.

    :raises NotFound: there is no such batch.
    :raises Conflict: its rows cannot be told from others any more.
    """
    known = _known(dataset_id, batch, viewer)
    rows, change = _plan(known)
    stood = selectors.quarantine_row(dataset_id, batch)
    return Withdrawal(
        dataset=dataset_id,
        batch=batch,
        done=False,
        rows=rows,
        left=change.total.rows,
        aside=stood.left if stood else 0,
        version=change.version,
        affected=impact.affected(dataset_id, now),
    )


def withdraw(
    dataset_id: str, batch: str, *, reason: str, viewer: str | None, by: str, now: datetime
) -> Withdrawal:
    """Take the rows of an appended batch out of the dataset, once; what stood aside goes, too.

    :raises NotFound: there is no such batch.
    :raises Conflict: its rows cannot be told from others any more, or it is gone already.
    :raises Invalid: the reason is missing.
    """
    said = reason.strip()
    if not 0 < len(said) <= _MOST_REASON:
        what = Text("缺少理由", "the reason is missing")
        mend = Text("请用 1 至 500 字说明", "give it in 1–500 characters")
        raise Invalid(what, mend, faults=(Fault("reason", what, mend),))
    with writing(), exclusive(places.lock(dataset_id)):
        landing.sweep(dataset_id)
        catalogue.follow_log(dataset_id)
        rows, change = _plan(_known(dataset_id, batch, viewer))
        told = foresee(dataset_id, batch, viewer=viewer, now=now)
        note = {"withdrawn": batch, "rows": rows, "reason": said, "by": by, "at": iso(now)}
        contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
        text = json.dumps(note, ensure_ascii=False)
        delta.change(places.table(dataset_id), change, columns=contract.columns, note=text)
        catalogue.follow_log(dataset_id)
        announcing.announce(dataset_id)
    return replace(told, done=True, version=change.version + 1)


def _known(dataset_id: str, batch: str, viewer: str | None) -> Batch:
    row = selectors.dataset_row(dataset_id)
    if viewer is not None and row.owner_id != viewer:
        raise selectors.no_dataset(dataset_id)
    known = selectors.batch_row(dataset_id, batch)
    if known is None:
        raise NotFound(
            Text(f"没有批次“{batch}”", f"there is no batch {batch!r}"),
            Text("请查看批次列表", "see the list of batches"),
        )
    return known


def _plan(known: Batch) -> tuple[int, delta.Change]:
    """Return how many rows go, and the change that takes them away."""
    dataset_id, batch = known.dataset_id, known.name
    if known.withdrawn_at is not None:
        raise Conflict(
            Text(f"批次“{batch}”已撤回", f"the batch {batch!r} has been withdrawn before"),
            Text("无需再次撤回", "there is nothing to do"),
        )
    table = places.table(dataset_id)
    head = delta.head(table)
    own = tuple(file for file in head.files if is_of(file, batch))
    if known.mode != "append" or not own:
        raise Conflict(
            Text(
                "该批次不是追加，或其数据已被替换或合并，无法单独撤回",
                "the batch was no append, or its rows were replaced or merged: it cannot go alone",
            ),
            Text("请用 replace 方式汇聚正确的数据", "bring in the right rows by mode replace"),
        )
    contract = contract_from_json(selectors.dataset_row(dataset_id).contract)
    stats = dict(zip(head.files, stats_of(table, head.files, contract.columns), strict=True))
    total = reduce(merge, [stats[file] for file in head.files if file not in own], EMPTY)
    name = f"\twithdraw:{batch}"  # no batch can be called so: its id has visible characters only
    change = delta.Change(head.version, name, (), own, total)
    return sum(stats[file].rows for file in own), change
