"""``duokua doctor``: checks configuration, database, lake, ledger, anchors, clock and disk."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from duokua.cli.outcome import guarded
from duokua.engine.scenario.confine import can_confine
from duokua.kernel import clock, environment
from duokua.kernel.environment import Environment
from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.project import preparation, supervisor

_LOW_DISK_BYTES = 2 << 30
_EARLIEST = 1_750_000_000  # a clock before mid 2025 is wrong
_SIGNS = {"ok": "✓", "warn": "!", "fail": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: ``ok``, ``warn`` or ``fail``."""

    check: str
    state: str
    what: Text


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def doctor(as_json: bool) -> None:
    """Check this installation; exits with 1 when something is broken.

    Example: duokua doctor --json
    """
    settings = environment.read()
    findings = list(examine(settings))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            told = finding.what.in_(settings.language)
            click.echo(f"{_SIGNS[finding.state]} {finding.check:<10} {told}")
    sys.exit(1 if any(finding.state == "fail" for finding in findings) else 0)


def examine(settings: Environment) -> Iterator[Finding]:
    """Run every check; one that breaks is a finding, not an end."""
    checks: tuple[tuple[str, Callable[[Environment], Finding]], ...] = (
        ("home", _home),
        ("disk", _disk),
        ("clock", _clock),
        ("hash", _hash),
        ("database", _database),
        ("policy", _policy),
        ("ledger", _ledger),
        ("anchor", _anchor),
        ("jobs", _jobs),
        ("functions", _functions),
        ("sign-in", _sign_in),
        ("platform", _platform),
    )
    for name, check in checks:
        try:
            yield check(settings)
        except DuokuaError as error:
            yield Finding(name, "fail", error.what)
        except OSError as error:
            yield Finding(name, "fail", Text(f"无法访问：{error}", f"cannot be reached: {error}"))


def _home(settings: Environment) -> Finding:
    if not settings.home.exists():
        told = Text(
            f"{settings.home} 尚未建立，请先 duokua run",
            f"{settings.home} is not there yet; duokua run makes it",
        )
        return Finding("home", "warn", told)
    probe = settings.home / ".doctor"
    probe.write_text("ok")
    probe.unlink()
    return Finding("home", "ok", Text(str(settings.home), str(settings.home)))


def _disk(settings: Environment) -> Finding:
    place = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(place).free
    told = Text(f"剩余 {free / 2**30:.1f} GiB", f"{free / 2**30:.1f} GiB free")
    return Finding("disk", "warn" if free < _LOW_DISK_BYTES else "ok", told)


def _clock(settings: Environment) -> Finding:
    if time.time() < _EARLIEST:
        return Finding("clock", "fail", Text("系统时间早于 2025 年", "the clock is before 2025"))
    return Finding("clock", "ok", Text("系统时间可信", "the clock is plausible"))


def _functions(settings: Environment) -> Finding:
    if can_confine():
        told = Text("场景包函数可隔离运行", "functions of packs can be confined")
        return Finding("functions", "ok", told)
    told = Text(
        "系统没有 Landlock 或 seccomp，场景包函数不运行",
        "no Landlock or seccomp: functions of packs do not run",
    )
    return Finding("functions", "warn", told)


def _hash(settings: Environment) -> Finding:
    try:
        hashlib.new(settings.ledger_hash)
    except ValueError:
        told = Text(
            f"本机 OpenSSL 不支持 {settings.ledger_hash}",
            f"this OpenSSL has no {settings.ledger_hash}",
        )
        return Finding("hash", "fail", told)
    return Finding("hash", "ok", Text(settings.ledger_hash.upper(), settings.ledger_hash.upper()))


def _database(settings: Environment) -> Finding:
    preparation.set_up_django()
    waiting = preparation.pending_migrations()
    if waiting:
        told = Text(
            f"有 {waiting} 项迁移未执行，duokua run 会执行",
            f"{waiting} migrations wait; duokua run applies them",
        )
        return Finding("database", "warn", told)
    scheme = settings.database_url.partition(":")[0]
    return Finding("database", "ok", Text(scheme, scheme))


def _policy(settings: Environment) -> Finding:
    from duokua.exchange import facade as exchange

    drift = exchange.policy_drift()
    if drift:
        told = Text(
            f"{drift} 项与数据库不一致，重启平台即可修复",
            f"{drift} records differ from the database; a restart mends it",
        )
        return Finding("policy", "warn", told)
    return Finding("policy", "ok", Text("策略与数据库一致", "the policy agrees with the database"))


def _ledger(settings: Environment) -> Finding:
    from duokua.ledger.record import segment_paths

    size = sum(path.stat().st_size for path in segment_paths(settings.ledger / "receipts"))
    told = Text(f"{size / 2**20:.1f} MiB，可用 duokua receipts verify 校验",
                f"{size / 2**20:.1f} MiB; duokua receipts verify checks it")  # fmt: skip
    return Finding("ledger", "ok", told)


def _anchor(settings: Environment) -> Finding:
    if "://" in settings.anchor:
        return Finding("anchor", "ok", Text(settings.anchor, settings.anchor))
    anchor, home = Path(settings.anchor), settings.home
    if _device(anchor) == _device(home):
        told = Text("锚点与账本在同一磁盘，请将 DUOKUA_ANCHOR 指向别处",
                    "anchors are on the same disk as the ledger; point DUOKUA_ANCHOR elsewhere")  # fmt: skip
        return Finding("anchor", "warn", told)
    return Finding("anchor", "ok", Text(settings.anchor, settings.anchor))


def _device(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return path.stat().st_dev


def _jobs(settings: Environment) -> Finding:
    preparation.set_up_django()
    if preparation.pending_migrations():
        return Finding("jobs", "warn", Text("数据库尚未就绪", "the database is not ready"))
    from duokua.jobs import facade as jobs

    counts = jobs.counts()
    alive = sum(worker.alive for worker in jobs.workers(clock.now()))
    told = Text(
        f"{alive} 个进程在执行；等待 {counts['waiting']}，执行中 {counts['running']}，"
        f"失败 {counts['failed']}",
        f"{alive} workers; {counts['waiting']} wait, {counts['running']} run, "
        f"{counts['failed']} failed",
    )
    stuck = not alive and counts["waiting"] + counts["running"]
    return Finding("jobs", "warn" if stuck or counts["failed"] else "ok", told)


def _sign_in(settings: Environment) -> Finding:
    provider = settings.sign_in.provider
    if provider is None:
        told = Text("仅密码登录，未接入统一身份认证", "by password only; no provider is configured")
        return Finding("sign-in", "ok", told)
    from duokua.identity import oidc

    oidc.discover(provider, anew=True)  # raises when it is away, or another than configured
    return Finding("sign-in", "ok", Text(f"{provider.name} 可用", f"{provider.name} answers"))


def _platform(settings: Environment) -> Finding:
    if supervisor.is_ready(settings):
        return Finding("platform", "ok", Text("运行正常", "running and ready"))
    return Finding("platform", "warn", Text("未在运行", "not running"))
