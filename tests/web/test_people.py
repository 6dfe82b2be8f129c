"""Departments, their administrators and delegations, through the portal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from duokua.audit import facade as audit
from duokua.identity import facade as identity
from duokua.identity.models import Delegation, Post, User
from duokua.kernel import clock
from people import PASSWORD, delegate
from web.test_pages import CHINESE, Words
from web.test_sign_in import quick  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]
Browser = Callable[..., Client]
PEOPLE, DELEGATIONS = "/departments/dept_a/people/", "/me/delegations/"


@pytest.fixture
def office(quick: None) -> None:  # noqa: F811
    """Give department a an administrator, a head and an office below it."""
    identity.ensure_department("office_a", "a所", "Office A", "dept_a", phone="0571-8770 0000")
    for name, department, role in (
        ("admin_a", "dept_a", "admin"),
        ("head_a", "dept_a", "head"),
        ("clerk_below", "office_a", "developer"),
        ("auditor_a", "dept_a", "developer"),
        ("citizen", "dept_c", "citizen"),
    ):
        identity.ensure_person(name, PASSWORD, f"某{name}", f"Person {name}", department, role)


def last_record(verb: str) -> Any:
    return audit.find(verb=verb, limit=1)[0]


def policy_says(username: str) -> Any:
    """Return what gateways are told of a person."""
    from duokua.exchange import policy

    with policy.store() as opened:
        return opened.body("person", username)[0]


@pytest.mark.usefixtures("office")
def test_the_tree_shows_people_to_staff_and_offices_to_residents(sign_in: Browser) -> None:
    page = sign_in("developer_b", "en").get("/departments/").content.decode()
    assert "Office A" in page and "0571-8770 0000" in page and "Person head_a" in page
    tree = sign_in("developer_b").get("/departments/").context["branches"]
    codes = [branch.info.code for branch in tree if branch.info.code[-2:] in ("_a", "_b")]
    assert codes == ["dept_a", "office_a", "dept_b"]
    page = sign_in("citizen", "en").get("/departments/").content.decode()
    assert "Office A" in page and "Person head_a" not in page
    found = sign_in("developer_b", "en").get("/departments/?q=head_a").context["branches"]
    assert [branch.info.code for branch in found] == ["dept_a"]
    assert [one.username for one in found[0].people] == ["head_a"]


@pytest.mark.usefixtures("office")
def test_a_new_person_signs_in_once_with_what_was_handed_over(sign_in: Browser) -> None:
    told = {"act": "create", "username": "newcomer", "name_zh": "新人", "role": "steward"}
    page = sign_in("admin_a", "en").post(PEOPLE, told).content.decode()
    found = re.search(r'id="secret" tabindex="0">([a-z2-9-]{19})<', page)
    assert found
    browser = Client()
    answer = browser.post("/sign-in/", {"username": "newcomer", "password": found[1]})
    assert answer.status_code == 302
    assert browser.get("/store/datasets/")["Location"] == "/me/password/"
    assert browser.post("/me/sign-out-everywhere/")["Location"] == "/me/password/"
    told = {
        "old": found[1],
        "fresh": "quiet river under bridges",
        "again": "quiet river under bridges",
    }
    assert browser.post("/me/password/", told)["Location"] == "/me/"
    assert browser.get("/store/datasets/").status_code == 200
    assert last_record("identity.person.created").of == "newcomer"


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("role", ["bureau", "security", "auditor", "citizen", "nonsense", ""])
def test_posts_over_the_district_are_not_theirs_to_give(sign_in: Browser, role: str) -> None:
    User.objects.filter(username="bureau_a").update(role="developer")
    browser = sign_in("admin_a")
    told = {"act": "create", "username": "newcomer", "name_zh": "新人", "role": role}
    assert browser.post(PEOPLE, told).status_code in (403, 422)
    told = {"act": "post", "username": "head_a", "role": role}
    assert browser.post(PEOPLE, told).status_code in (403, 422)
    assert not User.objects.filter(username="newcomer").exists()
    assert not Post.objects.exists()


@pytest.mark.usefixtures("office")
def test_where_the_operator_appointed_one_a_second_may_follow(sign_in: Browser) -> None:
    browser = sign_in("admin_a")
    told = {"act": "post", "username": "head_a", "role": "bureau"}
    assert browser.post(PEOPLE, told).status_code == 302  # bureau_a is of dept_a
    told = {"act": "post", "username": "clerk_below", "role": "bureau"}
    assert browser.post("/departments/office_a/people/", told).status_code == 403


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("username", "status"),
    [("steward_b", 404), ("nobody", 404), ("admin_a", 403), ("auditor_c", 404), ("auditor_a", 403)],
)
@pytest.mark.parametrize("act", ["reset", "off", "on", "post", "forget_step"])
def test_whom_they_do_not_touch(sign_in: Browser, act: str, username: str, status: int) -> None:
    identity.ensure_person("steward_b", PASSWORD, "某", "b", "dept_b", "steward")
    identity.ensure_post("auditor_a", "dept_a", "security")
    User.objects.filter(username="auditor_a").update(department_id="office_a")
    Post.objects.update(department_id="office_a")
    before = User.objects.order_by("pk").values_list("password", "is_active", "must_change")
    before = list(before)
    told = {"act": act, "username": username, "role": "developer"}
    assert sign_in("admin_a").post(PEOPLE, told).status_code == status
    after = User.objects.order_by("pk").values_list("password", "is_active", "must_change")
    assert list(after) == before and Post.objects.count() == 1


@pytest.mark.usefixtures("office")
def test_a_reset_and_a_switch_off_end_the_sessions(sign_in: Browser) -> None:
    admin, theirs = sign_in("admin_a"), sign_in("head_a")
    assert theirs.get("/me/").status_code == 200
    assert admin.post(PEOPLE, {"act": "reset", "username": "head_a"}).status_code == 200
    assert theirs.get("/me/").status_code == 302
    theirs = sign_in("clerk_below")
    told = {"act": "off", "username": "clerk_below"}
    assert admin.post("/departments/office_a/people/", told).status_code == 302
    assert theirs.get("/me/").status_code == 302
    assert "clerk_below" in identity.disabled_people()
    assert policy_says("clerk_below") == {"disabled": True}


@pytest.mark.usefixtures("office")
def test_who_was_switched_off_comes_back_with_a_new_password_and_no_session(
    sign_in: Browser,
) -> None:
    admin, theirs = sign_in("admin_a"), sign_in("clerk_below")
    place, told = "/departments/office_a/people/", {"username": "clerk_below"}
    assert admin.post(place, {"act": "on", **told}).status_code == 409  # is on
    admin.post(place, {"act": "off", **told})
    assert 'value="on"' in admin.get(place).content.decode()
    page = admin.post(place, {"act": "on", **told})
    assert page.status_code == 200
    name, password = page.context["password"]
    again = User.objects.get(username=name)
    assert again.is_active and again.must_change and again.check_password(password)
    assert policy_says("clerk_below") is None
    assert theirs.get("/me/").status_code == 302  # the session of before stays ended
    assert last_record("identity.person.enabled").of == "clerk_below"


@pytest.mark.usefixtures("office")
def test_a_post_lets_in_until_it_ends(sign_in: Browser) -> None:
    admin, theirs = sign_in("admin_a"), sign_in("head_a")
    assert theirs.get("/store/bring-in/").status_code == 403
    day = clock.district_day(clock.now()).isoformat()
    told = {"act": "post", "username": "head_a", "role": "steward", "until": day}
    assert admin.post(PEOPLE, told).status_code == 302
    assert theirs.get("/store/bring-in/").status_code == 200
    assert "担任岗位" in theirs.get("/messages/").content.decode()
    number = Post.objects.get(role="steward").pk
    assert admin.post(PEOPLE, {"act": "end_post", "number": number}).status_code == 302
    assert theirs.get("/store/bring-in/").status_code == 403
    told["until"] = "2020-01-01"
    assert admin.post(PEOPLE, told).status_code == 422


@pytest.mark.usefixtures("office")
def test_a_colleague_acts_until_it_is_revoked_and_both_are_told(sign_in: Browser) -> None:
    steward, head = sign_in("steward_a", "en"), sign_in("head_a", "en")
    last = clock.district_day(clock.now()) + timedelta(days=9)
    told = {"act": "give", "taker": "head_a", "role": "steward", "until": last.isoformat()}
    assert steward.post(DELEGATIONS, told)["Location"] == DELEGATIONS
    assert head.get("/store/bring-in/").status_code == 200
    for browser in (steward, head):
        assert "act as Data steward until" in browser.get("/messages/").content.decode()
    assert steward.post(DELEGATIONS, told).status_code == 409
    told = {"act": "give", "taker": "admin_a", "role": "steward", "until": last.isoformat()}
    assert head.post(DELEGATIONS, told).status_code == 422  # not theirs to hand on
    number = Delegation.objects.get().pk
    revoke = {"act": "revoke", "number": number}
    assert sign_in("bureau_a").post(DELEGATIONS, revoke).status_code == 404
    assert head.post(DELEGATIONS, revoke).status_code == 302
    assert head.get("/store/bring-in/").status_code == 403
    assert steward.post(DELEGATIONS, revoke).status_code == 409
    assert last_record("identity.delegation.revoked").by == "head_a"


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    "change",
    [
        {"taker": "steward_a"}, {"taker": "developer_b"}, {"taker": "nobody"}, {"taker": ""},
        {"role": "head"}, {"role": "bureau"}, {"role": "x"}, {"role": ""},
        {"until": ""}, {"until": "x"}, {"until": "2020-01-01"}, {"until": "9999-12-31"},
        {"until": 90}, {"reason": "长" * 201},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_delegated(sign_in: Browser, change: dict[str, Any]) -> None:
    last = clock.district_day(clock.now()) + timedelta(days=89)
    told = {"act": "give", "taker": "head_a", "role": "steward", "until": last.isoformat()}
    if change.get("until") == 90:
        change = {"until": (last + timedelta(days=1)).isoformat()}
    answer = sign_in("steward_a").post(DELEGATIONS, told | change)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert not Delegation.objects.exists()
    assert sign_in("steward_a").post(DELEGATIONS, told).status_code == 302


@pytest.mark.usefixtures("office")
def test_an_administrator_by_delegation_manages_and_not_themselves(sign_in: Browser) -> None:
    delegate("admin_a", "head_a", "admin")
    head = sign_in("head_a")
    assert head.get(PEOPLE).status_code == 200
    told = {"act": "post", "username": "head_a", "role": "steward"}
    assert head.post(PEOPLE, told).status_code == 403
    User.objects.filter(username="admin_a").update(is_active=False)
    assert head.get(PEOPLE).status_code == 403


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_with_everything_on_them(sign_in: Browser, language: str) -> None:
    delegate("steward_a", "head_a", "steward")
    identity.ensure_post("head_a", "dept_a", "developer")
    for path in (PEOPLE, DELEGATIONS, "/me/", "/departments/", "/me/sign-ins/"):
        for name in ("admin_a", "head_a"):
            if name == "admin_a" or path != PEOPLE:
                answer = sign_in(name, language).get(path)
                assert answer.status_code == 200
                reader = Words()
                reader.feed(answer.content.decode())
                found = [word for word in reader.found if CHINESE.search(word)]
                assert language != "en" or found == []
