"""A rule (规则): one query with front matter; its rows are what it found, each with its level."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from duokua.kernel.text import Text
from duokua.lang.parameter import Mark
from duokua.lang.scenario.span import NOTHING, Span


class RuleKind(StrEnum):
    """What the rows of a rule are."""

    STATE = "state"  # every subject judged, with value and level
    EVENT = "event"  # only what happened


@dataclass(frozen=True, slots=True)
class Basis:
    """What a rule rests on: the clause, where it was read, and how well it is known."""

    text: Text
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Often:
    """So many events of a subject within a time before it is one finding (窗口计数)."""

    times: int
    within: Span


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual for a subject in a slot (基线): median and MAD, as table ``baseline_<table>``.

    Its columns: the subject's, ``day_kind`` (workday | restday), ``slot`` (number of the slot of its
    day), ``median``, ``mad`` and ``n``. It is made of the ``days`` before the window begins.
    """

    table: str
    subject: tuple[str, ...]
    at: str
    value: str
    slot: Span
    days: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pack. ``sql`` reads logical tables and ``$name``: window bounds or parameters."""

    id: str  # = name of the file
    title: Text
    kind: RuleKind
    basis: tuple[Basis, ...]
    subject: tuple[str, ...]  # columns: what one finding is about; one open case for each
    sql: str  # as it was written, without the front matter
    query: str  # written anew from what the gate has read: only this is run
    tables: tuple[str, ...]  # that it reads: consumed, provided, or baseline_<table>
    parameters: tuple[str, ...]  # dated parameters that it names
    columns: tuple[str, ...]  # of the output
    playbook: str
    occurred_at: str | None = None  # column of the instant; every event rule has one
    every: Span | None = None  # besides on new data
    window: Span | None = None  # what $since … $until span; by default since the last run
    hold: Span = NOTHING  # that long at a level before it is raised
    clear_hold: Span = NOTHING  # that long without before it is cleared
    often: Often | None = None
    reopen_within: Span = NOTHING  # found again within that time: the same case goes on
    applies_when: str | None = None  # condition over the output's columns; else not judged
    name: str | None = None  # column that names the subject for people
    department: str | None = None  # column with the code of whom it concerns
    place: tuple[str, str] | None = None  # columns of longitude and latitude
    show: tuple[str, ...] = ()  # columns told as values in "why"; default: all but the subject
    baseline: Baseline | None = None
    levels: tuple[str, ...] = ()  # that it is plain to see it may give; empty: it cannot be told
    ref: str = ""  # its number in a document
    file: str = ""
    lines: dict[str, int] = field(default_factory=dict, compare=False)


LEVEL, KEEP, VALUE, THRESHOLD = "level", "keep_level", "value", "threshold"  # columns by name
WINDOW = ("since", "until", "today")  # bound by the platform: instants, and the district's day
BASELINE = "baseline_"
