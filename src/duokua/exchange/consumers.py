"""Who uses a dataset (谁在用): the live grants of all its interfaces, by consumer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.exchange.models import Grant
from duokua.exchange.states import GrantState

MOST = 200


@dataclass(frozen=True, slots=True)
class Consumer:
    """One live grant of one of a dataset's interfaces."""

    department: str
    client: str
    title: str
    interface: str
    purpose: str
    until: datetime
    columns: int


def consumers_of(dataset_id: str, *, now: datetime) -> list[Consumer]:
    """Return who may call interfaces of a dataset now, by department; at most :data:`MOST`."""
    rows = (
        Grant.objects.filter(
            interface__dataset_id=dataset_id, state=GrantState.ACTIVE, valid_until__gt=now
        )
        .select_related("client")
        .order_by("client__department_id", "client_id", "interface_id", "id")[:MOST]
    )
    return [
        Consumer(
            department=row.client.department_id,
            client=row.client_id,
            title=row.client.title,
            interface=row.interface_id,
            purpose=row.purpose,
            until=row.valid_until,
            columns=len(row.body["columns"]),
        )
        for row in rows
    ]


def consuming_departments(dataset_id: str, *, now: datetime) -> frozenset[str]:
    """Return the departments that may call some interface of a dataset now."""
    live = Grant.objects.filter(
        interface__dataset_id=dataset_id, state=GrantState.ACTIVE, valid_until__gt=now
    )
    return frozenset(live.values_list("client__department_id", flat=True).distinct())
