"""Landing (落湖): believed events are in the live feed at once, and in the lake a little later."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Min, Sum

from duokua.engine.livefeed import LiveFeed, live_path, newest
from duokua.engine.manifest import sync_file, sync_folder
from duokua.kernel import environment
from duokua.kernel.errors import Invalid
from duokua.lake import facade as lake
from duokua.sensing import live
from duokua.sensing.actions.taking import files
from duokua.sensing.models import Cut, Refused, Stream
from duokua.sensing.signals import stream_advanced
from duokua.sensing.states import Reason

BY = "system"
_SAMPLE = 300
LAND_S = 10.0
LAND_ROWS = 200_000
WINDOW = timedelta(hours=2)  # what the live feed holds
KEPT = timedelta(days=2)  # records of cuts that have landed


class Landing:
    """Shows and lands the cuts of every stream; there is one in the process that takes events in."""

    def __init__(self) -> None:
        self._feeds: dict[str, LiveFeed] = {}
        self._told: set[str] = set()

    def catch_up(self) -> None:
        """Let no stream number its cuts behind its live feed, as after a backup was restored."""
        settings = environment.read()
        for row in Stream.objects.all():
            told = newest(live_path(settings.events, row.dataset))
            if told is not None and told[0] > row.version:
                Stream.objects.filter(id=row.id, version__lt=told[0]).update(version=told[0])

    def show(self) -> int:
        """Put cuts into the live feeds of their datasets, in order; return how many."""
        waiting = Cut.objects.filter(shown=False).select_related("stream").order_by("id")
        datasets: dict[str, None] = {}
        for cut in waiting:
            feed = self._feed(cut.stream.dataset)
            (file,) = files([cut.file])
            feed.append(cut.version, cut.made_at.timestamp(), file)
            Cut.objects.filter(id=cut.id).update(shown=True)
            datasets[cut.stream.dataset] = None
        self._tell(datasets)
        self._told |= set(datasets)
        return len(waiting)

    def tell_again(self) -> None:
        """Tell once more of what came last: who was just ending its work may have missed it."""
        self._tell(self._told)
        self._told = set()

    @staticmethod
    def _tell(datasets: Iterable[str]) -> None:
        for dataset in datasets:
            stream_advanced.send(sender=Landing, dataset_id=dataset)

    def _feed(self, dataset: str) -> LiveFeed:
        if dataset not in self._feeds:
            self._feeds[dataset] = live.feed_of(lake.contract(dataset))
        return self._feeds[dataset]

    def land(self, now: datetime, *, at_once: bool = False) -> int:
        """Bring cuts that have waited long enough, or are many, into the lake; return the rows."""
        waiting = Cut.objects.filter(landed_at=None, shown=True)
        told = waiting.values("stream").annotate(first=Min("made_at"), rows=Sum("rows"))
        landed = 0
        for each in told.order_by("stream"):
            due = each["first"] <= now - timedelta(seconds=LAND_S)
            if at_once or due or each["rows"] >= LAND_ROWS:
                landed += _land(each["stream"], now)
        return landed

    def forget(self, now: datetime) -> None:
        """Let go what has outlived its window."""
        for feed in self._feeds.values():
            feed.forget((now - WINDOW).timestamp())
        Cut.objects.filter(landed_at__lt=now - KEPT).delete()

    def close(self) -> None:
        """Release the live feeds."""
        for feed in self._feeds.values():
            feed.close()


def _land(stream: str, now: datetime) -> int:
    """Land the cuts of a stream as one batch; a batch that was begun before is done first."""
    rows = 0
    waiting = Cut.objects.filter(stream=stream, landed_at=None, shown=True).order_by("version")
    begun = list(waiting.exclude(batch="").values_list("batch", flat=True).distinct())
    for name in dict.fromkeys(begun):
        rows += _batch(list(waiting.filter(batch=name).select_related("stream")), name, now)
    fresh = list(waiting.filter(batch="").select_related("stream"))
    if fresh:
        token = fresh[0].file.removesuffix(".parquet").rpartition("-")[2]
        name = f"events {fresh[0].version}-{fresh[-1].version} {token}"
        Cut.objects.filter(id__in=[cut.id for cut in fresh]).update(batch=name)
        rows += _batch(fresh, name, now)
    return rows


def _batch(cuts: Sequence[Cut], name: str, now: datetime) -> int:
    """Bring in one batch, exactly once: its file stays the same however often it is tried."""
    parts = files([cut.file for cut in cuts])
    joined = parts[0].with_name(f"{cuts[0].stream_id}-{name.split()[-1]}.landing.parquet")
    if not joined.exists():
        _join(parts, joined)
    try:
        lake.ingest(cuts[0].stream.dataset, joined, batch=name, by=BY, now=now)
    except Invalid as error:  # no row of it fits: others must not wait behind it
        _set_aside(cuts, joined, error, now)
    Cut.objects.filter(id__in=[cut.id for cut in cuts]).update(landed_at=now)
    for each in (*parts, joined):
        each.unlink(missing_ok=True)
    return sum(cut.rows for cut in cuts)


def _set_aside(cuts: Sequence[Cut], joined: Path, error: Invalid, now: datetime) -> None:
    """Keep a batch that the lake refused in whole, and tell of it."""
    place = joined.parent.parent / "unlanded"
    place.mkdir(exist_ok=True)
    shutil.copyfile(joined, place / joined.name)
    faults = "; ".join(fault.what.en for fault in error.faults) or error.what.en
    Refused.objects.create(
        stream=cuts[0].stream, device="", sender=BY, reason=Reason.LAKE,
        times=sum(cut.rows for cut in cuts), sample=f"unlanded/{joined.name}: {faults}"[:_SAMPLE],
        at=now,
    )  # fmt: skip


def _join(parts: Sequence[Path], joined: Path) -> None:
    fresh = joined.with_name(f".{joined.name}.{secrets.token_hex(4)}")
    pq.write_table(pa.concat_tables([pq.read_table(part) for part in parts]), fresh)
    sync_file(fresh)
    fresh.replace(joined)
    sync_folder(joined.parent)
