"""What the exchange has published, served by a real gateway: from YAML and CSV to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from duokua.engine.manifest import read_manifest
from duokua.exchange import facade as exchange
from duokua.exchange import policy
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract
from gateway.world import Gateway, Home, Reply, query, wait_for

LABEL = Text("测试", "test")
BY = "steward"


def now() -> datetime:
    """Return the instant of the tests' acts, which the gateway's clock has just passed."""
    return clock.now()


def column(name: str, kind: Kind = Kind.STRING, level: Level = Level.L1, **more: object) -> Column:
    """Return a column of a contract."""
    return Column(name, kind, LABEL, level=level, **more)  # type: ignore[arg-type]


def register(
    id_: str, columns: Sequence[Column], *, owner: str, level: Level, sql: str | None = None,
    subject: str | None = None,
) -> None:  # fmt: skip
    """Register a dataset whose key is its first column."""
    contract = Contract(
        id_, "1.0.0", LABEL, LABEL, owner, level, tuple(columns), (columns[0].name,),
        subject=subject, sql=sql,
    )  # fmt: skip
    lake.register(dump_contract(contract), by=BY, now=now())


@dataclass(slots=True)
class Published:
    """A home with one gateway and a client of its own for each grant."""

    home: Home
    gateway: Gateway | None = None
    secrets: dict[str, str] = field(default_factory=dict)

    def load(
        self, dataset: str, rows: str, batch: str, mode: lake.Mode = "append"
    ) -> lake.IngestResult:
        """Bring in a CSV, its head included."""
        path = Path(self.home.path) / f"{dataset}-{batch}.csv"
        path.write_text(rows, encoding="utf-8")
        made = lake.ingest(dataset, path, batch=batch, mode=mode, by=BY, now=now())
        self.settle()
        return made

    def settle(self) -> None:
        """Wait until the gateway serves what has been built."""
        if self.gateway is not None:
            wait_for(lambda: all(map(self._settled, self.secrets)), "the new indexes")

    def _settled(self, client: str) -> bool:
        listed = self.ask(client, "/data/").json["interfaces"]
        folder = self.home.settings.indexes
        return all(
            each["as_of"] == read_manifest(folder / each["interface"]).as_of for each in listed
        )

    def publish(self, text: str) -> exchange.InterfaceInfo:
        """Publish an interface."""
        return exchange.publish_interface(text, source="i.yaml", by=BY, now=now())

    def grant(self, interface: str, client: str, department: str, **order: object) -> str:
        """Open a grant for a client; return the grant's id."""
        if client not in self.secrets:
            _, self.secrets[client] = exchange.create_client(
                title=client, department=department, by=BY, now=now(), client_id=client
            )
        made = exchange.GrantOrder(
            client=client, interface=interface, purpose="inspection", basis="Regulation 12",
            valid_until=now() + timedelta(days=9), **order,  # type: ignore[arg-type]
        )  # fmt: skip
        grant = exchange.open_grant(made, by=BY, now=now()).grant.id
        with policy.store() as store:
            store.await_confirmation(store.version())
        return grant

    def ask(self, client: str, path: str, **told: object) -> Reply:
        """Call as a client."""
        assert self.gateway is not None
        token = self.gateway.token(client, self.secrets[client])
        return self.gateway.ask(query(path, **told), token=token)
