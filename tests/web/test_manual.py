"""The page of an interface as a manual: what a developer of another bureau is told."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from django.test import Client
from django.utils.html import escape

from duokua.exchange import wheel
from duokua.serving.possible import possible
from duokua.serving.problems import KINDS

Browser = Callable[..., Client]
PATH = "/store/interfaces/worker_by_id/"


def _page(client: Client) -> str:
    answer = client.get(PATH)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_refusal_is_told_with_its_mend(sign_in: Browser) -> None:
    answer = sign_in("developer_b", "en").get(PATH)
    text = answer.content.decode()
    codes = possible(answer.context["interface"])
    assert codes
    for code in codes:
        assert f"<code>{code}</code>" in text
        assert escape(KINDS[code].title.en.partition("{")[0]) in text


def test_parameters_are_told_with_an_example_that_has_their_form(sign_in: Browser) -> None:
    context = sign_in("developer_b").get(PATH).context
    (ask,) = context["manual"].asks
    assert (ask.name, ask.required, ask.sign, ask.example) == ("worker_id", True, "=", "1")


def test_code_lists_come_with_their_meaning(sign_in: Browser) -> None:
    assert "塔吊司机" in _page(sign_in("steward_a"))
    text = _page(sign_in("developer_b", "en"))
    assert "<code>crane</code> Crane driver" in text


def test_without_a_grant_it_says_how_to_get_one(sign_in: Browser) -> None:
    text = _page(sign_in("auditor_c", "en"))
    assert "Get access" in text and "data-try" not in text
    assert "Person steward_a" in text, "who decides about requests"
    assert "CLIENT_ID" in text
    granted = _page(sign_in("developer_b", "en"))
    assert "data-try" in granted and "CLIENT_ID" not in granted


def test_an_example_of_each_language_names_the_own_program(sign_in: Browser) -> None:
    context = sign_in("developer_b").get(PATH).context
    told = {each.id: each.code for each in context["examples"]}
    assert set(told) == {"curl", "python", "client", "javascript", "java"}
    assert all("watch" in code and "http://testserver" in code for code in told.values())


def test_limits_name_the_own_quota(sign_in: Browser) -> None:
    context = sign_in("developer_b").get(PATH).context
    limits = {each.title.en: each.value.en for each in context["manual"].limits}
    assert "1,000" in limits.values()
    assert not any("limit" in title for title in limits), "a look-up has no pages"


def test_the_client_is_handed_out_as_a_wheel_that_works(client: Client, tmp_path: Path) -> None:
    """Without signing in, as pip does."""
    name = wheel.file_name()
    assert name is not None and re.fullmatch(r"duokua_client-[0-9.]+-py3-none-any\.whl", name)
    answer = client.get(f"/store/clients/{name}")
    assert answer.status_code == 200
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        record = next(each for each in archive.namelist() if each.endswith("/RECORD"))
        lines = archive.read(record).decode().splitlines()
        assert {line.split(",")[0] for line in lines} == set(archive.namelist())
        assert "duokua_client/py.typed" in archive.namelist()
        first = lines[0].split(",")
        assert int(first[2]) == len(archive.read(first[0]))
        digest = hashlib.sha256(archive.read(first[0])).digest()
        assert first[1] == "sha256=" + urlsafe_b64encode(digest).decode().rstrip("=")
    (tmp_path / name).write_bytes(answer.content)
    done = subprocess.run(
        [sys.executable, "-I", "-c",
         f"import sys; sys.path.insert(0, {str(tmp_path / name)!r}); "
         "import duokua_client; print(duokua_client.__file__, duokua_client.Client)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert name in done.stdout
    assert client.get("/store/clients/duokua_client-9.9.9-py3-none-any.whl").status_code == 404
