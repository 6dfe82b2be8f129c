"""The examples for Python: the standard library, and ``duokua-client``."""

from __future__ import annotations

import json
import keyword

from duokua.exchange.examples.call import SECRET, Call
from duokua.lang.interface import Shape


def literal(value: str) -> str:
    """Write a text as a literal of Python, and of JavaScript."""
    return json.dumps(value, ensure_ascii=False)


def example(call: Call) -> str:
    """Return the call as a program that needs the standard library only."""
    imports = "import json\nfrom urllib.error import HTTPError\nfrom urllib.request import Request, urlopen\n"
    if not call.anonymous:
        imports = f"import json\nimport os\n{imports.removeprefix('import json' + chr(10))}"
        imports += "from urllib.parse import urlencode\n"
    return imports + _CALL + ("" if call.anonymous else _token(call)) + _read(call)


_CALL = """

def call(url, headers, body=None):
    try:
        with urlopen(Request(url, body, headers)) as answer:
            return json.load(answer)
    except HTTPError as refused:  # code, title, mend, and errors[] with a pointer for each
        raise SystemExit(f"{refused.code} {refused.read().decode()}")


"""


def _token(call: Call) -> str:
    return (
        "form = {\n"
        '    "grant_type": "client_credentials",\n'
        f'    "client_id": {literal(call.client)},\n'
        f'    "client_secret": os.environ["{SECRET}"],\n'
        f'    "purpose": {literal(call.purpose)},\n'
        "}\n"
        f"token = call({literal(call.base + '/oauth/token')}, {{}}, urlencode(form).encode())\n"
    )


def _read(call: Call) -> str:
    headers = "{}" if call.anonymous else '{"Authorization": "Bearer " + token["access_token"]}'
    told = f"headers = {headers}\nurl = {literal(call.url)}\n"
    if call.paged:
        return (
            told
            + (
                "page = call(url, headers)\n"
                "while True:\n"
                '    for row in page["rows"]:\n'
                "        print(row)\n"
                '    if page["next"] is None:\n'
                "        break\n"
                f'    page = call(url + "{call.more}cursor=" + page["next"], headers)\n'
            )
            + ('print("next time &since=", page["version"], sep="")\n' if _changes(call) else "")
        )
    if call.body is not None:
        sent = f'{{**headers, "Content-Type": "application/json"}}, {literal(call.body)}.encode()'
        return told + f'for row in call(url, {sent})["rows"]:\n    print(row)\n'
    return told + 'print(call(url, headers)["rows"])\n'


def client_example(call: Call) -> str:
    """Return the call as a program with ``duokua-client``."""
    return _with_client(call, {
        Shape.LOOKUP: f"        print(data.lookup({_arguments(call)}))\n",
        Shape.VERIFY: f"        print(data.verify({_arguments(call)}))\n",
        Shape.AGGREGATE: _loop(f"data.aggregate({_arguments(call)})"),
        Shape.CHANGES: _loop(f"data.changes({_arguments(call)})  # next time since=…")
        + '        print("since", rows.version)\n',
    }.get(call.shape, _loop(f"data.rows({_arguments(call)})")))  # fmt: skip


def _changes(call: Call) -> bool:
    return call.shape is Shape.CHANGES


def _loop(rows: str) -> str:
    return (
        f"        rows = {rows}\n"
        "        for row in rows:  # page after page\n"
        "            print(row)\n"
        '        print("receipt", rows.receipt)\n'
    )


def arrow_example(call: Call) -> str:
    """Return all rows as an Arrow table."""
    return _with_client(call, (
        f"        table = data.arrow({_arguments(call)})  # or data.pandas(…)\n"
        '        print(table.num_rows, "rows", table.schema.names)\n'
    ))  # fmt: skip


def export_example(call: Call) -> str:
    """Return all rows as a file that the platform makes aside."""
    return _with_client(call, (
        "        # It waits until the file is made, and goes on where a download broke off.\n"
        f'        told = data.export({_arguments(call, "parquet", "all_rows.parquet")})\n'
        "        print(told.path, told.rows, \"rows, receipt\", told.receipt)\n"
    ))  # fmt: skip


def _with_client(call: Call, body: str) -> str:
    known = "" if call.anonymous else (
        f', {literal(call.client)}, os.environ["{SECRET}"],\n'
        f"            purpose={literal(call.purpose)}"
    )  # fmt: skip
    return (
        ("" if call.anonymous else "import os\n\n")
        + "from duokua_client import Client, Problem\n\n"
        f"with Client({literal(call.base)}{known}) as data:\n"
        "    try:\n"
        f"{body}"
        "    except Problem as problem:  # what is wrong and how to mend it\n"
        "        raise SystemExit(problem)\n"
    )


def _arguments(call: Call, *more: str) -> str:
    plain = {k: v for k, v in call.parameters if k.isidentifier() and not keyword.iskeyword(k)}
    odd = {k: v for k, v in call.parameters if k not in plain}
    told = [
        *map(literal, (call.interface, *more)),
        *(f"{k}={literal(v)}" for k, v in plain.items()),
    ]
    if odd:
        told.append(f"**{json.dumps(odd, ensure_ascii=False)}")
    return ", ".join(told)
