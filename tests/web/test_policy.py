"""A page for some roles only."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.shell import views
from people import PEOPLE


@policy.roles(Role.AUDITOR)
def page(request: HttpRequest, person: Person) -> HttpResponse:
    return HttpResponse(person.username)


def ask(name: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = get_user_model().objects.get(username=name)
    return request


@pytest.mark.parametrize("name", PEOPLE)
def test_only_its_roles_open_a_page(db: None, name: str) -> None:
    if PEOPLE[name][1] == "auditor":
        answer = page(ask(name))
        assert isinstance(answer, HttpResponse) and answer.content.decode() == name
    else:
        with pytest.raises(policy.RoleNeeded):
            page(ask(name))


@pytest.mark.parametrize(("language", "role"), [("zh-hans", "审计员"), ("en", "Auditor")])
def test_a_refusal_names_the_role(db: None, language: str, role: str) -> None:
    with translation.override(language):
        answer = views.not_allowed(ask("steward_a"), policy.RoleNeeded((Role.AUDITOR,)))
    assert answer.status_code == 403
    assert role in answer.content.decode()
