"""A resource of one department with four products, on show, for tests of those who ask for it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from duokua.exchange import facade as exchange
from duokua.kernel.text import Text
from duokua.lake import facade as lake
from duokua.lang.contract import Code, Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract
from duokua.store import facade as store
from duokua.store.facade import Audience, Findings, TakenOver

NOW = datetime(2026, 5, 6, 4, tzinfo=UTC)
FINDINGS = Findings(
    state_secret=False, personal=True, important=False, level_right=True,
    audience=Audience.DEPARTMENTS,
)  # fmt: skip


def register(owner: str, dataset: str = "crew", *, steward: str = "steward_a") -> Contract:
    """Register the dataset and its four interfaces."""
    contract = Contract(
        id=dataset,
        version="1.0.0",
        title=Text("班组人员", "Crews"),
        description=Text("各工地班组人员", "The crews of the sites"),
        owner=owner,
        level=Level.L3,
        columns=(
            Column("crew_no", Kind.INTEGER, Text("编号", "Number"), required=True),
            Column("site", Kind.STRING, Text("工地", "Site"), required=True),
            Column("trade", Kind.STRING, Text("工种", "Trade"), required=True,
                   codes=(Code("crane", Text("塔吊", "Crane")), Code("steel", Text("钢筋", "Steel")))),
            Column("name", Kind.STRING, Text("姓名", "Name"), level=Level.L3, personal="name"),
            Column("phone", Kind.STRING, Text("电话", "Phone"), level=Level.L3, personal="phone"),
            Column("wage", Kind.INTEGER, Text("日薪", "Wage"), level=Level.L3, unit="CNY"),
            Column("since", Kind.DATE, Text("进场日期", "Since"), level=Level.L2),
        ),
        key=("crew_no",),
        subject="crew_no",
    )  # fmt: skip
    lake.register(dump_contract(contract), by=steward, now=NOW)
    for text in INTERFACES:
        exchange.publish_interface(
            text.replace("crew", dataset).replace(f"{dataset}_no", "crew_no"),
            source="test.yaml", by=steward, now=NOW,
        )  # fmt: skip
    return contract


INTERFACES = (
    """\
interface: crew_check
version: 1.0.0
title: {zh: 人员核验, en: Check a person}
description: {zh: 是或否, en: yes or no}
dataset: crew
shape: verify
key: [crew_no]
claims: [trade, phone]
""",
    """\
interface: crew_by_id
version: 1.0.0
title: {zh: 按编号查人员, en: A person by number}
description: {zh: 一人一行, en: One row each}
dataset: crew
shape: lookup
columns: [crew_no, site, trade, name, phone, wage, since]
""",
    """\
interface: crew_list
version: 1.0.0
title: {zh: 人员清单, en: All persons}
description: {zh: 分页, en: By page}
dataset: crew
shape: page
columns: [crew_no, site, trade, name, phone]
order: [crew_no]
""",
    """\
interface: crew_figures
version: 1.0.0
title: {zh: 人员统计, en: Figures}
description: {zh: 按工种, en: By trade}
dataset: crew
shape: aggregate
cube: {dimensions: [trade], least: 10, measures: [{name: people, fn: count}]}
""",
)


def put_on_show(
    contract: Contract, *, refused: tuple[str, ...] = (), people: dict[str, str] | None = None
) -> None:
    """Put its listing on show; the columns named in ``refused`` are not shared."""
    body = dataclasses.replace(
        store.propose_listing(contract.id), contact=Text("工程科", "Works office"), phone="0571-1"
    )
    items = tuple(
        dataclasses.replace(
            item, share_class="refused", condition=None, reason=Text("不必", "not needed"),
            law="个人信息保护法第六条",
        )
        if item.name in refused
        else item
        for item in body.items
    )  # fmt: skip
    who = {"steward": "s", "security": "x", "head": "h", "bureau": "b", **(people or {})}
    store.publish_listings(
        [
            TakenOver(
                dataset=contract.id, body=dataclasses.replace(body, items=items),
                findings=FINDINGS, drafted_at=NOW - timedelta(days=9), shown_at=NOW, **who,
            )
        ],
        by="system",
        now=NOW,
    )  # fmt: skip
