"""Whether a pack fits the district, and what the terminal tells of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from duokua.cli.app import app
from duokua.exchange import facade as exchange
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.pack import facade
from duokua.pack.scaffold import pack_files
from duokua.pack.values import CHANGE_WORDS
from pack_world import lifts, serve, settle
from scenario_packs import files

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    settle()
    serve("demo_lift", "special_equipment", "special_equipment_list", lifts(NOW.date()), NOW)


def test_what_does_not_fit_here_is_told_by_line_before_anything_is_written() -> None:
    told = files("demo_lift")
    path = next(name for name in told if name.startswith("playbooks/"))
    told[path] = told[path].replace("department: market_supervision", "department: nowhere")
    told["pack.yaml"] = told["pack.yaml"].replace("owner: market_supervision", "owner: nobody")
    with pytest.raises(Invalid) as refused:
        facade.install(told, by="me", now=NOW)
    wrong = {fault.where: fault.what.en for fault in refused.value.faults}
    lines = told[path].splitlines()
    at = next(at for at, line in enumerate(lines, 1) if "department: nowhere" in line)
    assert "nowhere" in wrong[f"{path}:{at}"]
    assert any(place.startswith("pack.yaml:") and "nobody" in wrong[place] for place in wrong)
    assert facade.installations(removed=True) == []


def test_a_pack_takes_no_interface_over_that_gives_other_data() -> None:
    told = made_of_its_own("special_equipment_list")
    before = exchange.interface("special_equipment_list")
    with pytest.raises(Invalid) as refused:
        facade.install(told, by="me", now=NOW)
    (fault,) = refused.value.faults
    assert fault.where == "interfaces/special_equipment_list.yaml:1"
    assert "special_equipment_list is there" in fault.what.en
    assert exchange.interface("special_equipment_list") == before
    assert facade.installations(removed=True) == []
    facade.install(made_of_its_own("pond_list"), by="me", now=NOW)


def made_of_its_own(interface: str) -> dict[str, str]:
    """Return a new pack that publishes its readings as ``interface``."""
    told = pack_files("pond", owner="market_supervision", title=Text("池塘", "Pond"))
    text = told.pop("interfaces/pond_reading.yaml")
    told["pack.yaml"] = told["pack.yaml"].replace(
        "{table: pond_reading,", f"{{table: pond_reading, interface: {interface},"
    )
    text = text.replace("interface: pond_reading", f"interface: {interface}")
    return {**told, f"interfaces/{interface}.yaml": text}


def test_an_upgrade_names_what_else_it_changes() -> None:
    facade.install(files("demo_lift"), by="me", now=NOW)
    told = files("demo_lift")
    told["pack.yaml"] = told["pack.yaml"].replace("version: 1.0.0", "version: 1.1.0")
    form = next(name for name in told if name.startswith("forms/"))
    told[form] = told[form].replace(
        "required: [equipment_no, stopped_on]", "required: [equipment_no]"
    )
    changes = facade.preview_upgrade(told, now=NOW).changes
    assert ("form", "stop_use", "changed") in {(e.kind, e.name, e.what) for e in changes}
    assert {each.kind for each in changes} <= CHANGE_WORDS.keys()


def test_the_terminal_tells_a_pack_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    facade.install(files("demo_lift"), by="me", now=NOW)
    for language, words in (("zh", ("已安装", "尚未运行")), ("en", ("installed", "Not run yet"))):
        monkeypatch.setenv("DUOKUA_LANGUAGE", language)
        shown = CliRunner().invoke(app, ["pack", "show", "demo_lift"])
        listed = CliRunner().invoke(app, ["pack", "list"])
        assert shown.exit_code == listed.exit_code == 0, shown.output
        assert all(word in shown.output for word in words)
        assert words[0] in listed.output
