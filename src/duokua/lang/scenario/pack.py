"""A whole pack (场景包) as it was read and found to be in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from duokua.lang.contract import Contract
from duokua.lang.interface import Interface
from duokua.lang.parameter import Parameter
from duokua.lang.scenario.functions import Functions
from duokua.lang.scenario.indicator import Indicator
from duokua.lang.scenario.manifest import Manifest
from duokua.lang.scenario.playbook import Playbook
from duokua.lang.scenario.rule import Rule
from duokua.lang.scenario.view import View


@dataclass(frozen=True, slots=True)
class PackForm:
    """A form (表单) that evidence of kind ``form`` is given with: a JSON Schema, with texts zh and en."""

    id: str
    schema: dict[str, object]


@dataclass(frozen=True, slots=True)
class Moment:
    """A further instant of a sentence: tables that are given anew, and what is open then."""

    at: str  # ISO 8601 with offset, after the one before
    given: dict[str, list[dict[str, object]]]  # tables that are not named stay as they were
    expect: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A test of a pack (规则用例): with these rows at this instant, the rule finds that."""

    name: str
    rule: str
    at: str  # ISO 8601 with offset
    given: dict[str, list[dict[str, object]]]  # table → rows
    expect: list[dict[str, object]]  # rows, each with what is told of it; in any order
    parameters: dict[str, object] = field(default_factory=dict)
    file: str = ""
    line: int = 1
    then: tuple[Moment, ...] = ()  # with any, what is open is told, by hold, hysteresis and counts

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Every instant in order, the first one too."""
        return (Moment(self.at, self.given, self.expect), *self.then)


@dataclass(frozen=True, slots=True)
class Pack:
    """All that a pack's folder declares."""

    manifest: Manifest
    contracts: dict[str, Contract]  # table → contract
    parameters: dict[str, Parameter]
    rules: dict[str, Rule]
    playbooks: dict[str, Playbook]
    views: dict[str, View]
    indicators: dict[str, Indicator]
    forms: dict[str, PackForm]
    datasets: dict[str, str]  # derived tables: name → SQL
    interfaces: dict[str, Interface]
    sentences: tuple[Sentence, ...]
    tables: dict[str, str]  # reference tables: name → CSV text
    samples: dict[str, str]  # table → CSV text of the demonstration
    digest: str  # SHA-256 over all files
    functions: Functions = field(default_factory=Functions)
    quality: dict[str, str] = field(
        default_factory=dict
    )  # rule of the scale → done | todo | exempt
