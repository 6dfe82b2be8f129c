"""The environment (运行环境): every ``DUOKUA_*`` setting, read once and checked at the start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from duokua.kernel import sign_in_settings
from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.sign_in_settings import SignInSettings
from duokua.kernel.text import Language, Text

_SECRET_BYTES = 32
_LEAST_SECRET = 32  # characters
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - to listen on, no address to be reached by
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Environment:
    """Where this installation lives and listens; all state is below ``home`` unless told so."""

    home: Path
    host: str
    port: int
    database_url: str
    engine: str
    storage: str
    anchor: str
    secret_file: Path
    language: Language
    ledger_hash: str
    metrics_token: str = field(default="", repr=False)
    url: str = ""  # by which people reach the portal, without a slash at its end
    mail: str = field(default="", repr=False)  # smtp://user:password@host, as it may hold a secret
    mqtt_port: int = 1883  # of the embedded broker; 0: none
    mqtt_url: str = field(
        default="", repr=False
    )  # of a broker outside, instead of the embedded one
    private_hosts: frozenset[str] = frozenset()  # inner machines that messages may go to
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    packs: Path = field(default_factory=lambda: _packs())  # the folder of law packs (规则包)

    def address(self, path: str) -> str:
        """Return a page's address for a letter; the path alone where nobody said how it is reached."""
        told = self.url
        if not told and self.host not in _EVERYWHERE:
            host = f"[{self.host}]" if ":" in self.host else self.host
            told = f"http://{host}:{self.port}"
        return f"{told}{path}" if path.startswith("/") else path

    @property
    def lake(self) -> Path:
        """The folder of the Delta tables."""
        return Path(self.storage)

    @property
    def indexes(self) -> Path:
        """The folder of the serving indexes."""
        return self.home / "serving"

    @property
    def ledger(self) -> Path:
        """The folder of the ledgers, one folder for each."""
        return self.home / "ledger"

    @property
    def usage(self) -> Path:
        """The file of the metering: bytes, latency and refusals of governed calls."""
        return self.home / "ledger" / "usage.sqlite3"

    @property
    def exports(self) -> Path:
        """The folder of the files of export jobs."""
        return self.home / "exports"

    @property
    def events(self) -> Path:
        """The folder of the logs of events, one for each door."""
        return self.home / "events"

    @property
    def search(self) -> Path:
        """The folder of the index of what the store offers."""
        return self.home / "search"

    @property
    def spill(self) -> Path:
        """Where bulk answers put what outgrows the memory."""
        return self.home / "run" / "bulk"

    @property
    def policy(self) -> Path:
        """The folder of the policy store."""
        return self.home / "policy"

    @property
    def portal_socket(self) -> Path:
        """The Unix socket on which the portal listens."""
        return self.home / "run" / "portal.sock"

    @property
    def job_sign(self) -> Path:
        """The sign of life of the worker that runs jobs."""
        return self.home / "run" / "jobs.beat"

    @property
    def intake_sign(self) -> Path:
        """The sign of life of the process that takes events in."""
        return self.home / "run" / "intake.beat"

    @property
    def mqtt_sign(self) -> Path:
        """The sign of life of the door for MQTT."""
        return self.home / "run" / "mqtt.beat"

    @property
    def mqtt(self) -> bool:
        """Whether there is a door for MQTT."""
        return bool(self.mqtt_url or self.mqtt_port)

    def make_home(self) -> None:
        """Make the home where there is none.

        :raises Invalid: it cannot be made or written.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            unwritable = not os.access(self.home, os.W_OK | os.X_OK)
        except OSError:
            unwritable = True
        if unwritable:
            raise Invalid(
                Text(
                    f"无法写入 DUOKUA_HOME：{self.home}", f"DUOKUA_HOME {self.home} is not writable"
                ),
                Text("请指定一个可写的文件夹", "name a folder that can be written"),
            )

    def secret(self) -> bytes:
        """Return the secret; on first use it is made, readable by its owner only.

        :raises Invalid: it is too short to be one.
        """
        path = self.secret_file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            fresh.touch(mode=0o600, exist_ok=False)
            with fresh.open("w") as file:
                file.write(secrets.token_hex(_SECRET_BYTES))
                file.flush()
                os.fsync(file.fileno())  # a name without content after a power cut is no secret
            try:
                os.link(fresh, path)  # whoever links first wins, the others read it
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        secret = path.read_text().strip().encode()
        if len(secret) < _LEAST_SECRET:
            raise Invalid(
                Text(f"密钥文件 {path} 过短或为空", f"the secret in {path} is too short, or empty"),
                Text(
                    f"请从备份恢复，或写入至少 {_LEAST_SECRET} 个随机字符",
                    f"restore it, or write {_LEAST_SECRET} random characters or more",
                ),
            )
        return secret


def read(variables: Mapping[str, str] | None = None) -> Environment:
    """Read and check the ``DUOKUA_*`` variables.

    :raises Invalid: naming each wrong variable and how to mend it.
    """
    if variables is not None:
        return _read(variables)
    told = tuple((name, value) for name, value in os.environ.items() if name.startswith("DUOKUA_"))
    return _read_once(told, os.getcwd())  # noqa: PTH109 - asked for on every page, and by itself cheap


@lru_cache(maxsize=8)
def _read_once(told: tuple[tuple[str, str], ...], _folder: str) -> Environment:
    """Read variables that stand as they stood before; relative paths start at ``_folder``."""
    return _read(dict(told))


def _read(env: Mapping[str, str]) -> Environment:
    faults = Faults()
    home = Path(env.get("DUOKUA_HOME") or "var").absolute()
    settings = Environment(
        home=home,
        host=env.get("DUOKUA_HOST") or "127.0.0.1",
        port=_port(env.get("DUOKUA_PORT") or "8000", faults),
        database_url=_database(
            env.get("DUOKUA_DATABASE_URL") or f"sqlite:///{home}/duokua.sqlite3", faults
        ),
        engine=_choice(env, "DUOKUA_ENGINE", ("duckdb",), faults),
        storage=_folder(env, "DUOKUA_STORAGE", home / "lake", faults),
        anchor=_anchor(env.get("DUOKUA_ANCHOR") or str(home / "anchors"), faults),
        secret_file=Path(env.get("DUOKUA_SECRET_FILE") or home / "secret").absolute(),
        language="en" if _choice(env, "DUOKUA_LANGUAGE", ("zh", "en"), faults) == "en" else "zh",
        ledger_hash=_choice(env, "DUOKUA_LEDGER_HASH", ("sm3", "sha256"), faults),
        metrics_token=env.get("DUOKUA_METRICS_TOKEN") or "",
        url=_url(env.get("DUOKUA_URL") or "", faults),
        mail=_mail(env.get("DUOKUA_MAIL") or "", faults),
        mqtt_port=_port(env.get("DUOKUA_MQTT_PORT") or "1883", faults, "DUOKUA_MQTT_PORT", 0),
        mqtt_url=_mqtt(env.get("DUOKUA_MQTT_URL") or "", faults),
        private_hosts=frozenset(
            each.strip().lower() for each in env.get("DUOKUA_PRIVATE_HOSTS", "").split(",") if each
        ),
        sign_in=sign_in_settings.read(env, faults),
        packs=Path(env.get("DUOKUA_PACKS") or _packs()).absolute(),
    )
    faults.raise_if_any(Text("环境变量有误", "the environment is wrong"))
    return settings


def _packs() -> Path:
    """Return the packs that came with this installation: in the wheel, else those of the checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "packs"
    return inside if inside.is_dir() else package.parents[1] / "packs"


def language(variables: Mapping[str, str] | None = None) -> Language:
    """Return the language to speak in, also when other variables are wrong."""
    env = os.environ if variables is None else variables
    return "en" if env.get("DUOKUA_LANGUAGE") == "en" else "zh"


def _port(text: str, faults: Faults, name: str = "DUOKUA_PORT", least: int = 1) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 6 and least <= int(text) < 65_536:
        return int(text)
    faults.add(
        name,
        f"“{text}”不是端口号",
        f"{text!r} is no port",
        f"请填 {least} 至 65535 的整数",
        f"give a whole number from {least} to 65535",
    )
    return 8000


def _mqtt(url: str, faults: Faults) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("mqtt", "mqtts") or not parts.hostname):
        faults.add(
            "DUOKUA_MQTT_URL",
            "不是 MQTT 服务器地址",  # the whole of it may hold a password
            "is no address of an MQTT broker",
            "请用 mqtt://用户:口令@主机:端口",
            "use mqtt://user:password@host:port",
        )
    return url


def _choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...], faults: Faults) -> str:
    value = env.get(name) or allowed[0]
    if value not in allowed:
        choices = " | ".join(allowed)
        faults.add(
            name,
            f"“{value}”不受支持",
            f"{value!r} is not supported",
            f"请填 {choices}",
            f"use one of {choices}",
        )
    return value


def _database(url: str, faults: Faults) -> str:
    scheme = urlsplit(url).scheme
    if scheme not in ("sqlite", "postgresql"):
        faults.add(
            "DUOKUA_DATABASE_URL",
            f"无法识别“{scheme}”开头的地址",  # the whole of it may hold a password
            f"cannot read an address that begins with {scheme!r}",
            "请用 postgresql://用户:口令@主机/库名",
            "use postgresql://user:password@host/name",
        )
    return url


def _url(url: str, faults: Faults) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/")
        fine = fine and not parts.query and not parts.fragment and "@" not in parts.netloc
        fine = fine and parts.port != 0
    except ValueError:
        fine = False
    if url and not fine:
        faults.add(
            "DUOKUA_URL",
            f"“{url}”不是平台的访问地址",
            f"{url!r} is no address by which the portal is reached",
            "请填 https://主机，不带路径",
            "give https://host, without a path",
        )
        return ""
    return url.rstrip("/")


def _mail(url: str, faults: Faults) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        faults.add(
            "DUOKUA_MAIL",
            "不是邮件服务器地址",  # the whole of it may hold a password
            "is no address of a mail server",
            "请用 smtp://用户:口令@主机:端口?from=发件人",
            "use smtp://user:password@host:port?from=sender",
        )
    return url


def _folder(env: Mapping[str, str], name: str, default: Path, faults: Faults) -> str:
    value = env.get(name) or str(default)
    if "://" in value:
        faults.add(
            name,
            f"暂不支持“{value}”",
            f"{value!r} is not supported yet",
            "请填本机文件夹",
            "give a folder on this machine",
        )
    return str(Path(value).absolute()) if "://" not in value else value


def _anchor(value: str, faults: Faults) -> str:
    parts = urlsplit(value)
    # Over plain HTTP anybody on the way could swallow an anchor and say that it arrived.
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return value
    if "://" in value:
        faults.add(
            "DUOKUA_ANCHOR",
            f"不接受“{parts.scheme}”地址",
            f"no anchor goes to a {parts.scheme!r} address",
            "请填文件夹或 https:// 地址",
            "give a folder or an https:// address",
        )
    return str(Path(value).absolute())
