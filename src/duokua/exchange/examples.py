"""Ready examples of a call: for the shell and for Python."""

from __future__ import annotations

import json
from shlex import quote
from urllib.parse import urlencode

from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.lang.contract import Kind

_SAMPLES = {
    Kind.STRING: "…",
    Kind.INTEGER: "1",
    Kind.NUMBER: "1.0",
    Kind.BOOLEAN: "true",
    Kind.DATE: "2026-01-01",
    Kind.TIMESTAMP: "2026-01-01T00:00:00Z",
}


def _query(info: InterfaceInfo) -> str:
    columns = info.contract.by_name
    needed = [parameter for parameter in info.interface.parameters if parameter.required]
    chosen = [(one.name, _SAMPLES[columns[one.column].kind]) for one in needed]
    return urlencode(chosen or [("limit", "10")])


def _who(grant: GrantInfo | None) -> tuple[str, str]:
    return (grant.grant.client, grant.grant.purpose) if grant else ("CLIENT_ID", "PURPOSE")


def curl_example(base: str, info: InterfaceInfo, grant: GrantInfo | None) -> str:
    """Return the call as shell commands: a token, then the data. Texts of people are quoted."""
    url = quote(f"{base}/data/{info.interface.id}?{_query(info)}")
    if info.interface.open and grant is None:
        return f"curl {url}"
    client, purpose = _who(grant)
    return (
        f"TOKEN=$(curl -s {quote(base + '/oauth/token')} \\\n"
        "  -d grant_type=client_credentials \\\n"
        f"  --data-urlencode {quote('client_id=' + client)} \\\n"
        '  --data-urlencode "client_secret=$SECRET" \\\n'
        f"  --data-urlencode {quote('purpose=' + purpose)} \\\n"
        "  | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')\n\n"
        f'curl -H "Authorization: Bearer $TOKEN" \\\n  {url}'
    )


def python_example(base: str, info: InterfaceInfo, grant: GrantInfo | None) -> str:
    """Return the call as a Python program with pandas. Texts of people are quoted."""
    url = _text(f"{base}/data/{info.interface.id}?{_query(info)}&format=csv")
    if info.interface.open and grant is None:
        return f"import pandas as pd\n\nrows = pd.read_csv({url})"
    client, purpose = _who(grant)
    return (
        "import json, os, urllib.parse, urllib.request\nimport pandas as pd\n\n"
        "form = urllib.parse.urlencode({\n"
        '    "grant_type": "client_credentials",\n'
        f'    "client_id": {_text(client)},\n'
        '    "client_secret": os.environ["SECRET"],\n'
        f'    "purpose": {_text(purpose)},\n'
        "}).encode()\n"
        f"with urllib.request.urlopen({_text(base + '/oauth/token')}, form) as answer:\n"
        '    token = json.load(answer)["access_token"]\n\n'
        "rows = pd.read_csv(\n"
        f"    {url},\n"
        '    storage_options={"Authorization": f"Bearer {token}"},\n)'
    )


def _text(value: str) -> str:
    """Write a text as a literal of Python."""
    return json.dumps(value, ensure_ascii=False)
