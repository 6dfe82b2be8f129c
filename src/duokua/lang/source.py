"""Sources (数据源) as values: where a dataset's rows come from, how and how often; never a secret."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class SourceKind(StrEnum):
    """What stands at the other end."""

    FOLDER = "folder"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    HTTP = "http"


class PagingKind(StrEnum):
    """How an HTTP source tells where the next page is."""

    NONE = "none"
    LINK = "link"  # the answer holds the next address
    PAGE = "page"  # pages are numbered
    CURSOR = "cursor"  # the answer holds a word that asks for the next page


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a password or key is read at each run: an environment variable, or a file."""

    env: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """How to turn pages; ``pointer`` is a JSON pointer (RFC 6901) into the answer."""

    kind: PagingKind = PagingKind.NONE
    pointer: str = ""
    parameter: str = ""
    first: int = 1
    size_parameter: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A declared source; with ``cursor`` only what is new since the last run is fetched.

    ``settle_s``: rows younger than so many seconds wait for the next run, because transactions that
    end late would otherwise be passed over. ``slice_rows``: rows of one batch of an incremental run.
    """

    id: str
    dataset: str
    kind: SourceKind
    mode: str
    every_s: int | None = None
    daily: str = ""
    url: str = ""
    secret: Secret | None = None
    table: str = ""
    query: str = ""
    cursor: str = ""
    settle_s: int = 0
    slice_rows: int = 2_000_000
    folder: str = ""
    pattern: str = ""
    items: str = ""
    paging: Paging = Paging()
    secret_header: str = ""
    since_parameter: str = ""


def source_to_json(source: Source) -> dict[str, Any]:
    """Return a source as a plain value."""
    return asdict(source)


def source_from_json(body: dict[str, Any]) -> Source:
    """Read what :func:`source_to_json` wrote."""
    paging = dict(body["paging"])
    paging["kind"] = PagingKind(paging["kind"])
    secret = Secret(**body["secret"]) if body["secret"] else None
    told = {**body, "kind": SourceKind(body["kind"]), "paging": Paging(**paging), "secret": secret}
    return Source(**told)
