"""Liveness and readiness (健康检查), part by part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from duokua.gateway import replies
from duokua.gateway.proxy import Portal
from duokua.gateway.rsgi import HTTPProtocol
from duokua.kernel import beats, clock
from duokua.serving.policy import boot_clock
from duokua.serving.pool import Pool
from duokua.serving.service import Serving

_BESIDE = ("jobs", "intake", "mqtt")  # told, but calls are answered without them


class Health:
    """Knows the parts of the gateway."""

    def __init__(
        self, serving: Serving, pool: Pool, portal: Portal, signs: Mapping[str, Path]
    ) -> None:
        self._serving = serving
        self._pool = pool
        self._portal = portal
        self._signs = signs

    async def answer(self, proto: HTTPProtocol, *, ready: bool) -> None:
        """Answer ``/healthz`` (200 while this process lives) or ``/readyz`` (200 when all is well).

        Both tell each part's state.
        """
        parts = await self.parts()
        good = all(parts[name]["status"] == "ok" for name in parts if name not in _BESIDE)
        status = "ok" if good else "not ready" if ready else "alive"
        body = {"status": status, "parts": parts}
        replies.json(proto, body, status=503 if ready and not good else 200)

    async def parts(self) -> dict[str, dict[str, Any]]:
        """Return each part's state."""
        serving = self._serving
        ledger, state = serving.ledger, serving.state
        waiting = sum(served.manifest is None for served in state.interfaces.values())
        told = {
            "ledger": _part(not ledger.failed, durable=ledger.durable, pending=ledger.pending),
            "policy": _part(boot_clock() < serving.gate.lease_until, version=state.version),
            "indexes": _part(True, interfaces=len(state.interfaces), without_data=waiting),
            "export": _part(self._pool.healthy()),
            "portal": _part(await self._portal.healthy()),
        }
        for name, sign in self._signs.items():
            silent = beats.silent_for(sign, clock.now().timestamp())
            if silent is not None:  # else no such process belongs to this home
                told[name] = _part(silent < beats.SILENT_S, silent_s=round(silent, 1))
        return told


def _part(good: bool, **told: Any) -> dict[str, Any]:
    return {"status": "ok" if good else "failed", **told}
