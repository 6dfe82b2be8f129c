"""Where the files of the lake are."""

from __future__ import annotations

from pathlib import Path

from duokua.kernel import environment


def table(dataset_id: str) -> Path:
    """Return the folder of a Delta table."""
    return environment.read().lake / dataset_id


def quarantine(dataset_id: str) -> Path:
    """Return the folder of rows that stand aside; its underscore hides it from table readers."""
    return table(dataset_id) / "_quarantine"


def staging(dataset_id: str) -> Path:
    """Return the folder of files that have not landed; on the table's file system, for links."""
    return environment.read().lake / ".staging" / dataset_id


def lock(dataset_id: str) -> Path:
    """Return the lock of whoever writes to a dataset."""
    return environment.read().lake / ".locks" / f"{dataset_id}.lock"


def derivation_lock(dataset_id: str) -> Path:
    """Return the lock of whoever makes a derived dataset anew."""
    return environment.read().lake / ".locks" / f"{dataset_id}.derived.lock"


def erasure_lock(erasure_id: str) -> Path:
    """Return the lock of whoever carries out an erasure."""
    return environment.read().lake / ".locks" / f"{erasure_id}.lock"


def sent() -> Path:
    """Return the folder of files that stewards sent and that have not landed."""
    return environment.read().lake / ".sent"


def drafts() -> Path:
    """Return the folder of contracts in the making, with the files that were sent for them."""
    return environment.read().lake / ".drafts"
