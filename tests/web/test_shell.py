"""Language, theme, static files, and the gateway's headers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from duokua.shell.middleware import HEADERS


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [("en-GB,en;q=0.9", "en"), ("zh-CN", "zh-Hans"), ("fr", "zh-Hans"), (None, "zh-Hans")],
)
def test_a_stranger_reads_the_own_language(
    client: Client, db: None, accepted: str | None, lang: str
) -> None:
    headers = {"Accept-Language": accepted} if accepted else {}
    assert f'<html lang="{lang}"' in client.get("/sign-in/", headers=headers).content.decode()


def test_the_switch_outranks_the_browser(client: Client, db: None) -> None:
    answer = client.post("/set/language/", {"language": "en", "next": "/sign-in/"})
    assert answer.headers["Location"] == "/sign-in/"
    page = client.get("/sign-in/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert '<html lang="en"' in page and "Public data, used with care" in page


def test_the_theme_is_rendered_by_the_server(client: Client, db: None) -> None:
    client.post("/set/theme/", {"theme": "dark", "next": "//evil.example"})
    assert 'data-bs-theme="dark"' in client.get("/sign-in/").content.decode()
    client.post("/set/theme/", {"theme": "<x>"})
    assert 'data-theme="dark"' in client.get("/sign-in/").content.decode()


def test_files_are_hashed_and_kept(client: Client, db: None) -> None:
    page = client.get("/sign-in/").content.decode()
    files = re.findall(r'(?:src|href)="(/static/[^"#]+)', page)
    assert len(files) >= 7
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200
        assert re.search(r"\.[0-9a-f]{12}\.", file)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == HEADERS["X-Content-Type-Options"]
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert b"".join(answer.streaming_content)  # read, so that the file is closed


def test_a_form_works_behind_any_host(sign_in: Callable[..., Client]) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/sign-in/", headers={"X-Forwarded-Host": "data.example:8443"})
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert token
    for origin, status in (("https://data.example:8443", 302), ("https://evil.example", 403)):
        answer = browser.post(
            "/set/theme/",
            {"theme": "dark", "csrfmiddlewaretoken": token.group(1)},
            headers={
                "X-Forwarded-Host": "data.example:8443",
                "X-Forwarded-Proto": "https",
                "Origin": origin,
                "Referer": origin + "/",
            },
        )
        assert answer.status_code == status
