"""The grant (授权): who may call which interface, what for, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duokua.lang.contract import Column
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import Mask, mask_from_json, mask_to_json
from duokua.lang.predicate import Predicate, columns_of, predicate_from_json, predicate_to_json

OPEN = "open"  # the built-in grant of anonymous callers


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may be called (配额); ``None`` is unlimited. Days are of Asia/Shanghai."""

    calls_per_day: int | None = None
    rows_per_day: int | None = None
    calls_total: int | None = None
    rows_total: int | None = None
    calls_per_second: int | None = None  # rate (限流), one second of burst


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant of one interface to one client, for one purpose."""

    id: str
    client: str
    department: str
    interface: str
    purpose: str
    basis: str  # legal basis (法律依据)
    columns: tuple[str, ...]
    masks: tuple[tuple[str, Mask], ...]
    row_filter: Predicate | None
    quota: Quota
    row_cap: int  # most rows of one `limit=all` answer
    valid_from: float  # seconds since 1970, inclusive
    valid_until: float  # exclusive
    plain: tuple[str, ...] = ()  # columns that are shown though their default is a mask


@dataclass(frozen=True, slots=True)
class Key:
    """A key (密钥) of a program: whoever holds its secret may ask for tokens."""

    id: str  # k1, k2, …, unique for its program
    secret_hash: str  # SHA-256 of the 256-bit random secret, hex
    until: float | None = None  # seconds since 1970; from then on neither it nor its tokens count

    def stands(self, now: float) -> bool:
        """Tell whether it counts at ``now``."""
        return self.until is None or now < self.until


FIRST_KEY = "k1"  # a token that names no key was issued from this one


@dataclass(frozen=True, slots=True)
class Client:
    """A program (应用) of one department that may ask for tokens, and its keys that count."""

    id: str
    department: str
    title: str
    keys: tuple[Key, ...]

    def key(self, id_: str) -> Key | None:
        """Return the key of that id, of which nothing is left once it is revoked."""
        return next((key for key in self.keys if key.id == id_), None)


def client_to_json(client: Client) -> dict[str, Any]:
    """Return a client as plain values."""
    keys = [{"id": k.id, "secret_hash": k.secret_hash, "until": k.until} for k in client.keys]
    named = {name: getattr(client, name) for name in ("id", "department", "title")}
    return {**named, "keys": keys}


def client_from_json(body: Mapping[str, Any]) -> Client:
    """Read a client; one of before has a single secret, which is its first key."""
    keys = body.get("keys", [{"id": FIRST_KEY, "secret_hash": body.get("secret_hash")}])
    return Client(
        body["id"], body["department"], body["title"], tuple(Key(**told) for told in keys)
    )


def hidden_places(interface: Interface, grant: Grant) -> tuple[str, ...]:
    """Return the columns by which rows are found or ordered though the grant does not show them.

    The place of a row tells the plain value: such a grant cannot be served.
    """
    masked = {name for name, _ in grant.masks}
    if interface.shape is Shape.VERIFY:
        return ()  # nothing is shown; whether a claim holds is what was granted
    if interface.shape is Shape.LOOKUP:
        return tuple(p.column for p in interface.parameters if p.column in masked)
    if interface.shape is Shape.AGGREGATE and grant.row_filter is not None:
        # A filter on anything but dimensions would make a cube of its own, to be compared.
        foreign = [n for n in columns_of(grant.row_filter) if n not in interface.columns]
        if foreign:
            return tuple(foreign)
    return tuple(n for n in interface.order if n in masked or n not in grant.columns)


def grant_to_json(grant: Grant) -> dict[str, object]:
    """Write a grant as plain JSON values for the policy store."""
    quota = {name: getattr(grant.quota, name) for name in Quota.__slots__}
    return {
        "id": grant.id,
        "client": grant.client,
        "department": grant.department,
        "interface": grant.interface,
        "purpose": grant.purpose,
        "basis": grant.basis,
        "columns": list(grant.columns),
        "masks": {column: mask_to_json(mask) for column, mask in grant.masks},
        "plain": list(grant.plain),
        "row_filter": predicate_to_json(grant.row_filter) if grant.row_filter else None,
        "quota": quota,
        "row_cap": grant.row_cap,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
    }


def grant_from_json(value: dict[str, Any], columns: dict[str, Column]) -> Grant:
    """Read a grant over the ``columns`` of its dataset's contract.

    :raises ValueError: a mask or the row filter does not fit the columns.
    """
    row_filter = value["row_filter"]
    return Grant(
        id=value["id"],
        client=value["client"],
        department=value["department"],
        interface=value["interface"],
        purpose=value["purpose"],
        basis=value["basis"],
        columns=tuple(value["columns"]),
        masks=tuple((column, mask_from_json(mask)) for column, mask in value["masks"].items()),
        row_filter=predicate_from_json(row_filter, columns) if row_filter else None,
        quota=Quota(**value["quota"]),
        row_cap=value["row_cap"],
        valid_from=value["valid_from"],
        valid_until=value["valid_until"],
        plain=tuple(value.get("plain", ())),  # grants of before have none
    )
