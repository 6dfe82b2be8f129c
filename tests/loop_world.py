"""A small scenario in code, its people, and findings for it: what the tests of cases stand on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from duokua.identity import facade as identity
from duokua.identity.facade import Person, Role
from duokua.identity.models import User
from duokua.kernel.text import Text
from duokua.lang.parameter import Mark
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.manifest import Manifest, PackRole
from duokua.lang.scenario.pack import Pack, PackForm
from duokua.lang.scenario.playbook import Asked, Playbook, PlayTask, Rung, Step, Verification
from duokua.lang.scenario.rule import Basis, Rule, RuleKind
from duokua.lang.scenario.span import Span, read_span
from duokua.loop.models import Case, Finding, Ruleset
from duokua.loop.values.finding import FindingChange

NOW = datetime(2026, 5, 6, 2, tzinfo=UTC)  # a Wednesday, ten in the morning
PEOPLE = {
    "owner": ("site", Role.HANDLER),
    "owner_2": ("site", Role.HANDLER),
    "owner_head": ("site", Role.HEAD),
    "fixer": ("works", Role.HANDLER),
    "fixer_2": ("works", Role.HANDLER),
    "fixer_head": ("works", Role.HEAD),
    "helper": ("water", Role.HANDLER),
    "helper_head": ("water", Role.HEAD),
    "chief": ("bureau", Role.COMMAND),
    "auditor": ("bureau", Role.AUDITOR),
    "stranger": ("sport", Role.HANDLER),
    "stranger_head": ("sport", Role.HEAD),
    "steward": ("works", Role.STEWARD),
}


def span(text: str) -> Span:
    """Read a span."""
    found = read_span(text)
    assert found is not None
    return found


def _limits(**told: str) -> dict[str, Span]:
    return {kind: span(text) for kind, text in told.items()}


ALONE = Playbook(
    id="stop_work",
    title=Text("停工整改", "Stop work"),
    clocks={
        Level.RED: _limits(accept="5m", control="15m", dispose="2h", verify="24h"),
        Level.ORANGE: _limits(accept="15m", control="1h", dispose="24h", verify="48h"),
        Level.YELLOW: _limits(accept="30m", control="4h", dispose="72h", verify="72h"),
        Level.BLUE: _limits(accept="4h", dispose="5wd", verify="5wd"),
    },
    tasks=(
        PlayTask(
            "fix", Text("整改", "Mend it"), "works", "inspector", True,
            Text("停工并整改", "Stop and mend"),
            asks=(Asked("photo", Text("现场照片", "Photo"), "photo"),),
        ),
    ),
    verify=Verification("no_finding"),
    steps=(Step("accept", Text("电话确认", "Call"), (Level.RED,)),),
    ladder=(
        Rung("accept", span("10m"), (Level.RED,), "head"),
        Rung("accept", span("30m"), (Level.RED,), "command"),
        Rung("accept", span("8h"), (Level.YELLOW,), "head"),
    ),
    names=(("dispatched", Text("待处置", "Waiting for action")),),
)  # fmt: skip
JOINT = Playbook(
    id="joint",
    title=Text("联合处置", "Joint"),
    clocks={level: _limits(accept="1h", dispose="2d", verify="1d") for level in ALONE.clocks},
    tasks=(
        PlayTask("lead", Text("牵头", "Lead"), "works", "inspector", True, Text("牵头", "Lead")),
        PlayTask("water", Text("查管线", "Pipes"), "water", "inspector", False, Text("查", "Look")),
        PlayTask(
            "sample", Text("取样", "Sample"), "$where", "inspector", False, Text("取样", "Sample"),
            after=("water",),
        ),
        PlayTask(
            "clear", Text("疏散", "Clear"), "sport", "inspector", False, Text("疏散", "Clear"),
            levels=(Level.RED,),
        ),
    ),
    verify=Verification("no_new_finding", sign=("water",)),
)  # fmt: skip


def rule(id_: str, playbook: str, kind: RuleKind = RuleKind.STATE) -> Rule:
    """Return a rule; cases do not run it."""
    return Rule(
        id=id_, title=Text("工地风险", "A site at risk"), kind=kind,
        basis=(Basis(Text("示例", "Example"), "test", Mark.PROPOSED),), subject=("site",), sql="",
        query="", tables=(), parameters=(), columns=("site", "level", "where"), playbook=playbook,
        reopen_within=span("7d"),
    )  # fmt: skip


ROLES = (
    PackRole("inspector", Text("监督员", "Inspector"), "handler",
             ("accept", "control", "dispose", "transfer", "verify", "dispatch")),
)  # fmt: skip
SCHEMA: dict[str, object] = {
    "type": "object", "required": ["depth"], "additionalProperties": False,
    "properties": {"depth": {"type": "number", "minimum": 0}},
}  # fmt: skip
PACK = Pack(
    manifest=Manifest(
        pack="test_site", title=Text("测试工地", "Test sites"), description=Text("测", "Test"),
        version="1.0.0", platform=">=0.1", owner="site", tier="bronze", purpose="安全监管",
        basis=Text("示例", "Example"), requires=(), consumes=(), provides=(), roles=ROLES,
    ),
    contracts={}, parameters={},
    rules={
        "danger": rule("danger", "stop_work"), "flood": rule("flood", "joint", RuleKind.EVENT),
    },
    playbooks={"stop_work": ALONE, "joint": JOINT}, views={}, indicators={},
    forms={"depth": PackForm("depth", SCHEMA)}, datasets={}, interfaces={}, sentences=(),
    tables={}, samples={}, digest="0" * 64,
)  # fmt: skip
_SERIAL = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says when it is asked again."""

    level: Level
    row: dict[str, Any]
    receipts: tuple[str, ...] = ("r-1",)
    run: int = 1


def answers(level: Level) -> Any:
    """Return a rule that says this level whoever asks."""
    return lambda case, now: Answer(level, {})


def settle(pack: Pack = PACK) -> None:
    """Make departments, people, and the pack as it was adopted."""
    for code in ("site", "works", "water", "sport", "bureau"):
        identity.ensure_department(code, f"{code}局", f"{code} bureau")
    for name, (department, role) in PEOPLE.items():  # nobody signs in, so no password is hashed
        told = {"name_zh": f"某{name}", "name_en": name, "department_id": department}
        User.objects.update_or_create(username=name, defaults={**told, "role": role})
    adopt(pack)


def adopt(pack: Pack = PACK) -> None:
    """Let the loop know a pack, without its files."""
    from duokua.loop.selectors import packs

    number = next(_SERIAL)
    Ruleset.objects.create(
        pack=pack.manifest.pack, version=pack.manifest.version, digest=f"{number:064d}", files={},
        owner_id=pack.manifest.owner, taken_at=NOW,
    )  # fmt: skip
    packs.remember(f"{number:064d}", pack)


def person(name: str, at: datetime = NOW) -> Person:
    """Return somebody as the portal knows them."""
    department, role = PEOPLE[name]
    found = identity.people_with(role, department, at)
    return next(each for each in found if each.username == name)


def found(
    subject: str = '["S1"]', level: Level = Level.RED, *, rule: str = "danger", what: str = "opened",
    now: datetime = NOW, row: dict[str, Any] | None = None,
) -> FindingChange:  # fmt: skip
    """Return how a finding changed, the open one of the subject if there is one."""
    known = Finding.objects.filter(
        pack="test_site", rule=rule, subject=subject, state="open"
    ).first()
    finding = known or Finding(
        pack="test_site", rule=rule, version="1.0.0", kind="warning", subject=subject,
        name=subject.strip('[]"'), worst=level, state="open", why={"values": {}}, opened_at=now,
        lon=120.2, lat=30.2,
    )  # fmt: skip
    finding.level, finding.seen_at = level, now
    if level == Level.UNKNOWN:
        finding.kind = "unknown"
    if what == "cleared":
        finding.state, finding.cleared_at = "cleared", now
    finding.save()
    told = {"site": subject, "level": str(level), "where": "sport", **(row or {})}
    return FindingChange(finding, what, {} if what == "cleared" else told)


def case_of(subject: str = '["S1"]', rule: str = "danger") -> Case:
    """Return the newest case of a subject."""
    case = Case.objects.filter(rule=rule, subject=subject, drill=False).order_by("-id").first()
    assert case is not None
    return case


def with_playbook(playbook: Playbook, **more: Any) -> Pack:
    """Return the pack with another playbook for the first rule."""
    books = {**PACK.playbooks, playbook.id: playbook}
    rules = {**PACK.rules, "danger": replace(PACK.rules["danger"], playbook=playbook.id, **more)}
    return replace(PACK, playbooks=books, rules=rules)
