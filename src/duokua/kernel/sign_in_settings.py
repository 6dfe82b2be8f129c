"""How people sign in (登录设置): the outside provider, roles with a second step, the idle end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from duokua.kernel.errors import Faults

ROLES = frozenset(
    ("steward", "head", "developer", "bureau", "security", "auditor", "admin", "handler", "command",
     "clerk", "citizen")
)  # fmt: skip
GUARDED_ROLES = frozenset(("bureau", "security", "auditor", "admin"))
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LEAST_IDLE, _MOST_IDLE = 1, 720  # minutes


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider (统一身份认证): ``claim`` of its id token is a user name here."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str
    claim: str


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """What of the environment concerns sign-in; ``second_step`` is ``None`` when nothing is said."""

    provider: Provider | None = None
    second_step: frozenset[str] | None = None
    idle_minutes: int = 30


def read(env: Mapping[str, str], faults: Faults) -> SignInSettings:
    """Read ``DUOKUA_OIDC_*``, ``DUOKUA_SECOND_STEP_ROLES`` and ``DUOKUA_IDLE_MINUTES``."""
    return SignInSettings(_provider(env, faults), _roles(env, faults), _idle(env, faults))


def _provider(env: Mapping[str, str], faults: Faults) -> Provider | None:
    issuer = env.get("DUOKUA_OIDC_ISSUER") or ""
    if not issuer:
        return None
    parts = urlsplit(issuer)
    # Over plain HTTP anybody on the way could be the provider.
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not local and (parts.scheme != "https" or not parts.hostname):
        faults.add(
            "DUOKUA_OIDC_ISSUER", f"不接受“{issuer}”", f"{issuer!r} is not accepted",
            "请填 https:// 开头的签发者地址", "give the issuer's https:// address",
        )  # fmt: skip
    client_id = env.get("DUOKUA_OIDC_CLIENT_ID") or ""
    secret = _secret(env, faults)
    for name, value in (("CLIENT_ID", client_id), ("CLIENT_SECRET", secret)):
        if not value:
            faults.add(
                f"DUOKUA_OIDC_{name}", "未填写", "is missing",
                "请填统一身份认证平台登记的值", "give what the provider registered",
            )  # fmt: skip
    name = env.get("DUOKUA_OIDC_NAME") or parts.hostname or ""
    claim = env.get("DUOKUA_OIDC_CLAIM") or "preferred_username"
    return Provider(issuer.rstrip("/"), client_id, secret, name[:60], claim)


def _secret(env: Mapping[str, str], faults: Faults) -> str:
    file = env.get("DUOKUA_OIDC_CLIENT_SECRET_FILE") or ""
    if not file:
        return env.get("DUOKUA_OIDC_CLIENT_SECRET") or ""
    try:
        return Path(file).read_text().strip()
    except OSError:
        faults.add(
            "DUOKUA_OIDC_CLIENT_SECRET_FILE", f"无法读取“{file}”", f"{file!r} cannot be read",
            "请核对路径和权限", "check the path and who may read it",
        )  # fmt: skip
        return "-"  # said once, not twice


def _roles(env: Mapping[str, str], faults: Faults) -> frozenset[str] | None:
    told = env.get("DUOKUA_SECOND_STEP_ROLES")
    if not told:
        return None
    roles = frozenset(each.strip() for each in told.split(",")) - {"none", ""}
    if roles - ROLES:
        wrong = ", ".join(sorted(roles - ROLES))
        faults.add(
            "DUOKUA_SECOND_STEP_ROLES", f"没有角色“{wrong}”", f"there is no role {wrong}",
            f"请用逗号分隔：{', '.join(sorted(ROLES))}，或 none",
            f"separate by commas: {', '.join(sorted(ROLES))}; or none",
        )  # fmt: skip
    return roles


def _idle(env: Mapping[str, str], faults: Faults) -> int:
    told = env.get("DUOKUA_IDLE_MINUTES") or "30"
    if told.isascii() and told.isdecimal() and _LEAST_IDLE <= int(told[:6]) <= _MOST_IDLE:
        return int(told)
    faults.add(
        "DUOKUA_IDLE_MINUTES", f"“{told}”不是分钟数", f"{told!r} is no number of minutes",
        f"请填 {_LEAST_IDLE} 至 {_MOST_IDLE} 的整数",
        f"give a whole number from {_LEAST_IDLE} to {_MOST_IDLE}",
    )  # fmt: skip
    return 30
