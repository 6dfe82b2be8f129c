"""Probing a grant (探针): what it allows is seen, and what it does not allow is refused.

A probe calls as the requester's program would: through the gateway where one runs, with a token of
that program. Its receipts name the door ``probe``; its calls count on no quota and in no use. Rows
are compared and forgotten; what is kept are checks.
"""

from __future__ import annotations

from duokua.exchange.probing.closed import probe_closed
from duokua.exchange.probing.opened import probe_open
from duokua.exchange.probing.values import Check, Probed

__all__ = ["Check", "Probed", "probe_closed", "probe_open"]
