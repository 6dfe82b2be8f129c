"""Telling the neighbours of new versions (告知新版本), also of those that a crash kept from it.

The catalogue notes the version that everybody was told of. Where it lags behind the table, because
the process died or a neighbour failed, the neighbours are told again.
"""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from duokua.engine import delta
from duokua.engine.lock import exclusive
from duokua.lake import catalogue, places
from duokua.lake.models import Dataset
from duokua.lake.signals import dataset_committed


def announce(dataset_id: str) -> None:
    """Tell that a dataset has a new version; called by the holder of its lock only."""
    version = Dataset.objects.values_list("version", flat=True).get(id=dataset_id)
    dataset_committed.send(sender=Dataset, dataset_id=dataset_id)
    Dataset.objects.filter(id=dataset_id, version=version).update(announced=version)


def reconcile() -> list[str]:
    """Mend what a crash left between tables, catalogue and neighbours; return the datasets.

    Each of them is announced again; one that fails does not keep the others waiting.

    :raises ExceptionGroup: at the end, if any failed.
    """
    mended, failed = [], []
    for dataset_id in _behind():
        try:
            with exclusive(places.lock(dataset_id)):  # whoever holds it may be about to tell
                found = catalogue.follow_log(dataset_id)
                if found or _unannounced().filter(id=dataset_id).exists():
                    announce(dataset_id)
                    mended.append(dataset_id)
        except Exception as error:
            error.add_note(dataset_id)
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} datasets failed", failed)
    return mended


def _behind() -> list[str]:
    """Return the datasets to look at, without opening the log of any."""
    untold = set(_unannounced().values_list("id", flat=True))
    every = Dataset.objects.order_by("id").values_list("id", "version")
    return [
        dataset_id
        for dataset_id, version in every.iterator()
        if dataset_id in untold or delta.goes_on(places.table(dataset_id), version or 0)
    ]


def _unannounced() -> QuerySet[Dataset]:
    lag = Q(announced__isnull=True) | ~Q(announced=F("version"))
    return Dataset.objects.filter(lag, version__isnull=False)
