"""What the environment may say of sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from duokua.identity.states import Role
from duokua.kernel import environment
from duokua.kernel.errors import Invalid
from duokua.kernel.sign_in_settings import GUARDED_ROLES, ROLES

ISSUER = {
    "DUOKUA_OIDC_ISSUER": "https://id.example/realm/",
    "DUOKUA_OIDC_CLIENT_ID": "duokua",
    "DUOKUA_OIDC_CLIENT_SECRET": "secret",
}


def test_the_roles_are_those_of_identity() -> None:
    assert set(Role.values) == ROLES > GUARDED_ROLES


def test_nothing_said_is_password_only() -> None:
    told = environment.read({}).sign_in
    assert (told.provider, told.second_step, told.idle_minutes) == (None, None, 30)


def test_a_provider(tmp_path: Path) -> None:
    provider = environment.read(ISSUER).sign_in.provider
    assert provider is not None
    assert (provider.issuer, provider.name) == ("https://id.example/realm", "id.example")
    assert provider.claim == "preferred_username" and "secret" not in repr(provider)
    (tmp_path / "secret").write_text("from a file\n")
    told = ISSUER | {"DUOKUA_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    provider = environment.read(told).sign_in.provider
    assert provider is not None and provider.secret == "from a file"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DUOKUA_OIDC_ISSUER": "http://id.example"}, "DUOKUA_OIDC_ISSUER"),
        ({"DUOKUA_OIDC_ISSUER": "file:///etc"}, "DUOKUA_OIDC_ISSUER"),
        ({"DUOKUA_OIDC_CLIENT_ID": ""}, "DUOKUA_OIDC_CLIENT_ID"),
        ({"DUOKUA_OIDC_CLIENT_SECRET": ""}, "DUOKUA_OIDC_CLIENT_SECRET"),
        ({"DUOKUA_OIDC_CLIENT_SECRET_FILE": "/nowhere/at/all"}, "DUOKUA_OIDC_CLIENT_SECRET_FILE"),
        ({"DUOKUA_SECOND_STEP_ROLES": "bureau,king"}, "DUOKUA_SECOND_STEP_ROLES"),
        ({"DUOKUA_IDLE_MINUTES": "0"}, "DUOKUA_IDLE_MINUTES"),
        ({"DUOKUA_IDLE_MINUTES": "９"}, "DUOKUA_IDLE_MINUTES"),
        ({"DUOKUA_IDLE_MINUTES": "9999999999"}, "DUOKUA_IDLE_MINUTES"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(Invalid) as error:
        environment.read(ISSUER | change)
    assert [fault.where for fault in error.value.faults] == [named]


def test_roles_and_minutes() -> None:
    told = environment.read(
        {"DUOKUA_SECOND_STEP_ROLES": "bureau, head", "DUOKUA_IDLE_MINUTES": "5"}
    ).sign_in
    assert (told.second_step, told.idle_minutes) == (frozenset(("bureau", "head")), 5)
    assert environment.read({"DUOKUA_SECOND_STEP_ROLES": "none"}).sign_in.second_step == frozenset()
