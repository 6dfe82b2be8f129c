"""Rotating the key of subjects' pseudonyms (换钥): what carries them is made anew in the background.

Rows carry no pseudonym; indexes, cubes and match reports do. Each dataset is one job, which can be
done again; until the last is done both pseudonyms stand in receipts, and a search looks for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from duokua.audit import facade as audit
from duokua.engine.lock import exclusive
from duokua.jobs import facade as jobs
from duokua.kernel import environment
from duokua.kernel.text import Text
from duokua.lake import matching, places, reviewing, selectors, subject_keys
from duokua.lake.models import Dataset, MatchPair, MatchRun
from duokua.lake.signals import contract_registered
from duokua.lake.subject_keys import Key
from duokua.lang.codec import contract_from_json
from duokua.serving import keys

KIND = "lake.rekey"
_LATELY = timedelta(days=2)

audit.register({"data.subjects.rekeyed": Text("更换主体假名密钥", "key of subjects rotated")})


@dataclass(frozen=True, slots=True)
class Rekeying:
    """A rotation: the key that is current now, and how many datasets are to follow."""

    key_id: str
    known: tuple[str, ...]
    waiting: int


def rekey(*, by: str, now: datetime) -> Rekeying:
    """Make a new key current and bring in the jobs that let everything follow.

    :raises OSError: the new key could not be made durable.
    """
    with exclusive(places.lock("subjects")):
        fresh = keys.add_subject_id()
        # Recorded at once: whoever dies now has a key that is current, and `resume` goes on.
        audit.record("data.subjects.rekeyed", by=by, of=fresh, at=now)
        resume(by=by, now=now)
    return status()


def resume(*, by: str, now: datetime) -> None:
    """Bring in a job for each dataset that may carry pseudonyms; done again, it is quick."""
    for dataset_id in _concerned():
        key = f"{KIND}:{dataset_id}:{subject_keys.current_id()}"
        jobs.enqueue(KIND, {"dataset": dataset_id}, by=by, now=now, key=key)


def resume_lately(*, by: str, now: datetime) -> None:
    """Bring the jobs in again for some days after a rotation, in case a death kept some out."""
    since = keys.rotated_at()
    if since is not None and now - since < _LATELY:
        resume(by=by, now=now)


def status() -> Rekeying:
    """Return the current key, those of before, and how many datasets are to follow."""
    waiting = [
        job
        for state in ("waiting", "running")
        for job in jobs.jobs(kind=KIND, state=state, limit=100_000)
    ]
    return Rekeying(subject_keys.current_id(), subject_keys.every_id(), len(waiting))


def follow(dataset_id: str, *, by: str, now: datetime) -> None:
    """Make anew what of a dataset carries pseudonyms under an older key.

    :raises NotFound: there is no such dataset.
    """
    selectors.dataset_row(dataset_id)
    with exclusive(places.lock(dataset_id)):
        contract_registered.send(sender=Dataset, dataset_id=dataset_id)
    current = subject_keys.current_id()
    key = subject_keys.key(environment.read().secret(), current)
    for run in MatchRun.objects.filter(left_id=dataset_id).exclude(key_id=current):
        _rename(run, subject_keys.key(environment.read().secret(), run.key_id), key)
        reviewing.run(run.left_id, run.right_id, key=key, by=by, now=now)


def _concerned() -> list[str]:
    return [
        row.id
        for row in Dataset.objects.order_by("id")
        if contract_from_json(row.contract).subject is not None
        or MatchRun.objects.filter(left_id=row.id).exists()
    ]


def _rename(run: MatchRun, old: Key, new: Key) -> None:
    """Let the pairs that people have judged go on under the new pseudonyms."""
    pairs = list(MatchPair.objects.filter(run=run))
    lefts = frozenset(pair.left for pair in pairs if pair.left)
    rights = frozenset(pair.right for pair in pairs if pair.right)
    left = matching.renamed(run.left_id, lefts, old, new)
    right = matching.renamed(run.right_id, rights, old, new)
    with transaction.atomic():
        for pair in pairs:
            pair.left = left.get(pair.left, pair.left)
            pair.right = right.get(pair.right, pair.right)
            pair.save(update_fields=["left", "right"])
