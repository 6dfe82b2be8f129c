"""Starts the provider of :mod:`openid.provider` and signs people in there as a browser would."""

from __future__ import annotations

import http.cookiejar
import json
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BACK = "http://testserver/sign-in/provider/back/"
CLIENT, SECRET = "duokua-portal", "a secret of the tests: with a colon, 100%"
PASSWORD = "what the provider knows"
NAME = "演示统一认证"


@dataclass(frozen=True, slots=True)
class Running:
    """A provider that answers; ``key`` is its private key, which only a test would have."""

    issuer: str
    key: bytes

    def variables(self) -> dict[str, str]:
        """Return the environment that signs in through it."""
        return {
            "DUOKUA_OIDC_ISSUER": self.issuer,
            "DUOKUA_OIDC_CLIENT_ID": CLIENT,
            "DUOKUA_OIDC_CLIENT_SECRET": SECRET,
            "DUOKUA_OIDC_NAME": NAME,
        }

    def consent(self, address: str, person: str) -> str:
        """Sign in at the provider and return the address that it sends the browser back to."""
        browser = urllib.request.build_opener(
            _Stay, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        door = urllib.parse.urljoin(self.issuer, _open(browser, address)[0])
        page = _open(browser, door)[1]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        target = urllib.parse.parse_qs(urllib.parse.urlsplit(door).query)["next"][0]
        form = {"username": person, "password": PASSWORD, "next": target}
        form["csrfmiddlewaretoken"] = token[1]
        led = _open(browser, door, urllib.parse.urlencode(form).encode())[0]
        return _open(browser, urllib.parse.urljoin(self.issuer, led))[0]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _open(
    browser: urllib.request.OpenerDirector, address: str, body: bytes | None = None
) -> tuple[str, str]:
    """Return where an answer leads and what it says."""
    try:
        answer = browser.open(address, body, timeout=20)
    except urllib.error.HTTPError as redirect:
        answer = redirect
    with answer:
        return answer.headers.get("Location", ""), answer.read().decode()


@contextmanager
def provider(folder: Path, people: list[str]) -> Iterator[Running]:
    """Run a provider that knows these people for as long as the block lasts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(key)
    told = {"people": dict.fromkeys(people, PASSWORD), "back": BACK}
    told |= {"client_id": CLIENT, "client_secret": SECRET}
    (folder / "told.json").write_text(json.dumps(told))
    script = Path(__file__).with_name("provider.py")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, stderr=log
        ) as running,
    ):
        assert running.stdout is not None
        port = running.stdout.readline().decode().strip()
        assert port, (folder / "log").read_text()
        try:
            yield Running(f"http://127.0.0.1:{port}/o", key)
        finally:
            running.terminate()
            running.wait(20)
