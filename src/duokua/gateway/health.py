"""Liveness and readiness (健康检查), part by part."""

from __future__ import annotations

from typing import Any

from duokua.gateway import replies
from duokua.gateway.proxy import Portal
from duokua.gateway.rsgi import HTTPProtocol
from duokua.serving.policy import boot_clock
from duokua.serving.pool import Pool
from duokua.serving.service import Serving


class Health:
    """Knows the parts of the gateway."""

    def __init__(self, serving: Serving, pool: Pool, portal: Portal) -> None:
        self._serving = serving
        self._pool = pool
        self._portal = portal

    async def answer(self, proto: HTTPProtocol, *, ready: bool) -> None:
        """Answer ``/healthz`` (200 while this process lives) or ``/readyz`` (200 when all is well).

        Both tell each part's state.
        """
        parts = await self.parts()
        good = all(part["status"] == "ok" for part in parts.values())
        status = "ok" if good else "not ready" if ready else "alive"
        body = {"status": status, "parts": parts}
        replies.json(proto, body, status=503 if ready and not good else 200)

    async def parts(self) -> dict[str, dict[str, Any]]:
        """Return each part's state."""
        serving = self._serving
        ledger, state = serving.ledger, serving.state
        waiting = sum(served.manifest is None for served in state.interfaces.values())
        return {
            "ledger": _part(not ledger.failed, durable=ledger.durable, pending=ledger.pending),
            "policy": _part(boot_clock() < serving.gate.lease_until, version=state.version),
            "indexes": _part(True, interfaces=len(state.interfaces), without_data=waiting),
            "export": _part(self._pool.healthy()),
            "portal": _part(await self._portal.healthy()),
        }


def _part(good: bool, **told: Any) -> dict[str, Any]:
    return {"status": "ok" if good else "failed", **told}
