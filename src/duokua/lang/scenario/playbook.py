"""A playbook (处置预案): who does what by when, how it is verified, and who is told if nobody acts."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.span import NOTHING, Span

CLOCKS = ("accept", "control", "dispose", "verify")
EVIDENCE = ("photo", "form", "document", "reading", "note")
VERBS = (
    "file", "dispatch", "accept", "control", "transfer", "dispose", "verify", "close", "reopen",
    "merge", "suspend", "resume", "cannot_judge", "false_alarm", "extend", "comment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Evidence (证据) that a step has to bring."""

    id: str
    title: Text
    kind: str  # one of EVIDENCE
    form: str = ""  # of kind form: its id in the pack
    least: int = 1


@dataclass(frozen=True, slots=True)
class PlayTask:
    """A task (任务) of one department. The lead answers for the case, the others assist."""

    id: str
    title: Text
    department: str  # a code, or "$owner" / "$column" of the rule's row
    role: str  # of the manifest
    lead: bool
    order: Text  # what is to be done, in a sentence or two
    after: tuple[str, ...] = ()  # tasks that have to be disposed of first; else side by side
    levels: tuple[Level, ...] = ()  # only then; empty: always
    asks: tuple[Asked, ...] = ()
    limits: tuple[tuple[str, Span], ...] = ()  # clock → limit, instead of the playbook's


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder (督办): so long after a clock began to be over, who is told."""

    clock: str
    after: Span  # since the clock began
    level: tuple[Level, ...]  # empty: all
    to: str  # head | command | a role of the manifest
    department: str = ""  # a code; empty: that of the task


@dataclass(frozen=True, slots=True)
class Verification:
    """How it is verified (核查): the rule is asked again."""

    by: str  # no_finding: a state that no longer is | no_new_finding: none since the disposal
    hold: Span = NOTHING  # that long clear
    by_other: bool = True  # the verifier is not who disposed
    sign: tuple[str, ...] = ()  # departments that have to sign as well (联合会签)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of advice for whoever has the task (处置步骤): an order, a script, a form."""

    stage: str  # a clock's name: at accept, control, dispose, verify
    text: Text
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Playbook:
    """``playbooks/<id>.yaml``."""

    id: str
    title: Text
    clocks: dict[Level, dict[str, Span]]  # level → clock → limit
    tasks: tuple[PlayTask, ...]
    verify: Verification
    steps: tuple[Step, ...] = ()
    ladder: tuple[Rung, ...] = ()
    warn: tuple[int, ...] = (50, 80, 100)  # % of a clock
    reopen_escalates: bool = True
    names: tuple[tuple[str, Text], ...] = ()  # state → the scenario's own word
    file: str = ""

    def limit(self, level: Level, clock: str) -> Span | None:
        """Return how long a clock of a level may run."""
        return self.clocks.get(level, {}).get(clock)
