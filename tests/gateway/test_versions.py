"""Two major versions side by side, how the older one says that it ends, and that it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from duokua.cli.interface import interface as command
from duokua.exchange import facade as exchange
from duokua.identity import facade as identity
from duokua.kernel.errors import Invalid, NotFound
from duokua.lang.contract import Kind, Level
from gateway import published
from gateway.published import Published, column
from gateway.world import Gateway, Home, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = """\
interface: flows
version: {version}
title: {{zh: 流量, en: Flows}}
description: {{zh: 说明, en: Description}}
dataset: flow
shape: {shape}
columns: [{columns}]
{more}"""
FILTER = "parameters: [{name: name, column: name}]\n"


def text(version: str, columns: str = "id, value, name", more: str = FILTER) -> str:
    return PAGE.format(version=version, columns=columns, more=more, shape="page")


@pytest.fixture
def platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: Callable[[Home], Gateway]
) -> Published:
    """An interface in version 1 with one grant."""
    monkeypatch.setenv("DUOKUA_HOME", str(tmp_path))
    identity.ensure_department("water", "水务局", "Water")
    columns = [
        column("id", Kind.INTEGER, required=True), column("value", Kind.INTEGER), column("name"),
    ]  # fmt: skip
    published.register("flow", columns, owner="water", level=Level.L2)
    made = Published(Home(tmp_path))
    made.load("flow", "id,value,name\n1,10,a\n2,20,b\n", "a")
    made.publish(text("1.0.0"))
    made.grant("flows", "old", "water")
    made.gateway = starts(made.home)
    return made


def test_what_a_live_grant_uses_does_not_go(platform: Published) -> None:
    for changed, what in (
        (text("1.1.0", columns="id, value", more=""), "name"),
        (text("1.1.0", more=""), "name"),
        (text("1.1.0", more="parameters: [{name: name, column: name, op: prefix}]\n"), "name"),
        (text("1.1.0", more=FILTER.replace("name}", "name, required: true}")), "name"),
    ):
        with pytest.raises(Invalid) as error:
            platform.publish(changed)
        assert what in error.value.faults[0].where
        assert "flows@1" in error.value.faults[0].mend.en
    platform.publish(text("1.1.0", more="order: [id]\n" + FILTER))
    platform.publish(text("1.2.0", columns="id, name, value"))
    assert platform.ask("old", "/data/flows", name="a").rows[0]["value"] == 10


def test_the_older_version_goes_on_beside_the_newest(platform: Published) -> None:
    platform.publish(text("2.0.0", columns="id, value", more=""))
    platform.grant("flows", "new", "water")
    for path in ("/data/flows", "/data/flows@1", "/data/flows%401"):
        reply = platform.ask("old", path, name="b")
        assert [row["name"] for row in reply.rows] == ["b"], path
        assert reply.headers["deprecation"].startswith("@")
        assert reply.headers["link"] == '</data/flows>; rel="successor-version"'
        assert "sunset" not in reply.headers
    fresh = platform.ask("new", "/data/flows")
    assert fresh.rows[0] == {"id": 1, "value": 10} and "deprecation" not in fresh.headers
    assert platform.ask("new", "/data/flows@1").status == 403
    receipt = platform.home.receipt(fresh.headers["duokua-receipt"])
    assert (receipt["interface"], receipt["iv"]) == ("flows", "2.0.0")
    platform.load("flow", "id,value,name\n3,30,c\n", "b")
    assert len(platform.ask("old", "/data/flows").rows) == 3
    document = platform.ask("old", "/data/openapi.json").json
    assert document["paths"]["/data/flows@1"]["get"]["deprecated"] is True
    listed = platform.ask("old", "/data/").json["interfaces"]
    assert [each["interface"] for each in listed] == ["flows@1"]
    assert listed[0]["successor"] == "flows" and listed[0]["deprecated"]


def test_a_look_up_says_so_as_well(platform: Published) -> None:
    """Also the second call, which would have been a quick one."""
    lookup = PAGE.replace("flows", "flow_by_id")
    platform.publish(lookup.format(version="1.0.0", columns="id, name", more="", shape="lookup"))
    platform.grant("flow_by_id", "old", "water")
    platform.publish(lookup.format(version="2.0.0", columns="id", more="", shape="lookup"))
    assert platform.gateway is not None
    token = platform.gateway.token("old", platform.secrets["old"])
    for _ in range(3):
        reply = platform.gateway.ask("/data/flow_by_id?id=1", token=token)
        assert reply.rows == [{"id": 1, "name": "a"}]
        assert reply.headers["link"] == '</data/flow_by_id>; rel="successor-version"'


def test_a_further_version_of_the_older_one(platform: Published) -> None:
    platform.publish(text("2.0.0", columns="id", more=""))
    made = platform.publish(text("1.5.0", columns="id, value, name"))
    assert (made.interface.id, made.interface.version) == ("flows@1", "1.5.0")
    assert made.interface.deprecated is not None and made.interface.successor == "flows"
    assert exchange.interface("flows").interface.version == "2.0.0"
    with pytest.raises(Invalid):
        platform.publish(text("1.6.0", columns="id", more=""))
    with pytest.raises(Invalid):
        platform.publish(text("0.9.0"))


def test_without_live_grants_the_older_one_just_ends(platform: Published) -> None:
    for info in exchange.grants(interface="flows"):
        exchange.revoke_grant(info.grant.id, reason="r", by="b", now=published.now())
    platform.publish(text("2.0.0", columns="id", more=""))
    with pytest.raises(NotFound):
        exchange.interface("flows@1")


def test_sunset(platform: Published) -> None:
    platform.publish(text("2.0.0", columns="id", more=""))
    done = CliRunner().invoke(
        command,
        ["deprecate", "flows@1", "--sunset", "2099-06-30", "--successor", "flows", "--json"],
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["successor"] == "flows"
    reply = platform.ask("old", "/data/flows")
    ends = parsedate_to_datetime(reply.headers["sunset"])
    assert ends.isoformat() == "2099-06-29T16:00:00+00:00"
    assert reply.headers["sunset"].endswith("GMT")
    soon = (published.now() + timedelta(seconds=1.5)).timestamp()
    exchange.deprecate_interface(
        "flows@1", sunset=soon, successor="flows", by="b", now=published.now()
    )
    wait_for(lambda: platform.ask("old", "/data/flows").status == 410, "the sunset")
    assert published.now().timestamp() >= soon
    ended = platform.ask("old", "/data/flows")
    assert (ended.status, ended.json["code"]) == (410, "interface_ended")
    assert "/data/flows" in ended.json["mend"]
    assert ended.headers["link"] == '</data/flows>; rel="successor-version"'


def test_a_deprecation_that_makes_no_sense(platform: Published) -> None:
    end = (published.now() + timedelta(days=9)).timestamp()
    for sunset, successor, error in (
        (end, "flows", Invalid), (end, "nothing", NotFound), (1.0, None, Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            exchange.deprecate_interface(
                "flows", sunset=sunset, successor=successor, by="b", now=published.now()
            )
    with pytest.raises(NotFound):
        exchange.deprecate_interface(
            "nothing", sunset=end, successor=None, by="b", now=published.now()
        )
