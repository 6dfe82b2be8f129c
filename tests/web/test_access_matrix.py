"""Page × person × object: every address of the portal against the policy in words.

An address that has no line here fails: whoever adds a page says here who may open it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract
from duokua.store.values.steps import WizardStep
from ledgers import EFFORT
from people import PEOPLE, delegate
from store_world import put_on_show

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STEWARD, DEVELOPER, BUREAU, AUDITOR = "steward", "developer", "bureau", "auditor"
HEAD, SECURITY, ADMIN, CLERK, CITIZEN = "head", "security", "admin", "clerk", "citizen"
STAFF = (STEWARD, DEVELOPER, BUREAU, AUDITOR, HEAD, SECURITY, ADMIN, CLERK)
EVERYONE = (*STAFF, CITIZEN)
REVIEW = (STEWARD, BUREAU, AUDITOR)
WATCHERS = (STEWARD, HEAD, BUREAU, SECURITY, AUDITOR)
ASKERS = (STEWARD, DEVELOPER, BUREAU, HEAD, SECURITY, ADMIN)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may open a page, in words; ``roles`` is ``None`` for people who are not signed in too.

    ``owner``: a steward or an administrator opens it for objects of the own department only, and
    gets ``foreign`` for those of others that are no secret. ``reads``: it shows something on GET.
    ``program``: it is for programs, so who is not signed in is told 401, not sent to the sign-in.
    """

    roles: tuple[str, ...] | None
    of: str = ""  # what the address names
    owner: bool = False
    foreign: int = 403
    reads: bool = True
    program: bool = False


ANYONE = Rule(None)
RULES: dict[str, Rule] = {
    "set_language": ANYONE,
    "set_theme": ANYONE,
    "set_elder": ANYONE,
    "style": Rule(EVERYONE),
    "home": ANYONE,
    "bulletins": ANYONE,
    "domain": Rule(None, "nothing"),
    "bulletin": Rule(None, "number"),
    "bulletin_write": Rule((BUREAU,)),
    "bulletin_end": Rule((BUREAU,), "number", reads=False),
    "sign_in": ANYONE,
    "sign_in_code": ANYONE,
    "sign_out": ANYONE,
    "health": ANYONE,
    "client_wheel": Rule(None, "nothing"),
    "provider_begin": ANYONE,
    "provider_back": ANYONE,
    **dict.fromkeys(
        ("me", "second_step", "messages", "my_notices", "password", "sign_ins", "delegations",
         "departments"),
        Rule(EVERYONE),
    ),
    "sign_out_everywhere": Rule(EVERYONE, reads=False),
    "people": Rule((ADMIN,), "department", owner=True),
    **dict.fromkeys(("datasets", "interfaces", "search", "receipts"), Rule(STAFF)),
    **dict.fromkeys(("store", "store_search", "store_suggest"), Rule(STAFF)),
    **dict.fromkeys(("dataset", "dataset_lineage", "dataset_quality"), Rule(STAFF, "dataset")),
    "interface": Rule(STAFF, "interface"),
    # A part of a page, empty where there is nothing to name.
    "interfaces_of": Rule(STAFF, "part"),
    "consumers_of": Rule(STAFF, "dataset"),
    "try_interface": Rule(STAFF, "interface", reads=False),
    "receipt": Rule(STAFF, "receipt"),
    "subject_search": Rule((AUDITOR, STEWARD)),
    **dict.fromkeys(("my_usage", "my_clients"), Rule(STAFF)),
    "interface_usage": Rule(REVIEW, "interface", owner=True, foreign=404),
    **dict.fromkeys(
        ("add_key", "retire_key", "revoke_key"), Rule((STEWARD, DEVELOPER), "client", reads=False)
    ),
    "jobs": Rule(REVIEW),
    "erasures": Rule((STEWARD,)),
    "act_on_job": Rule((STEWARD, BUREAU), "job", reads=False),
    "bring_in": Rule((STEWARD,)),
    "choose_dataset": Rule((STEWARD,)),
    "draft": Rule((STEWARD,), "nothing"),
    "dataset_matches": Rule(REVIEW, "dataset", owner=True),
    "dataset_sources": Rule(REVIEW, "dataset", owner=True),
    "dataset_quarantine": Rule((STEWARD,), "dataset", owner=True, foreign=404),
    "send": Rule((STEWARD,), "dataset", owner=True),
    "sent": Rule((STEWARD,), "nothing"),
    "define_interface": Rule((STEWARD,), "dataset", owner=True),
    "change_interface": Rule((STEWARD,), "interface", owner=True),
    "open_grant": Rule((STEWARD,), "interface", owner=True),
    "revoke_grant": Rule((STEWARD,), "grant", owner=True),
    "listing": Rule(STAFF, "listing"),
    "say_listing": Rule(STAFF, "listing", reads=False),
    "edit_listing": Rule((STEWARD,), "listing", owner=True),
    "withdraw_listing": Rule((STEWARD, HEAD), "listing", owner=True),
    "my_listings": Rule((STEWARD, HEAD)),
    "new_listing": Rule((STEWARD,)),
    "listing_reviews": Rule((SECURITY, HEAD, BUREAU)),
    "review_listing": Rule((SECURITY, HEAD, BUREAU), "nothing"),
    "cart": Rule(ASKERS),
    **dict.fromkeys(("cart_add", "cart_remove"), Rule(ASKERS, reads=False)),
    "requests": Rule(STAFF),
    **dict.fromkeys(("api_requests", "api_description", "api_cases"), Rule(STAFF, program=True)),
    "api_request": Rule(STAFF, "nothing", program=True),
    **dict.fromkeys(("api_resources", "api_grants"), Rule(STAFF, program=True)),
    "api_resource": Rule(STAFF, "listing", program=True),
    "api_grant": Rule(STAFF, "nothing", program=True),
    "api_grant_act": Rule(STAFF, "nothing", reads=False, program=True),
    "api_case": Rule(STAFF, "nothing", program=True),
    "api_case_act": Rule(STAFF, "nothing", reads=False, program=True),
    "api_case_evidence": Rule(STAFF, "nothing", reads=False, program=True),
    "api_case_content": Rule(STAFF, "nothing", program=True),
    "api_submit_request": Rule(STAFF, "nothing", reads=False, program=True),
    # Whose decision it is, and who may see a dispute: tests/web/test_deciding.py
    **dict.fromkeys(("inbox", "disputes"), Rule(STAFF)),
    "law": Rule(EVERYONE),
    "dispute": Rule(STAFF, "nothing"),
    "decide": Rule(STAFF, "number", reads=False),
    **dict.fromkeys(("answer_request", "open_dispute"), Rule(STAFF, "nothing", reads=False)),
    **dict.fromkeys(("request", "request_attachment"), Rule(STAFF, "nothing")),
    "request_act": Rule(ASKERS, "nothing", reads=False),
    **dict.fromkeys((f"request_{step}" for step in WizardStep), Rule(ASKERS, "nothing")),
    # What stands on the page of a resource in use, and for whom: tests/web/test_resources.py
    "my_resources": Rule(STAFF),
    "our_resources": Rule(WATCHERS),
    "my_resource": Rule(STAFF, "nothing"),
    "our_resource": Rule(WATCHERS, "nothing"),
    "resource_act": Rule(STAFF, "nothing", reads=False),
    "register_client": Rule((STEWARD, DEVELOPER), reads=False),
    # Whose cases somebody sees, and what they may do with them: tests/web/test_cases.py
    **dict.fromkeys(
        ("scenario", "scenario_view", "scenario_export", "scenario_indicators",
         "scenario_indicator"),
        Rule(STAFF, "nothing"),
    ),
    "cases": Rule(STAFF),
    # Whose devices somebody sees: tests/web/test_sensing.py
    **dict.fromkeys(("streams", "devices"), Rule((STEWARD, HEAD, BUREAU, AUDITOR))),
    **dict.fromkeys(("stream", "device"), Rule((STEWARD, HEAD, BUREAU, AUDITOR), "nothing")),
    "act_on_device": Rule((STEWARD,), "nothing", reads=False),
    "packs": Rule((STEWARD, HEAD, BUREAU, AUDITOR)),
    "pack": Rule((STEWARD, HEAD, BUREAU, AUDITOR), "nothing"),
    "api_packs": Rule(STAFF, program=True),
    "api_pack": Rule(STAFF, "nothing", program=True),
    "case_board": Rule((HEAD, AUDITOR)),
    "quiet_hours": Rule((HEAD,)),
    **dict.fromkeys(("cases_offline", "cases_worker"), ANYONE),
    "case_sending": Rule(STAFF),
    "keep_case_view": Rule(STAFF, reads=False),
    "forget_case_view": Rule(STAFF, "number", reads=False),
    **dict.fromkeys(("case", "case_live", "case_dossier"), Rule(STAFF, "nothing")),
    **dict.fromkeys(("case_content", "case_thumbnail"), Rule(STAFF, "nothing")),
    **dict.fromkeys(("case_act", "case_evidence"), Rule(STAFF, "nothing", reads=False)),
}  # fmt: skip
# Of each kind: the owner's, another department's, one that is kept from other departments, none.
OBJECTS = {
    "dataset": {"worker": "dept_a", "air": "dept_b", "vault": "dept_a", "nowhere": ""},
    "interface": {"worker_by_id": "dept_a", "air_now": "dept_b", "vault_by_id": "dept_a",
                  "nowhere": ""},
    "department": {"dept_a": "dept_a", "dept_b": "dept_b", "nowhere": ""},
    "listing": {"worker": "dept_a", "air": "dept_b", "nowhere": ""},
    "client": {"nowhere": ""},
    "grant": {"g-worker": "dept_a", "vault-g": "dept_a", "nowhere": ""},
    "receipt": {"r-1": "", "r-77": ""},
    "job": {"1": "", "987654": ""},
    "nothing": {"nowhere": ""},
    "number": {"987654": ""},
    "part": {"worker": "", "vault": "", "nowhere": ""},
    "": {"": ""},
}  # fmt: skip
MORE = {"steward_b": ("dept_b", STEWARD), "developer_a": ("dept_a", DEVELOPER),
        "steward_c": ("dept_c", STEWARD), "head_a": ("dept_a", HEAD),
        "security_c": ("dept_c", SECURITY), "admin_a": ("dept_a", ADMIN),
        "clerk_c": ("dept_c", CLERK), "citizen_c": ("dept_c", CITIZEN),
        "two_posts": ("dept_a", DEVELOPER), "acting": ("dept_a", CLERK)}  # fmt: skip
SECOND = {"two_posts": STEWARD, "acting": STEWARD}  # a further post; a post by delegation
NAMED: dict[str, str] = {}  # ids that are given when something is made
CAST = {"": ("", ""), **PEOPLE, **MORE}


def _addresses() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name of every address and of what it names, as the resolver knows them."""

    def walk(found: Any) -> Iterator[URLPattern]:
        for each in found.url_patterns:
            if isinstance(each, URLResolver):
                yield from walk(each)
            else:
                yield each

    for pattern in walk(get_resolver()):
        yield str(pattern.name), tuple(pattern.pattern.converters)


ADDRESSES = dict(_addresses())


_VERB, _FORM = "verb=retry", "application/x-www-form-urlencoded"


def test_every_address_has_a_rule() -> None:
    assert ADDRESSES.keys() == RULES.keys(), ADDRESSES.keys() ^ RULES.keys()


@pytest.fixture
def browsers(db: None) -> Callable[[str], Client]:
    """Return signed-in browsers; some people and a core dataset are added to the district."""
    from duokua.exchange import facade as exchange
    from duokua.exchange.values import GrantOrder
    from duokua.identity import facade as identity
    from duokua.lake import facade as lake

    for name, (department, role) in MORE.items():
        identity.ensure_person(name, "a long password here", name, name, department, role)
    identity.ensure_post("two_posts", "dept_a", STEWARD)
    delegate("steward_a", "acting", STEWARD)
    lake.register(dump_contract(VAULT), by="steward_a", now=NOW)
    exchange.publish_interface(VAULT_INTERFACE, source="test.yaml", by="steward_a", now=NOW)
    exchange.create_client(
        title="内部", department="dept_a", by="steward_a", now=NOW, client_id="inner"
    )
    for interface, name in (("worker_by_id", "g-worker"), ("vault_by_id", "vault-g")):
        order = GrantOrder("inner", interface, "核查", "条例", NOW + timedelta(days=9))
        NAMED[name] = exchange.open_grant(order, by="steward_a", now=NOW).grant.id
    for dataset in ("worker", "air"):
        put_on_show(lake.contract(dataset))
    users = {user.username: user for user in get_user_model().objects.all()}

    def browser(name: str) -> Client:
        client = Client(raise_request_exception=False)
        if name:
            client.force_login(users[name])
        return client

    return browser


_VAULT = Text("核心", "Core")
VAULT = Contract(
    "vault", "1.0.0", _VAULT, _VAULT, "dept_a", Level.L4,
    (Column("worker_id", Kind.INTEGER, _VAULT, required=True, level=Level.L4),), ("worker_id",),
)  # fmt: skip
VAULT_INTERFACE = """\
interface: vault_by_id
version: 1.0.0
title: {zh: 核心, en: Core}
description: {zh: 核心, en: Core}
dataset: vault
shape: lookup
columns: [worker_id]
"""


def _path(name: str, thing: str) -> str:
    thing = NAMED.get(thing, thing)
    told = {
        each: (thing if not each.startswith("job") or thing.isdecimal() else "987654")
        for each in ADDRESSES[name]
    }
    return reverse(name, kwargs=told)


def _worn(rule: Rule, person: str) -> str:
    """Return in which of their posts somebody opens a page: the main one, where that will do."""
    role = CAST[person][1]
    second = SECOND.get(person, role)
    return second if rule.roles and role not in rule.roles and second in rule.roles else role


def _known(person: str, role: str, thing: str) -> bool:
    """Tell whether somebody may know that an object is there."""
    department = CAST[person][0]
    if thing in ("nowhere", "987654", "r-77"):
        return False
    return not thing.startswith("vault") or department == "dept_a" or role in (BUREAU, AUDITOR)


def _decided(name: str, person: str, thing: str) -> int:
    """Return what the policy in words says of a page: 200, 302 to the sign-in, 403 or 404."""
    rule, department = RULES[name], CAST[person][0]
    role = _worn(rule, person)
    if rule.roles is None:
        return 200
    if not person:
        return 401 if rule.program else 302
    if role not in rule.roles:
        return 403
    if not rule.of or rule.of == "part":
        return 200
    if not _known(person, role, thing) or rule.of == "nothing":
        return 404
    owner = OBJECTS[rule.of][thing]
    if rule.owner and role in (STEWARD, ADMIN, HEAD) and department != owner:
        return rule.foreign
    return 200


def _cells() -> list[tuple[str, str, str]]:
    return [
        (name, person, thing)
        for name, rule in RULES.items()
        for person in CAST
        for thing in OBJECTS[rule.of]
        if rule.of != "job" or thing == "987654"
    ]


def test_what_a_page_answers_to_whom(browsers: Callable[[str], Client]) -> None:
    wrong, seen = [], 0
    open_ = {person: browsers(person) for person in CAST}
    for name, person, thing in _cells():
        decided = _decided(name, person, thing)
        if name in ("receipt",):
            continue  # whose calls one sees is held against the scopes in test_receipts
        for method in ("GET", "HEAD") if EFFORT > 1 or thing == "nowhere" else ("GET",):
            seen += 1
            answer = open_[person].generic(method, _path(name, thing))
            expected = {decided} if RULES[name].reads else {405, decided} - {200}
            if decided == 200:
                expected |= {302} if RULES[name].roles is None else set()
                expected |= {204, 404, 405} if RULES[name].roles is None else set()
            if answer.status_code not in expected:
                wrong.append(f"{method} {name} {person} {thing}: {answer.status_code} {expected}")
    assert not wrong, f"{len(wrong)} of {seen}\n" + "\n".join(wrong)


def test_nothing_is_done_for_whom_it_is_not_open(browsers: Callable[[str], Client]) -> None:
    """Whoever may not open a page changes nothing there by any method, and breaks nothing."""
    from duokua.audit import facade as audit

    open_, wrong = {person: browsers(person) for person in CAST}, []
    before = audit.find(limit=1)
    for name, person, thing in _cells():
        decided = _decided(name, person, thing)
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS") if EFFORT > 1 else ("POST",):
            if decided == 200:
                continue
            answer = open_[person].generic(method, _path(name, thing), _VERB, _FORM)
            if answer.status_code not in {decided, 405}:
                wrong.append(f"{method} {name} {person} {thing}: {answer.status_code} {decided}")
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong)
    assert audit.find(limit=1) == before, "something was recorded, so something was done"


def test_a_request_that_another_site_made_is_refused(browsers: Callable[[str], Client]) -> None:
    """Without the form's own token no method that changes anything gets through, for anybody."""
    cookies = {person: browsers(person).cookies for person in CAST if person}
    wrong = []
    for person, jar in list(cookies.items())[: None if EFFORT > 1 else 3]:
        browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
        browser.cookies = jar
        for name, rule in RULES.items():
            for thing in list(OBJECTS[rule.of])[:1]:
                for method in ("POST", "PUT", "PATCH", "DELETE"):
                    answer = browser.generic(method, _path(name, thing))
                    if answer.status_code not in (403, 405):
                        wrong.append(f"{method} {name} {person} {thing}: {answer.status_code}")
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong)


def test_what_is_kept_from_somebody_looks_absent(browsers: Callable[[str], Client]) -> None:
    pairs = {"dataset": ("vault", "nowhere"), "interface": ("vault_by_id", "nowhere"),
             "part": ("vault", "nowhere"), "grant": ("vault-g", "nowhere"),
             "receipt": ("r-1", "r-77")}  # fmt: skip
    wrong = []
    for person in ("steward_b", "developer_b", "steward_c"):
        browser = browsers(person)
        for name, rule in RULES.items():
            if rule.of not in pairs or (rule.of == "receipt" and person != "steward_c"):
                continue
            for method in METHODS if EFFORT > 1 else ("GET", "POST"):
                kept, absent = (
                    _bare(browser.generic(method, _path(name, thing), _VERB, _FORM), thing)
                    for thing in pairs[rule.of]
                )
                if kept != absent:
                    wrong.append(f"{method} {name} {person}: {kept} {absent}")
    assert not wrong, "\n".join(wrong)


def _bare(answer: Any, thing: str) -> tuple[int, list[tuple[str, str]], str]:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = re.sub(r'(csrf\w*|X-CSRFToken)["\': =&quot;a-z]+[\w-]{64}', "csrf", body.decode())
    headers = sorted((n, v) for n, v in answer.items() if n != "Content-Length")
    return answer.status_code, headers, text.replace(NAMED.get(thing, thing), "it")
