"""A home that is built without the portal, and the real gateway process that serves it."""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from duokua.engine.feed import Step, build_feed, feed_path
from duokua.engine.index import IndexSpec, build_index, export_path
from duokua.engine.manifest import Manifest, publish_manifest, read_manifest
from duokua.kernel import environment
from duokua.kernel.environment import Environment
from duokua.kernel.errors import NotFound
from duokua.lang.codec import contract_to_json, interface_to_json
from duokua.lang.contract import Contract
from duokua.lang.grant import Grant, Quota, grant_to_json
from duokua.lang.interface import Interface, Shape
from duokua.ledger.reading import read_records
from duokua.ledger.verify import verify
from duokua.serving.keys import subject_key
from duokua.serving.policy import Change, PolicyStore
from engines import Row, batch_of

SECRET = "a-client-secret-of-the-tests"
AS_OF = "2026-11-01T00:00:00Z"
FOREVER = 4_000_000_000.0
_WAIT_S = 150.0
_numbers = itertools.count(1)


def wait_for(what: Callable[[], Any], told: str = "it") -> Any:
    """Poll until ``what`` is true and return it; the only clock is the patience."""
    deadline = time.monotonic() + _WAIT_S
    while not (found := what()):
        assert time.monotonic() < deadline, f"{told} did not happen within {_WAIT_S} s"
        time.sleep(0.01)
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on.

    Below the range that the system gives to callers: one that knocks at such a port before the
    server listens may be connected with itself.
    """
    while True:
        port = random.SystemRandom().randint(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a governed answer."""
        assert self.status == 200, self.body
        found: list[dict[str, Any]] = self.json["rows"]
        return found


def ask(
    port: int,
    path: str,
    *,
    token: str | None = None,
    method: str = "GET",
    headers: Mapping[str, str | bytes] | None = None,
    body: bytes | None = None,
    source: str = "127.0.0.1",
    timeout: float = 60,
) -> Reply:
    """Send one request on a connection of its own."""
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout, source_address=(source, 0))
    try:
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, told, answer.read())
    finally:
        connection.close()


def query(path: str, **parameters: object) -> str:
    """Return a path with its query string."""
    return f"{path}?{urllib.parse.urlencode(parameters)}" if parameters else path


@dataclass(slots=True)
class Home:
    """A home with interfaces, clients and grants, published as the exchange publishes them."""

    path: Path
    contracts: dict[str, Contract] = field(default_factory=dict)

    @property
    def settings(self) -> Environment:
        """The environment of this home."""
        return environment.read({"DUOKUA_HOME": str(self.path)})

    def publish(self, *changes: Change) -> int:
        """Publish and wait until every running gateway serves it."""
        store = PolicyStore(self.settings.policy)
        try:
            version = store.publish(changes)
            store.await_confirmation(version, timeout_s=_WAIT_S)
            return version
        finally:
            store.close()

    def serve(
        self, interface: Interface, contract: Contract, rows: Sequence[Row] | None, version: int = 1
    ) -> None:
        """Publish an interface, with the index of ``rows`` unless there is no data yet."""
        if rows is not None:
            self.index(interface, contract, rows, version)
        body = {"interface": interface_to_json(interface), "contract": contract_to_json(contract)}
        self.publish(Change("interface", interface.id, body))

    def index(
        self,
        interface: Interface,
        contract: Contract,
        rows: Sequence[Row],
        version: int,
        at: float = 0.0,
    ) -> None:
        """Build the serving index of an interface and make it the one that is read."""
        lookup = interface.shape is Shape.LOOKUP
        filters = () if lookup else tuple(p.column for p in interface.parameters if p.op == "eq")
        key = contract.key if contract.key != interface.order else ()
        spec = IndexSpec(contract.columns, interface.order, key, contract.subject, filters)
        folder = self.settings.indexes / interface.id
        path = folder / f"{version}.sqlite"
        batch = batch_of(contract.columns, rows)
        made = build_index(spec, [batch], path, subject_key=subject_key(self.settings.secret()))
        feed = None
        if interface.shape is Shape.CHANGES:
            feed = self._feed(spec, path, version, at).name
        publish_manifest(
            Manifest(
                interface.id, version, AS_OF, made, path.name, export_path(path).name, (), "test",
                feed,
            ),
            folder,
        )  # fmt: skip

    @staticmethod
    def _feed(spec: IndexSpec, path: Path, version: int, at: float) -> Path:
        step = Step(version, at, path)
        with suppress(NotFound):
            before = read_manifest(path.parent)
            assert before.feed is not None
            step = replace(step, index=path.parent / before.index, feed=path.parent / before.feed)
        build_feed(spec, step, feed_path(path))
        return feed_path(path)

    def client(self, client: str | None = None, secret: str = SECRET) -> str:
        """Register a client and return its id."""
        id_ = client or f"client_{next(_numbers)}"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        body = {"id": id_, "department": "dept", "title": id_, "secret_hash": digest}
        self.publish(Change("client", id_, body))
        return id_

    def grant(self, interface: Interface, *, client: str | None = None, **changes: Any) -> Grant:
        """Grant an interface, to a new client unless one is named."""
        grant = self.order(interface, client=client or self.client(), **changes)
        self.publish(Change("grant", grant.id, grant_to_json(grant)))
        return grant

    @staticmethod
    def order(interface: Interface, *, client: str, **changes: Any) -> Grant:
        """Return a grant that is not published yet."""
        plain = Grant(
            id=f"grant-{os.getpid()}-{next(_numbers)}",
            client=client,
            department="dept",
            interface=interface.id,
            purpose="inspection",
            basis="Regulation 12",
            columns=interface.columns,
            masks=(),
            row_filter=None,
            quota=Quota(),
            row_cap=1_000_000,
            valid_from=0.0,
            valid_until=FOREVER,
        )
        return replace(plain, **changes)

    def receipts(self) -> list[dict[str, Any]]:
        """Return every receipt of the ledger, which must be sound."""
        folder = self.settings.ledger / "receipts"
        anchors = Path(self.settings.anchor)
        verdict = verify(folder, anchors if anchors.exists() else None, processes=1)
        assert verdict.ok, verdict
        return [json.loads(body) for body in read_records(folder)]

    def receipt(self, id_: str) -> dict[str, Any]:
        """Return one opening receipt."""
        found = [told for told in self.receipts() if told.get("id") == id_]
        assert len(found) == 1, (id_, found)
        return found[0]

    def closing(self, id_: str) -> dict[str, Any] | None:
        """Return the closing receipt of a stream once it is there."""
        found = [told for told in self.receipts() if told.get("of") == id_]
        assert len(found) <= 1, (id_, found)
        return found[0] if found else None


@dataclass(slots=True)
class Gateway:
    """A real gateway process on a port of loopback."""

    home: Home
    port: int = field(default_factory=free_port)
    environ: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def log(self) -> Path:
        """Where the process writes its log."""
        return self.home.path / f"gateway-{self.port}.log"

    def start(self) -> Gateway:
        """Start the process and wait until it answers."""
        environ = {"DUOKUA_HOME": str(self.home.path), "DUOKUA_PORT": str(self.port)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "duokua.gateway"],
                env={**os.environ, **environ, **self.environ},
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(self._answers, "the gateway's first answer")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return ask(self.port, "/healthz", timeout=5).status == 200
        except OSError:
            return False

    def stop(self) -> int:
        """Ask the process to end and return its code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.process.wait(_WAIT_S)

    def kill(self) -> None:
        """Kill the process as a crash does, and wait until its ledger is free again."""
        children = self.children()
        self.process.kill()
        self.process.wait(_WAIT_S)
        for child in children:
            wait_for(lambda child=child: not alive(child), "the end of a child")

    def children(self, word: str = "") -> list[int]:
        """Return the child processes whose command line holds ``word``."""
        return [pid for pid in children_of(self.process.pid) if word in command_of(pid)]

    def writer(self) -> int:
        """Return the process id of the ledger's writer."""
        (pid,) = self.children("duokua.ledger.writer")
        return pid

    def ask(self, path: str, **more: Any) -> Reply:
        """Send one request."""
        return ask(self.port, path, **more)

    def token(self, client: str, secret: str = SECRET, **form: str) -> str:
        """Get a token as programs do."""
        told = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        reply = self.ask(
            "/oauth/token",
            method="POST",
            body=urllib.parse.urlencode(told | form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert reply.status == 200, reply.body
        token: str = reply.json["access_token"]
        return token

    def granted(self, interface: Interface, **changes: Any) -> tuple[Grant, str]:
        """Make a client with one grant; return the grant and a token for it."""
        grant = self.home.grant(interface, **changes)
        return grant, self.token(grant.client)


def children_of(parent: int) -> list[int]:
    """Return the live child processes of a process."""
    return [pid for pid in _processes() if _status(pid)[1] == parent]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    return _status(pid)[0] not in ("", "Z", "X")


def command_of(pid: int) -> str:
    """Return the command line of a process, empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _processes() -> Iterable[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _status(pid: int) -> tuple[str, int]:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)
