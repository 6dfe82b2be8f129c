"""People of two departments, a signed-in browser for each, and the collected static files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from duokua.identity import facade as identity

PASSWORD = "correct horse battery"
PEOPLE = {
    "steward_a": ("dept_a", "steward"),
    "developer_b": ("dept_b", "developer"),
    "bureau_a": ("dept_a", "bureau"),
    "auditor_b": ("dept_b", "auditor"),
}
ROLES = list(PEOPLE)
LANGUAGES = ("zh-hans", "en")


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name their files by hash, so the files are collected once."""
    finders.get_finders()
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Put the people in once: hashing a password is slow on purpose."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        identity.ensure_department("dept_a", "甲局", "Bureau A")
        identity.ensure_department("dept_b", "乙局", "Bureau B")
        for name, (department, role) in PEOPLE.items():
            identity.ensure_person(name, PASSWORD, f"某{name}", f"Person {name}", department, role)


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Return a function that gives a signed-in browser in a language."""
    from django.contrib.auth import get_user_model

    def browser(name: str, language: str = "zh-hans") -> Client:
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        client.cookies["duokua_language"] = language
        return client

    return browser
