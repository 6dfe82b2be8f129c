"""The example for JavaScript: ``fetch`` of Node.js ≥ 18, and of browsers."""

from __future__ import annotations

from duokua.exchange.examples.call import SECRET, Call
from duokua.exchange.examples.python import literal
from duokua.lang.interface import Shape

_CALL = """\
async function call(url, options = {}) {
  const answer = await fetch(url, options);
  // A refusal is a problem document: code, title, mend, and errors[] with a pointer for each.
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

"""


def example(call: Call) -> str:
    """Return the call as a module."""
    return _CALL + ("" if call.anonymous else _token(call)) + _read(call)


def _token(call: Call) -> str:
    return (
        f"const token = await call({literal(call.base + '/oauth/token')}, {{\n"
        '  method: "POST",\n'
        "  body: new URLSearchParams({\n"
        '    grant_type: "client_credentials",\n'
        f"    client_id: {literal(call.client)},\n"
        f"    client_secret: process.env.{SECRET},\n"
        f"    purpose: {literal(call.purpose)},\n"
        "  }),\n"
        "});\n"
    )


def _read(call: Call) -> str:
    known = "" if call.anonymous else "Authorization: `Bearer ${token.access_token}`"
    told = f"const headers = {{ {known} }};\n" if known else "const headers = {};\n"
    told += f"const url = {literal(call.url)};\n"
    is_feed = call.shape is Shape.CHANGES
    if call.paged:
        return (
            told
            + (
                "let page;\n"
                "do {\n"
                f'  page = await call(page ? url + "{call.more}cursor=" + page.next : url, {{ headers }});\n'
                "  for (const row of page.rows) console.log(row);\n"
                "} while (page.next);\n"
            )
            + ('console.log("next time &since=" + page.version);\n' if is_feed else "")
        )
    if call.body is not None:
        kind = '"Content-Type": "application/json"'
        return told + (
            "const answer = await call(url, {\n"
            f'  method: "POST",\n  headers: {{ ...headers, {kind} }},\n'
            f"  body: {literal(call.body)},\n"
            "});\n"
            "console.log(answer.rows);\n"
        )
    return told + "const answer = await call(url, { headers });\nconsole.log(answer.rows);\n"
