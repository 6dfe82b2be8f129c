"""Ready examples of a call: for the shell and for Python."""

from __future__ import annotations

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


def curl_example(base: str, info: InterfaceInfo, grant: GrantInfo | None) -> str:
    """Return the call as two shell commands: a token, then the data."""
    url = f"{base}/data/{info.interface.id}?{_query(info)}"
    if info.interface.open and grant is None:
        return f'curl "{url}"'
    client = grant.grant.client if grant else "CLIENT_ID"
    purpose = grant.grant.purpose if grant else "PURPOSE"
    return (
        f"TOKEN=$(curl -s {base}/oauth/token \\\n"
        f'  -d grant_type=client_credentials -d client_id="{client}" \\\n'
        f'  -d client_secret="$SECRET" -d purpose="{purpose}" \\\n'
        "  | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')\n\n"
        f'curl -H "Authorization: Bearer $TOKEN" \\\n  "{url}"'
    )


def python_example(base: str, info: InterfaceInfo, grant: GrantInfo | None) -> str:
    """Return the call as a Python program with pandas."""
    url = f"{base}/data/{info.interface.id}?{_query(info)}&format=csv"
    if info.interface.open and grant is None:
        return f'import pandas as pd\n\nrows = pd.read_csv("{url}")'
    client = grant.grant.client if grant else "CLIENT_ID"
    purpose = grant.grant.purpose if grant else "PURPOSE"
    return (
        "import json, os, urllib.parse, urllib.request\nimport pandas as pd\n\n"
        "form = urllib.parse.urlencode({\n"
        f'    "grant_type": "client_credentials",\n    "client_id": "{client}",\n'
        f'    "client_secret": os.environ["SECRET"],\n    "purpose": "{purpose}",\n'
        "}).encode()\n"
        f'with urllib.request.urlopen("{base}/oauth/token", form) as answer:\n'
        '    token = json.load(answer)["access_token"]\n\n'
        "rows = pd.read_csv(\n"
        f'    "{url}",\n'
        '    storage_options={"Authorization": f"Bearer {token}"},\n)'
    )
