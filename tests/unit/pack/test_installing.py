"""Installing, upgrading and removing: all or nothing, again and again, and never over a grant."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from duokua.engine.scenario.confine import can_confine
from duokua.engine.scenario.session import Session
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.loop.facade import rules
from duokua.pack import bundle, facade, signing
from duokua.pack.actions import datasets, installing, reading_grants, trusting
from pack_world import lifts, serve, settle
from scenario_packs import files

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle()
    serve("demo_lift", "special_equipment", "special_equipment_list", lifts(NOW.date()), NOW)


def lift(**instead: str) -> dict[str, str]:
    return files("demo_lift", **instead)


def later(**instead: str) -> dict[str, str]:
    found = lift(**instead)
    manifest = found["pack.yaml"].replace("version: 1.0.0", "version: 1.1.0")
    return {**found, "pack.yaml": manifest}


def held(client: str = "pack_demo_lift") -> list[str]:
    told = exchange.grants(client=client, now=LATER)
    return sorted(each.grant.interface for each in told if each.state == "active")


def test_a_pack_runs_under_grants_of_its_own() -> None:
    outcome = facade.install(lift(), by="me", now=NOW)
    assert outcome.changed
    assert outcome.missing == ()
    assert held() == ["special_equipment_list"]
    (grant,) = exchange.grants(client="pack_demo_lift", now=LATER)
    assert grant.grant.purpose == "电梯检验到期监管"
    assert [each.pack for each in rules.adopted()] == ["demo_lift"]
    assert facade.installation("demo_lift").state == "installed"


def test_installing_again_changes_nothing() -> None:
    facade.install(lift(), by="me", now=NOW)
    before = exchange.grants(client="pack_demo_lift", now=LATER)
    again = facade.install(lift(), by="me", now=LATER)
    assert not again.changed
    assert exchange.grants(client="pack_demo_lift", now=LATER) == before
    assert facade.installation("demo_lift").installed_at == NOW


STEPS = (
    (datasets, "register"), (datasets, "load_samples"), (installing, "_publish"),
    (installing, "_register_program"), (reading_grants, "open_own"),
    (reading_grants, "draft_others"), (rules, "adopt"), (reading_grants, "give_back"),
    (installing, "_finish"),
)  # fmt: skip


@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_an_installation_that_was_cut_short_is_finished_by_doing_it_again(
    module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., object] = getattr(module, name)

    class Cut(BaseException):
        """The process ended."""

    def cut(*told: object, **more: object) -> None:
        whole(*told, **more)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(module, name, cut)
        with pytest.raises(Cut):
            facade.install(lift(), by="me", now=NOW)
    outcome = facade.install(lift(), by="me", now=LATER)
    assert outcome.info.state == "installed"
    assert held() == ["special_equipment_list"]
    assert len(exchange.grants(client="pack_demo_lift", now=LATER)) == 1
    assert len(rules.adopted()) == 1


def test_everything_wrong_is_told_and_nothing_stands() -> None:
    told = lift()
    told["pack.yaml"] = told["pack.yaml"].replace("owner: market_supervision", "owner: nowhere")
    told["pack.yaml"] = told["pack.yaml"].replace('">=0.1,<2.0"', '">=9.0"')
    told["pack.yaml"] += "requires: [another]\n"
    with pytest.raises(Invalid) as refused:
        facade.install(told, by="me", now=NOW)
    said = " ".join(fault.what.en for fault in refused.value.faults)
    assert all(word in said for word in ("nowhere", ">=9.0", "another"))
    assert facade.installations(removed=True) == []
    assert rules.adopted() == []


CODE = """\
from datetime import date

def days_to(today: date, due: date) -> int:
    return (due - today).days
"""


def with_code(code: str = CODE) -> dict[str, str]:
    """Return the pack with a function in the place of SQL's own."""
    told, name = lift(), "rules/inspection_due.sql"
    rule = told[name].replace("date_diff('day', ", "days_to(")
    assert rule != told[name]
    return {**told, name: rule, "functions.py": code}


def test_python_that_reaches_further_is_taken_from_nobody() -> None:
    told = with_code(f"import os\n{CODE}")
    made = bundle.write(told, pack="demo_lift", version="1.0.0", key=signing.own_key())
    with pytest.raises(Invalid) as refused:
        facade.install_bundle(made, by="me", now=NOW)
    assert "functions.py:1" in {fault.where for fault in refused.value.faults}
    assert facade.installations(removed=True) == []


def test_functions_of_an_unsigned_pack_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        facade.install(with_code(), by="me", now=NOW)
    assert {fault.where for fault in refused.value.faults} == {"functions.py"}
    with pytest.raises(Invalid):
        facade.check_sentences(with_code(), signed=False)
    assert facade.installations(removed=True) == []


def test_a_key_that_is_distrusted_meanwhile_installs_nothing() -> None:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    trusted = facade.trust(public, "研究院", by="me", now=NOW)
    made = bundle.write(with_code(), pack="demo_lift", version="1.0.0", key=key)
    read = trusting.opened(made)  # its signature was good when it was read
    facade.distrust(trusted.id, by="me", now=NOW)
    with pytest.raises(NotAllowed):
        facade.install(read.files, by="me", now=NOW, origin="bundle", signed_by=read.key)
    assert facade.installations(removed=True) == []


@pytest.mark.skipif(not can_confine(), reason="no Landlock in this system")
def test_functions_run_while_their_signature_is_trusted() -> None:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    trusted = facade.trust(public, "研究院", by="me", now=NOW)
    told = with_code()
    made = bundle.write(told, pack="demo_lift", version="1.0.0", key=key)
    facade.check_sentences(told, signed=True)
    facade.install_bundle(made, by="me", now=NOW)
    pack = rules.pack("demo_lift")
    assert all(each.passed for each in rules.check_sentences(pack))
    assert facade.functions("demo_lift") == (("days_to",), True)
    facade.distrust(trusted.id, by="me", now=LATER)
    assert facade.functions("demo_lift") == (("days_to",), False)
    results = rules.check_sentences(pack)
    errors = {each.error.en for each in results if each.error is not None}
    assert errors == {"functions of the pack are not signed by a trusted key: none runs"}


def test_where_functions_cannot_be_confined_the_rules_that_call_them_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = with_code()
    made = bundle.write(told, pack="demo_lift", version="1.0.0", key=signing.own_key())
    facade.install_bundle(made, by="me", now=NOW)
    why = Invalid(Text("不能限制", "it cannot be confined"), Text("换机器", "another machine"))

    def refuse(*_: object) -> None:
        raise why

    monkeypatch.setattr(Session, "define", refuse)
    results = rules.check_sentences(rules.pack("demo_lift"))
    assert {each.error.en for each in results if each.error} == {"it cannot be confined"}


def test_an_upgrade_of_functions_concerns_every_rule() -> None:
    facade.install(lift(), by="me", now=NOW)
    told = with_code()
    told["pack.yaml"] = later()["pack.yaml"]
    plan = facade.preview_upgrade(told, now=NOW)
    assert ("functions", "functions.py", "added") in {
        (each.kind, each.name, each.what) for each in plan.changes
    }
    assert facade.concerned(told, plan) == tuple(rules.pack("demo_lift").rules)


def test_the_same_version_with_other_content_is_refused() -> None:
    facade.install(lift(), by="me", now=NOW)
    with pytest.raises(Conflict):
        facade.install(lift(电梯逾期检验处置="另一预案"), by="me", now=LATER)
    with pytest.raises(Conflict):
        facade.install(later(), by="me", now=LATER)  # that is what upgrade is for


def test_an_upgrade_is_shown_before_it_is_done() -> None:
    facade.install(lift(), by="me", now=NOW)
    told = later()
    told["rules/inspection_due.sql"] = told["rules/inspection_due.sql"].replace(
        "< -$grave_days then 'red'", "< -$grave_days then 'orange'"
    )
    told["parameters/inspection.yaml"] = told["parameters/inspection.yaml"].replace(
        "value: 45", "value: 50"
    )
    plan = facade.preview_upgrade(told, now=NOW)
    assert {(each.kind, each.name, each.what) for each in plan.changes} == {
        ("rule", "inspection_due", "changed"), ("parameter", "notice_days", "changed"),
    }  # fmt: skip
    assert facade.installation("demo_lift").version == "1.0.0"
    facade.install(told, by="me", now=LATER, upgrade=True)
    assert facade.installation("demo_lift").version == "1.1.0"
    assert [each.version for each in rules.adopted()] == ["1.1.0"]
    with pytest.raises(Conflict):
        facade.install(lift(), by="me", now=LATER, upgrade=True)


def test_an_upgrade_gives_back_what_is_read_no_more() -> None:
    serve("demo_dust", "dust_reading", "dust_reading_list", (), NOW)
    facade.install(lift(), by="me", now=NOW)
    serve("demo_lift", "special_equipment", "equipment_in_use", (), NOW)
    told = later(special_equipment_list="equipment_in_use")
    facade.install(told, by="me", now=LATER, upgrade=True)
    assert held() == ["equipment_in_use"]


def test_what_others_own_is_not_granted_and_its_rules_stand_still() -> None:
    for table, interface in (("dust_reading", "dust_reading_list"),
                             ("construction_site", "construction_sites")):  # fmt: skip
        serve("demo_dust", table, interface, (), NOW)
    outcome = facade.install(files("demo_dust"), by="me", now=NOW)
    (missing,) = outcome.missing
    assert (missing.table, missing.owner) == ("construction_site", "housing_construction")
    assert held("pack_demo_dust") == ["dust_reading_list"]
    (state,) = facade.rule_states("demo_dust", now=LATER)
    assert (state.standing, state.missing) == ("waiting", ("construction_site",))


def test_a_request_is_drafted_for_what_another_department_offers() -> None:
    from store_world import put_on_show

    for table, interface in (("dust_reading", "dust_reading_list"),
                             ("construction_site", "construction_sites")):  # fmt: skip
        serve("demo_dust", table, interface, (), NOW)
    for name, place, role in (("asker", "ecology", "steward"),
                              ("giver", "housing_construction", "steward")):  # fmt: skip
        identity.ensure_person(name, "a long password", "某", name, place, role)
    put_on_show(lake.contract("construction_site"))
    (missing,) = facade.install(files("demo_dust"), by="me", now=NOW).missing
    assert missing.listing == "construction_site"
    assert missing.request
    again = facade.install(files("demo_dust"), by="me", now=LATER)
    assert again.missing[0].request == missing.request  # one is enough
    from duokua.store import facade as store

    drafted = store.request(missing.request)
    assert (drafted.state, drafted.requested_by) == ("draft", "asker")
    assert drafted.client == "pack_demo_dust"
    assert set(drafted.ask.columns) == {
        "site_id", "name", "street", "builder", "phase", "longitude", "latitude",
    }  # fmt: skip


def test_removing_stops_the_rules_and_gives_the_grants_back() -> None:
    facade.install(lift(), by="me", now=NOW)
    facade.remove("demo_lift", by="me", now=LATER)
    assert rules.adopted() == []
    assert held() == []
    assert not exchange.client("pack_demo_lift").active
    assert facade.installations() == []
    assert facade.remove("demo_lift", by="me", now=LATER) == ()  # again: nothing
    back = facade.install(lift(), by="me", now=LATER)
    assert back.info.client == "pack_demo_lift_2"  # a program that was shut stays shut
    assert held("pack_demo_lift_2") == ["special_equipment_list"]
    with pytest.raises(NotFound):
        facade.remove("never_there", by="me", now=NOW)


@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_an_installation_that_was_cut_short_can_be_removed(
    module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        """The process ended."""

    def cut(*told: object, **more: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(module, name, cut)
        with pytest.raises(Cut):
            facade.install(lift(), by="me", now=NOW)
    facade.remove("demo_lift", by="me", now=LATER)
    assert facade.installations() == []
    assert (rules.adopted(), held()) == ([], [])


def test_a_removal_that_was_cut_short_is_finished_by_doing_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facade.install(lift(), by="me", now=NOW)

    class Cut(BaseException):
        """The process ended."""

    def cut(*told: object, **more: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(reading_grants, "give_back", cut)
        with pytest.raises(Cut):
            facade.remove("demo_lift", by="me", now=LATER)
    assert facade.installation("demo_lift").state == "removing"
    facade.remove("demo_lift", by="me", now=LATER)
    assert facade.installations() == []
    assert held() == []


def test_a_pack_that_another_needs_is_not_removed() -> None:
    facade.install(lift(), by="me", now=NOW)
    other = lift(demo_lift="needs_lift")
    other["pack.yaml"] += "requires: [demo_lift]\n"
    facade.install(other, by="me", now=NOW)
    with pytest.raises(Conflict):
        facade.remove("demo_lift", by="me", now=LATER)


def test_a_bundle_is_installed_when_its_key_is_trusted() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    own = facade.export(lift())
    assert facade.install_bundle(own, by="me", now=NOW).info.signed_by
    facade.remove("demo_lift", by="me", now=NOW)
    stranger = Ed25519PrivateKey.generate()
    made = bundle.write(lift(), pack="demo_lift", version="1.0.0", key=stranger)
    with pytest.raises(NotAllowed):
        facade.install_bundle(made, by="me", now=NOW)
    import base64

    public = base64.b64encode(stranger.public_key().public_bytes_raw()).decode()
    info = facade.trust(public, "邻区数据局", by="me", now=NOW)
    assert facade.install_bundle(made, by="me", now=NOW).info.signed_by == info.id
    facade.distrust(info.id, by="me", now=NOW)
    with pytest.raises(NotAllowed):
        facade.install_bundle(made, by="me", now=NOW)
    with pytest.raises(Invalid):
        facade.trust("AAAA", "nobody", by="me", now=NOW)
