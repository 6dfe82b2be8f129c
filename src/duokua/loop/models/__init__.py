"""What the loop keeps: rule sets, runs, findings; cases with tasks, clocks, evidence and timeline."""

from duokua.loop.models.case import (
    Case,
    CaseEvent,
    Clock,
    Concern,
    Evidence,
    Rung,
    SavedView,
    Serial,
    Task,
)
from duokua.loop.models.finding import Cursor, Finding, RuleRun, Ruleset, Standing
from duokua.loop.models.notice import Held, Quiet
from duokua.loop.models.sending import Sent

__all__ = [
    "Case",
    "CaseEvent",
    "Clock",
    "Concern",
    "Cursor",
    "Evidence",
    "Finding",
    "Held",
    "Quiet",
    "RuleRun",
    "Ruleset",
    "Rung",
    "SavedView",
    "Sent",
    "Serial",
    "Standing",
    "Task",
]
