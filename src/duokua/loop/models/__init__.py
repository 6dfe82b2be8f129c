"""What the loop keeps: rule sets, runs, findings; cases with tasks, clocks, evidence and timeline."""

from duokua.loop.models.case import (
    Case,
    CaseEvent,
    Clock,
    Evidence,
    Rung,
    SavedView,
    Serial,
    Task,
)
from duokua.loop.models.finding import Cursor, Finding, RuleRun, Ruleset, Standing
from duokua.loop.models.notice import Held, Quiet

__all__ = [
    "Case",
    "CaseEvent",
    "Clock",
    "Cursor",
    "Evidence",
    "Finding",
    "Held",
    "Quiet",
    "RuleRun",
    "Ruleset",
    "Rung",
    "SavedView",
    "Serial",
    "Standing",
    "Task",
]
