"""``duokua data query``: a governed call from the terminal, through the same door as every program."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO, Any

import click

from duokua.cli.outcome import guarded
from duokua.kernel import environment
from duokua.kernel.errors import Invalid, NotAllowed, Unavailable
from duokua.kernel.text import Text

_REFUSED = {401: NotAllowed, 403: NotAllowed}


@click.command("query")
@click.argument("interface")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--client", "client_id", envvar="DUOKUA_CLIENT_ID", help="The program that asks.")
@click.option("--secret", envvar="DUOKUA_CLIENT_SECRET", help="Its secret; better by the variable.")
@click.option("--purpose", help="Which of the client's purposes.")
@click.option(
    "--format", "format_", type=click.Choice(["json", "csv", "arrow", "parquet"]), default="json"
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--json", "as_json", is_flag=True, help="Tell errors as JSON.")
@guarded
def query(
    interface: str,
    parameters: tuple[str, ...],
    client_id: str | None,
    secret: str | None,
    purpose: str | None,
    format_: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Call INTERFACE on the running platform; without a client, as anyone may.

    Quota, masks and receipts are those of every other call; DUOKUA_HOST and DUOKUA_PORT say where.

    Example: duokua data query air_quality station=puyan limit=5 --format csv
    """
    settings = environment.read()
    base = f"http://{settings.host}:{settings.port}"
    headers: dict[str, str] = {"Accept-Language": settings.language}
    if client_id and secret:
        headers["Authorization"] = f"Bearer {_token(base, client_id, secret, purpose)}"
    pairs = [_pair(told) for told in parameters] + [("format", format_)]
    url = f"{base}/data/{urllib.parse.quote(interface)}?{urllib.parse.urlencode(pairs)}"
    with _opened(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310
        receipt = answer.headers.get("Duokua-Receipt", "")
        if out is None:
            shutil.copyfileobj(answer, sys.stdout.buffer)
            sys.stdout.buffer.write(b"\n" if format_ == "json" else b"")
        else:
            with out.open("wb") as file:
                shutil.copyfileobj(answer, file)
    click.echo(f"receipt {receipt}", err=True)


def _pair(told: str) -> tuple[str, str]:
    name, sign, value = told.partition("=")
    if not sign or not name:
        raise Invalid(
            Text(f"“{told}”不是 名称=值", f"{told!r} is no NAME=VALUE"),
            Text("请写成 station=puyan 的形式", "write it as station=puyan"),
        )
    return name, value


def _token(base: str, client_id: str, secret: str, purpose: str | None) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    if purpose:
        form["purpose"] = purpose
    body = urllib.parse.urlencode(form).encode()
    with _opened(urllib.request.Request(f"{base}/oauth/token", body)) as answer:  # noqa: S310
        token: str = json.load(answer)["access_token"]
        return token


def _opened(request: urllib.request.Request) -> Any:
    try:
        return urllib.request.urlopen(request, timeout=120)  # noqa: S310 - the configured address
    except urllib.error.HTTPError as error:
        raise _refused(error.code, error) from None
    except OSError as error:
        raise Unavailable(
            Text(f"平台没有应答：{error}", f"the platform does not answer: {error}"),
            Text(
                "请先 duokua run，并核对 DUOKUA_PORT", "start it with duokua run, check DUOKUA_PORT"
            ),
        ) from None


def _refused(status: int, body: IO[bytes]) -> Exception:
    try:
        told = json.load(body)
    except ValueError:
        told = {}
    what = told.get("title") or told.get("error_description") or f"HTTP {status}"
    details = [f"{e['pointer']} {e['detail']} → {e['mend']}" for e in told.get("errors", ())]
    mend = "; ".join(details) or told.get("mend") or told.get("error") or ""
    kind = Unavailable if status >= 500 else _REFUSED.get(status, Invalid)
    return kind(Text(what, what), Text(mend, mend))
