"""A person who reads and writes over plain HTTP: quicker than a window, and as an attacker writes."""

from __future__ import annotations

import secrets
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from forms_found import Form, Found

Pairs = list[tuple[str, str]]
Files = list[tuple[str, str, bytes]]  # field, name of the file, content


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_told: Any) -> None:
        return None


class PlainVisit:
    """One session of one person."""

    def __init__(self, url: str, name: str, password: str, language: str) -> None:
        self.url, self.name = url, name
        self.jar = CookieJar()
        self._open = urllib.request.build_opener(
            _Stay(), urllib.request.HTTPCookieProcessor(self.jar)
        )
        self._open.addheaders = [("Accept-Language", language)]
        door = Found(self.get("/sign-in/")[1])
        form = next(each for each in door.forms if "username" in each.text)
        status, _ = self.post("/sign-in/", "/sign-in/",
                              [*form.kept, ("username", name), ("password", password)])  # fmt: skip
        assert status == 302, (name, status)

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the page; what is no page is empty."""
        status, text, _ = self._ask(urllib.request.Request(self.url + path))
        return status, text

    def post(
        self, page: str, target: str, told: Pairs, files: Files | None = None
    ) -> tuple[int, str]:
        """Send a form of a page; return the status and where it leads."""
        data, kind = _body(told, files or [])
        asked = urllib.request.Request(
            self.url + target, data, {"Content-Type": kind, "Referer": self.url + page}
        )
        status, _, place = self._ask(asked)
        return status, place

    def _ask(self, asked: urllib.request.Request) -> tuple[int, str, str]:
        try:
            answer: Any = self._open.open(asked, timeout=60)
        except urllib.error.HTTPError as other:
            answer = other
        with answer:
            html = "text/html" in answer.headers.get("content-type", "")
            text = answer.read().decode() if html else ""
            return answer.status, text, answer.headers.get("location", "")

    def form(self, path: str, act: str) -> Form:
        """Return the form of a page that has this button, the first one without a name."""
        status, text = self.get(path)
        forms = Found(text).forms
        for form in forms:
            if act in [value for _, value in form.buttons]:
                return form
        raise AssertionError((self.name, path, status, act, [each.buttons for each in forms]))


def _body(told: Pairs, files: Files) -> tuple[bytes, str]:
    if not files:
        return urlencode(told).encode(), "application/x-www-form-urlencoded"
    line = secrets.token_hex(12)
    parts = [
        f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in told
    ]
    for field, name, content in files:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        head = f'--{line}\r\nContent-Disposition: form-data; name="{field}"; filename="{quoted}"'
        parts.append(f"{head}\r\nContent-Type: text/csv\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"
