"""The packs for demonstration, with the departments and roles of a test."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from duokua.kernel import environment
from duokua.pack.folder import files_of


def files(pack: str, **instead: str) -> dict[str, str]:
    """Return a pack's files with words replaced: departments, roles, versions."""
    found = files_of(Path(environment.read().packs) / pack)
    for before, after in instead.items():
        found = {name: text.replace(before, after) for name, text in found.items()}
    return found


def lift(**instead: str) -> dict[str, str]:
    """Return the pack of lifts for departments of the web tests; its roles are a steward's."""
    told = {"market_supervision": "dept_a", "district_office": "dept_c", **instead}
    found = files("demo_lift", **told)
    manifest = found["pack.yaml"].replace("role: handler", "role: steward")
    return {**found, "pack.yaml": manifest.replace("role: head", "role: bureau")}


def adopt(told: dict[str, str], now: datetime) -> None:
    """Put a rule set down as if it had been taken over, with a program that was granted nothing."""
    from duokua.lang.scenario.reading import read_pack
    from duokua.loop.models import Ruleset

    pack = read_pack(told)
    Ruleset.objects.create(
        pack=pack.manifest.pack, version=pack.manifest.version, digest=pack.digest, files=told,
        client="nobody", owner_id=pack.manifest.owner, active=True, taken_at=now,
    )  # fmt: skip
