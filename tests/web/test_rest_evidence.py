"""Evidence for programs: files as forms, the rest as JSON, by the same rules as on the page."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client
from PIL import Image

import loop_world as world
from duokua.identity.models import User
from duokua.loop.actions.cases import follow
from duokua.loop.facade import acting
from duokua.loop.models import Evidence, Task


@pytest.fixture
def task(db: None) -> Task:
    """A task that somebody has accepted."""
    world.settle()
    follow([world.found()], pack=world.PACK, now=world.NOW)
    made = Task.objects.get(case=world.case_of(), play="fix")
    acting.act(made.case.number, "accept", world.person("fixer"), task=made.id, now=world.NOW)
    return made


def browser(name: str) -> Client:
    made = Client()
    made.force_login(User.objects.get(username=name))
    return made


def photo() -> io.BytesIO:
    body = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(body, "JPEG")
    body.seek(0)
    body.name = "site.jpg"
    return body


def path(task: Task) -> str:
    return f"/api/v1/cases/{task.case.number}/evidence"


def note(who: Client, task: Task, told: Any) -> Any:
    return who.post(path(task), json.dumps(told), content_type="application/json")


def test_a_photo_is_given_and_read_again(task: Task) -> None:
    who = browser("fixer")
    given = who.post(path(task), {"task": task.id, "ask": "photo", "file": photo()})
    assert given.status_code == 201, given.content
    told = given.json()
    assert (told["kind"], told["media"].split("/")[0], told["ask"]) == ("photo", "image", "photo")
    for more in ("", "?small=1"):
        body = who.get(given.headers["Location"] + more)
        assert body.headers["Content-Type"].startswith("image/")
        assert Image.open(io.BytesIO(body.content)).size[0] > 0
    assert browser("stranger").get(given.headers["Location"]).status_code == 404


def test_a_note_is_given_as_json(task: Task) -> None:
    given = note(browser("fixer"), task, {"task": task.id, "body": {"text": "已联系"}})
    assert (given.status_code, given.json()["body"]) == (201, {"text": "已联系"})


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, 422), ([], 422), ({"task": "x"}, 422), ({"task": True}, 422), ({"task": -1}, 422),
        ({"task": 1, "body": []}, 422), ({"task": 1, "more": 1}, 422), ({"task": 1, "ask": 5}, 422),
        ({"task": 987654, "body": {"text": "x"}}, 404),
        ({"task": None, "body": {"text": "a\0b"}}, 422),
        ({"task": None, "body": {"text": ""}}, 422),
        ({"task": None, "ask": "none", "body": {"text": "x"}}, 422),
        ({"task": None, "ask": "photo", "body": {}}, 422),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_nothing_kept(task: Task, told: Any, status: int) -> None:
    if isinstance(told, dict) and told.get("task", 0) is None:
        told = {**told, "task": task.id}
    answer = note(browser("fixer"), task, told)
    assert answer.status_code == status, answer.content
    assert not Evidence.objects.exists()


def test_whose_task_it_is_not_gives_nothing(task: Task) -> None:
    told = {"task": task.id, "body": {"text": "x"}}
    assert note(browser("stranger"), task, told).status_code == 404
    assert note(browser("auditor"), task, told).status_code == 403
    assert Client().post(path(task)).status_code == 401
    assert not Evidence.objects.exists()
