"""The client: tokens, pages, retries and the forms that an answer may take."""

from __future__ import annotations

import json
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from duokua_client.errors import DuokuaClientError, ExportFailed, NotAuthenticated, problem_of
from duokua_client.exports import Exported, Format, fetch
from duokua_client.rows import Changes, Found, Rows, Verified
from duokua_client.transport import Response, Transport

if TYPE_CHECKING:
    import pandas
    import pyarrow

ARROW = "application/vnd.apache.arrow.stream"
PAGE = 1000  # rows of one page, unless `limit` says otherwise
_MARGIN_S = 30.0  # a token is renewed so long before its end
_AGAIN = (429, 503)
_LOOK_S = (0.1, 5.0)  # between looks at an export, from the first to the later ones

Parameter = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class Listed:
    """An interface that is open to this caller."""

    interface: str
    title: str
    version: str
    shape: str
    owner: str
    open: bool
    level: str
    rows: int | None
    as_of: str | None


class Client:
    """Calls one platform as one program; safe to use from several threads.

    Without credentials only interfaces that are open to all can be called. ``purpose`` is the
    granted purpose (用途); a program with a single one may leave it out. ``timeout`` and
    ``longest_wait`` are in seconds: a call that would have to wait longer fails at once.
    ``longest_export`` is for how many seconds an export is waited for.
    """

    def __init__(
        self,
        url: str,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        purpose: str | None = None,
        timeout: float = 60.0,
        retries: int = 4,
        longest_wait: float = 30.0,
        longest_export: float = 3600.0,
        language: str = "zh-CN",
        context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(url, timeout, context)
        self._credentials = (client_id, client_secret)
        self._purpose = purpose
        self._retries, self._longest_wait = retries, longest_wait
        self._longest_export = longest_export
        self._language = language
        self._sleep = sleep
        self._token: str | None = None
        self._token_until = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    # --- what can be asked -------------------------------------------------------------------

    def interfaces(self, q: str | None = None) -> Iterator[Listed]:
        """Yield the interfaces that are open to this caller, those that fit ``q`` only."""
        after: str | None = ""
        while after is not None:
            given = {"limit": 1000, "after": after or None, "q": q}
            page = json.loads(self._call("GET", _path("/data/", given)).body)
            for each in page["interfaces"]:
                yield Listed(**{name: each.get(name) for name in Listed.__dataclass_fields__})
            after = page["next"]

    def rows(self, interface: str, /, *, limit: int = PAGE, **parameters: Parameter) -> Rows:
        """Return an iterator over all rows, fetched in pages of ``limit`` (at most 10,000)."""

        def fetch(cursor: str | None) -> dict[str, Any]:
            return self._json(interface, {**parameters, "limit": limit, "cursor": cursor})

        return Rows(fetch)

    def lookup(self, interface: str, /, **key: Parameter) -> Found | None:
        """Return the one row of a key, or ``None``: absent, or hidden by the grant."""
        told = self._json(interface, key)
        return Found(told["rows"][0], told["receipt"], told["as_of"]) if told["rows"] else None

    def verify(self, interface: str, /, **claim: Parameter) -> Verified:
        """Ask whether what is claimed of a key holds: true or false, never a value.

        It is sent in a body: what is claimed of a person must not stand in an address.
        """
        fields = {name: _plain(value) for name, value in claim.items() if value is not None}
        path = f"/data/{quote(interface)}"
        told = json.loads(self._call("POST", path, body=json.dumps(fields).encode()).body)
        return Verified(told["rows"][0]["match"], told["receipt"], told["as_of"])

    def query(
        self,
        interface: str,
        /,
        *,
        select: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
        group: Sequence[str] = (),
        aggregate: Sequence[Mapping[str, str]] = (),
        order: Sequence[Mapping[str, str]] = (),
        limit: int | None = None,
    ) -> Rows:
        """Ask by conditions, groups and sums; returns an iterator over all rows of the answer."""
        body = {
            "select": list(select), "where": where, "group": list(group),
            "aggregate": list(aggregate), "order": list(order), "limit": limit,
        }  # fmt: skip
        told = {name: value for name, value in body.items() if value}

        def fetch(cursor: str | None) -> dict[str, Any]:
            sent = json.dumps(told if cursor is None else {**told, "cursor": cursor}).encode()
            path = f"/data/{quote(interface)}/query"
            page: dict[str, Any] = json.loads(self._call("POST", path, body=sent).body)
            return page

        return Rows(fetch)

    def changes(self, interface: str, /, since: int | None = None, *, limit: int = PAGE) -> Changes:
        """Return an iterator over what changed since a version, over all rows without one.

        :raises Gone: while it iterates, when that version is too old: read everything again.
        """

        def fetch(cursor: str | None) -> dict[str, Any]:
            begin = since if cursor is None else None
            return self._json(interface, {"since": begin, "cursor": cursor, "limit": limit})

        return Changes(fetch)

    def aggregate(
        self,
        interface: str,
        /,
        group: str | Sequence[str] = (),
        *,
        limit: int | None = None,
        **dimensions: Parameter,
    ) -> Rows:
        """Return the figures of each group; ``dimensions`` say which cells are counted."""
        names = group if isinstance(group, str) else ",".join(group)

        def fetch(cursor: str | None) -> dict[str, Any]:
            return self._json(
                interface,
                {**dimensions, "group": names or None, "limit": limit, "cursor": cursor},
            )

        return Rows(fetch)

    def export(
        self, interface: str, /, format: Format, path: str | Path, **parameters: Parameter
    ) -> Exported:
        """Order all rows as a file, wait until it is made and fetch it into ``path``.

        A download that breaks off goes on where it was. The platform's copy is deleted afterwards.

        :raises ExportFailed: no file came of it, or not in time.
        """
        fields = {name: _plain(value) for name, value in parameters.items() if value is not None}
        body = json.dumps({**fields, "format": format}).encode()
        at = f"/data/{quote(interface)}/exports"
        job = json.loads(self._call("POST", at, body=body).body)

        def ask(headers: Mapping[str, str]) -> Response:
            return self._call("GET", f"{job['href']}/data", accept="*/*", ranged=headers)

        try:
            job = self._made(job)
            size = fetch(ask, Path(path), self._retries)
        finally:
            with suppress(DuokuaClientError):  # it goes by itself within a day
                self._call("DELETE", job["href"])
        return Exported(Path(path), job["rows"], size, job["receipt"], job["as_of"])

    def _made(self, job: dict[str, Any]) -> dict[str, Any]:
        wait, waited = _LOOK_S[0], 0.0
        while job["state"] == "running":
            if waited >= self._longest_export:
                raise ExportFailed(f"{job['id']} is not done after {waited:.0f} s")
            self._sleep(wait)
            waited, wait = waited + wait, min(2 * wait, _LOOK_S[1])
            job = json.loads(self._call("GET", job["href"]).body)
        if job["state"] != "done":
            raise ExportFailed(f"{job['id']} {job['state']}, receipt {job['receipt']}")
        return job

    def arrow(self, interface: str, /, **parameters: Parameter) -> pyarrow.Table:
        """Return all rows as one Arrow table; needs ``duokua-client[arrow]``.

        The receipt is in ``table.schema.metadata[b"receipt"]``.
        """
        import pyarrow.ipc

        path = _path(f"/data/{quote(interface)}", {"limit": "all", **parameters})
        body = self._call("GET", path, accept=ARROW).body
        with pyarrow.ipc.open_stream(body) as reader:
            return reader.read_all()

    def pandas(self, interface: str, /, **parameters: Parameter) -> pandas.DataFrame:
        """Return all rows as a data frame; needs ``duokua-client[pandas]``."""
        return self.arrow(interface, **parameters).to_pandas()

    # --- how it is asked ---------------------------------------------------------------------

    def _json(self, interface: str, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
        path = _path(f"/data/{quote(interface)}", parameters)
        told: dict[str, Any] = json.loads(self._call("GET", path).body)
        return told

    def _call(
        self,
        method: str,
        path: str,
        *,
        accept: str = "application/json",
        body: bytes | None = None,
        ranged: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a call with a token; one that has ended meanwhile is renewed once.

        With ``ranged``, the headers of a range or none, the answer comes in pieces.

        :raises Problem: it was refused.
        :raises ConnectionFailed: no answer.
        """

        def send() -> Response:
            headers = self._headers(accept, body)
            if ranged is not None:
                return self._patiently(lambda: self._transport.stream(path, {**headers, **ranged}))
            return self._patiently(lambda: self._transport.send(method, path, headers, body))

        try:
            return send()
        except NotAuthenticated as problem:
            if problem.code not in ("token_expired", "token_invalid") or self._token is None:
                raise
            self._token = None
        return send()

    def _headers(self, accept: str, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": accept, "Accept-Language": self._language}
        token = self._valid_token()
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if self._purpose is not None:
            headers["Duokua-Purpose"] = quote(self._purpose)  # a header holds ASCII only
        if body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _valid_token(self) -> str | None:
        client, secret = self._credentials
        if client is None or secret is None:
            return None
        with self._lock:
            if self._token is None or time.monotonic() >= self._token_until:
                self._token = self._fresh_token(client, secret)
            return self._token

    def _fresh_token(self, client: str, secret: str) -> str:
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        if self._purpose is not None:
            form["purpose"] = self._purpose
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept-Language": self._language,
        }
        sent = urlencode(form).encode()
        answer = self._patiently(
            lambda: self._transport.send("POST", "/oauth/token", headers, sent)
        )
        told = json.loads(answer.body)
        self._token_until = time.monotonic() + max(0.0, told["expires_in"] - _MARGIN_S)
        return str(told["access_token"])

    def _patiently(self, send: Callable[[], Response]) -> Response:
        """Send, and send again after 429 and 503 as ``Retry-After`` says."""
        for attempt in range(self._retries + 1):
            answer = send()
            if 200 <= answer.status < 300:
                return answer
            wait = _wait(answer, attempt)
            last = attempt == self._retries or wait > self._longest_wait
            if last or answer.status not in _AGAIN:
                raise problem_of(answer.status, answer.body, answer.retry_after)
            self._sleep(wait)
        raise ValueError("retries is 0 or more")


def _wait(answer: Response, attempt: int) -> float:
    """Return the seconds to wait: what was asked for, else more with each attempt."""
    if answer.retry_after is not None:
        return float(answer.retry_after)
    return float(min(2**attempt, 30)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads callers


def _path(path: str, parameters: Mapping[str, Parameter]) -> str:
    given = [(name, _text(value)) for name, value in parameters.items() if value is not None]
    return f"{path}?{urlencode(given)}" if given else path


def _plain(value: str | int | float | bool | date | datetime) -> str | int | float | bool:
    return value.isoformat() if isinstance(value, date) else value


def _text(value: str | int | float | bool | date | datetime) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
