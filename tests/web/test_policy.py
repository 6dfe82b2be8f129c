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
        answer = views.not_allowed(ask("steward_a"), policy.RoleNeeded(Role.AUDITOR))
    assert answer.status_code == 403
    assert role in answer.content.decode()


@pytest.mark.parametrize(
    ("needed", "told", "never"),
    [
        ((Role.AUDITOR,), "由平台运营方任命", "部门管理员授予"),
        ((Role.STEWARD,), "由本部门管理员授予", "平台运营方"),
        ((Role.HEAD, Role.BUREAU), "或全区性岗位", "该部门的管理员"),
        (tuple(set(Role) - {Role.CITIZEN}), "供部门或企业的工作人员使用", "数据责任人"),
    ],
)
def test_a_refusal_names_who_grants_it(
    db: None, needed: tuple[Role, ...], told: str, never: str
) -> None:
    with translation.override("zh-hans"):
        page = views.not_allowed(ask("steward_a"), policy.RoleNeeded(*needed)).content.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert told in main and never not in main


def test_a_refusal_of_one_departments_page_names_it(db: None) -> None:
    with translation.override("zh-hans"):
        error = policy.RoleNeeded(Role.ADMIN, department="dept_b")
        page = views.not_allowed(ask("steward_a"), error).content.decode()
    assert "部门管理员" in page and "b局" in page and "由该部门的管理员授予" in page
