"""The page of quiet hours: whom it shows what, who sets them, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

import loop_world as world
from duokua.loop.facade import quiet as hours

PATH = "/cases/quiet/"
SET = {"role": "handler", "begins": "22:00", "ends": "07:00", "least": "orange", "act": "set"}
Door = Callable[..., Client]


@pytest.fixture
def doors(db: None) -> Door:
    """Return signed-in browsers of the people of the small scenario."""
    from django.contrib.auth import get_user_model

    world.settle()

    def browser(name: str, language: str = "zh-hans") -> Client:
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        client.cookies["duokua_language"] = language
        return client

    return browser


@pytest.mark.parametrize(
    ("language", "said"), [("zh-hans", "橙色及以上照常通知"), ("en", "from Orange on")]
)
def test_a_head_sets_them_and_a_handler_sees_them(doors: Door, language: str, said: str) -> None:
    head, fixer = doors("fixer_head", language), doors("fixer", language)
    assert 'name="begins"' not in fixer.get(PATH).content.decode()
    assert head.post(PATH, SET).status_code == 302
    [row] = hours.quiet_hours("works")
    assert (row.role, f"{row.begins:%H:%M}", f"{row.ends:%H:%M}", row.least) == (
        "handler", "22:00", "07:00", "orange",
    )  # fmt: skip
    for browser in (head, fixer):
        page = browser.get(PATH).content.decode()
        assert "22:00–07:00" in page
        assert said in page
    assert head.post(PATH, {**SET, "act": "end"}).status_code == 302
    assert hours.quiet_hours("works") == []


@pytest.mark.parametrize(
    "wrong",
    [{"begins": "25:00"}, {"begins": ""}, {"ends": "x"}, {"least": "purple"}, {"least": ""},
     {"ends": "22:00"}, {"role": "steward"}, {"role": ""}],
)  # fmt: skip
def test_what_is_wrong_is_told_and_changes_nothing(doors: Door, wrong: dict[str, str]) -> None:
    answer = doors("fixer_head").post(PATH, {**SET, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert hours.quiet_hours("works") == []


def test_who_may_not_is_refused(doors: Door) -> None:
    assert doors("fixer").post(PATH, SET).status_code == 403
    assert hours.quiet_hours("works") == []


def test_the_command_sets_its_own(doors: Door) -> None:
    command = doors("chief")
    assert command.post(PATH, {**SET, "role": "command"}).status_code == 302
    assert command.post(PATH, SET).status_code == 403
    assert "22:00–07:00" in command.get(PATH).content.decode()
