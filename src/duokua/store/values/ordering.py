"""From what is asked or agreed to the order of a grant (授权单), one place for both."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.exchange.values import GrantOrder
from duokua.store.values.request import Ask

USUAL = timedelta(days=365)


def order_of(ask: Ask, *, client: str, interface: str, now: datetime) -> GrantOrder:
    """Return what is to be granted when ``ask`` is agreed to as it stands."""
    return GrantOrder(
        client=client,
        interface=interface,
        purpose=ask.purpose,
        basis=ask.basis,
        valid_from=ask.valid_from,
        valid_until=ask.valid_until or now + USUAL,
        columns=ask.columns,
        masks=ask.masks,
        row_filter=ask.row_filter,
        quota=ask.quota,
        row_cap=ask.row_cap,
        plain=ask.plain,
    )
