"""The example for the shell: curl and nothing else."""

from __future__ import annotations

import json
from shlex import quote

from duokua.exchange.examples.call import PAGE, SECRET, Call
from duokua.lang.interface import Shape


def example(call: Call) -> str:
    """Return the call as shell commands."""
    parts = [] if call.anonymous else [_token(call)]
    parts.append(_pages(call) if call.paged else _once(call))
    if call.shape is Shape.PAGE:
        parts.append(_file(call))
    if call.shape is Shape.CHANGES:
        parts.append(_version())
    if call.exported:
        parts.append(_export(call))
    return "\n\n".join(parts)


def _token(call: Call) -> str:
    return (
        "# A token, valid for an hour.\n"
        f"TOKEN=$(curl -sS {quote(call.base + '/oauth/token')} \\\n"
        "  -d grant_type=client_credentials \\\n"
        f"  --data-urlencode {quote('client_id=' + call.client)} \\\n"
        f'  --data-urlencode "client_secret=${SECRET}" \\\n'
        f"  --data-urlencode {quote('purpose=' + call.purpose)} \\\n"
        """  | sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p')"""
    )


def _fetch(call: Call, address: str, *options: str) -> str:
    told = ["curl -sS --fail-with-body", *options]
    if not call.anonymous:
        told.append('-H "Authorization: Bearer $TOKEN"')
    if call.body is not None:
        told += ["-H 'Content-Type: application/json'", f"-d {quote(call.body)}"]
    return " \\\n    ".join([*told, address])


def _once(call: Call) -> str:
    said = "# A refusal says what is wrong and how to mend it (application/problem+json).\n"
    return said + _fetch(call, quote(call.url)) + " && echo"


def _pages(call: Call) -> str:
    address = f'{quote(call.url)}"${{NEXT:+{call.more}cursor=$NEXT}}"'
    return (
        "# Page after page; a refusal says what is wrong and how to mend it, and ends it.\n"
        "NEXT=\n"
        "while :; do\n"
        f"  {_fetch(call, address, '-D head.txt')} || exit 1; echo\n"
        "  NEXT=$(sed -n 's/^[Dd]uokua-[Nn]ext: *\\([^[:space:]]*\\).*/\\1/p' head.txt)\n"
        '  [ -n "$NEXT" ] || break\n'
        "done"
    )


def _file(call: Call) -> str:
    whole = call.url.replace(f"limit={PAGE}", "limit=all&format=parquet")
    return "# Or all rows in one file: csv, arrow or parquet.\n" + _fetch(
        call, quote(whole), "-o rows.parquet"
    )


def _version() -> str:
    return (
        "# What to send as since=… next time, to be told of changes only.\n"
        "sed -n 's/^[Dd]uokua-[Vv]ersion: */since=/p' head.txt"
    )


def _export(call: Call) -> str:
    """Return a bulk export: ordered, waited for, fetched by a line that may be run again."""
    order = json.dumps({**dict(call.parameters), "format": "parquet"}, ensure_ascii=False)
    kind = "-H 'Content-Type: application/json'"
    address = f'{quote(call.base)}"$JOB"'
    ask = _fetch(call, quote(f"{call.base}{call.path}/exports"), kind, f"-d {quote(order)}")
    return (
        "# Or a bulk export, made aside: order it, wait, fetch it (-C - goes on where it broke off).\n"
        f"""JOB=$({ask} | sed -n 's/.*"href":"\\([^"]*\\)".*/\\1/p')\n"""
        f"""while {_fetch(call, address)} | grep -q '"state":"running"'; do sleep 1; done\n"""
        "rm -f export.parquet\n"
        + _fetch(call, f"{address}/data", "--retry 5 -C - -o export.parquet")
    )
